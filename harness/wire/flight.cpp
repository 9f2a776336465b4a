#include "wire/flight.hpp"

#include <zlib.h>

#include "wire/suites.hpp"

namespace ti {

namespace {

/// A reader behind the message's header; one that has failed if the header lies.
Reader body_of(ByteView raw) {
  Reader reader(raw);
  reader.u8();
  const ByteView body = reader.vec24();
  if (reader.done()) return Reader(body);
  Reader failed({});
  failed.u8();
  return failed;
}

std::optional<std::vector<Extension>> read_extensions(Reader& reader) {
  std::vector<Extension> extensions;
  Reader block(reader.vec16());
  while (block.ok() && block.left() > 0) {
    const std::uint16_t type = block.u16();
    extensions.push_back({type, copy(block.vec16())});
  }
  return reader.ok() && block.ok() ? std::optional(std::move(extensions)) : std::nullopt;
}

KeyExchange::Proof proof_named(std::string_view name) {
  using enum KeyExchange::Proof;
  if (name == "anon") return none;
  if (name.starts_with("RSA")) return rsa;
  if (name.starts_with("ECDSA")) return ecdsa;
  return name.starts_with("DSS") ? dss : other;
}

bool read_signed(Reader& reader, Version version, Signed& signed_by) {
  if (version >= Version::tls12) signed_by.scheme = reader.u16();
  signed_by.signature = reader.vec16();
  return reader.done() && !signed_by.signature.empty();
}

constexpr std::uint16_t zlib_algorithm = 1;  // RFC 8879 7.3

std::optional<Bytes> inflated(ByteView compressed, std::uint32_t length) {
  Bytes out(length);
  uLongf room = length;
  const int result = ::uncompress(out.data(), &room, compressed.data(), static_cast<uLong>(compressed.size()));
  return result == Z_OK && room == length ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace

std::optional<KeyExchange> key_exchange_of(std::uint16_t suite) {
  constexpr std::string_view with = "_WITH_";
  constexpr std::string_view tls = "TLS_";
  std::string_view name = iana_suite_name(suite);
  const auto end = name.find(with);
  if (end == name.npos || !name.starts_with(tls)) return std::nullopt;
  name = name.substr(tls.size(), end - tls.size());
  using Kind = KeyExchange::Kind;
  using Proof = KeyExchange::Proof;
  KeyExchange exchange;
  exchange.psk = name.find("PSK") != name.npos;
  if (name == "RSA" || name == "RSA_PSK") {
    exchange = {.kind = Kind::rsa, .proof = Proof::rsa, .psk = exchange.psk};
  } else if (name.starts_with("DHE_") || name == "DH_anon") {
    exchange = {Kind::dh, true, exchange.psk ? Proof::none : proof_named(name.substr(name.find('_') + 1)),
                exchange.psk};
  } else if (name.starts_with("ECDHE_") || name == "ECDH_anon") {
    exchange = {Kind::ecdh, true, exchange.psk ? Proof::none : proof_named(name.substr(name.find('_') + 1)),
                exchange.psk};
  }
  return exchange;
}

std::optional<Certificates> certificates_of(ByteView raw, Version version) {
  Reader reader = body_of(raw);
  Certificates certificates;
  const bool tls13 = version == Version::tls13;
  if (tls13) certificates.context = reader.vec8();
  Reader list(reader.vec24());
  if (!reader.done()) return std::nullopt;
  while (list.ok() && list.left() > 0) {
    CertificateEntry& entry = certificates.entries.emplace_back();
    entry.der = list.vec24();
    if (entry.der.empty()) return std::nullopt;
    if (!tls13) continue;
    auto extensions = read_extensions(list);
    if (!extensions) return std::nullopt;
    entry.extensions = std::move(*extensions);
  }
  return list.ok() ? std::optional(std::move(certificates)) : std::nullopt;
}

std::optional<Decompressed> decompressed_certificate(ByteView raw) {
  constexpr std::uint16_t last_algorithm = 3;
  Reader reader = body_of(raw);
  Decompressed message{.algorithm = reader.u16(), .length = reader.u24(), .raw = {}, .known_algorithm = false};
  const ByteView compressed = reader.vec24();
  if (!reader.done() || compressed.empty()) return std::nullopt;
  message.known_algorithm = message.algorithm >= zlib_algorithm && message.algorithm <= last_algorithm;
  if (message.algorithm != zlib_algorithm) return message;
  if (const auto body = inflated(compressed, message.length)) {
    message.raw =
        Bytes{static_cast<std::uint8_t>(MessageType::certificate), static_cast<std::uint8_t>(message.length >> 16),
              static_cast<std::uint8_t>(message.length >> 8), static_cast<std::uint8_t>(message.length)};
    message.raw->insert(message.raw->end(), body->begin(), body->end());
  }
  return message;
}

std::optional<Signed> certificate_verify_of(ByteView raw, Version version) {
  Reader reader = body_of(raw);
  Signed message;
  return read_signed(reader, version, message) ? std::optional(message) : std::nullopt;
}

std::optional<ServerKey> server_key_of(ByteView raw, Version version, const KeyExchange& key_exchange) {
  constexpr std::uint8_t named_curve = 3;
  Reader reader = body_of(raw);
  if (key_exchange.psk) reader.vec16();
  const std::size_t begin = reader.at();
  ServerKey key;
  if (key_exchange.kind == KeyExchange::Kind::ecdh) {
    if (reader.u8() != named_curve) return std::nullopt;
    key.group = reader.u16();
    key.point = reader.vec8();
  } else if (key_exchange.kind == KeyExchange::Kind::dh) {
    key.prime = reader.vec16();
    key.generator = reader.vec16();
    key.point = reader.vec16();
  } else {
    return std::nullopt;
  }
  if (!reader.ok()) return std::nullopt;
  constexpr std::size_t header = 4;
  key.parameters = raw.subspan(header + begin, reader.at() - begin);
  if (key_exchange.proof == KeyExchange::Proof::none) return reader.done() ? std::optional(key) : std::nullopt;
  key.proof.emplace();
  return read_signed(reader, version, *key.proof) ? std::optional(key) : std::nullopt;
}

std::optional<CertificateRequestBody> certificate_request_of(ByteView raw, Version version) {
  Reader reader = body_of(raw);
  CertificateRequestBody body;
  if (version == Version::tls13) {
    body.context = reader.vec8();
    auto extensions = read_extensions(reader);
    if (!extensions || !reader.done()) return std::nullopt;
    body.extensions = std::move(*extensions);
    body.schemes = numbers_of(find(body.extensions, ext::signature_algorithms));
    return body;
  }
  const bool types = !reader.vec8().empty();
  if (version == Version::tls12) {
    Reader schemes(reader.vec16());
    while (schemes.ok() && schemes.left() > 0) body.schemes.push_back(schemes.u16());
    if (!schemes.ok() || body.schemes.empty()) return std::nullopt;
  }
  Reader names(reader.vec16());
  while (names.ok() && names.left() > 0) names.vec16();
  return types && reader.done() && names.ok() ? std::optional(std::move(body)) : std::nullopt;
}

std::optional<bool> reads_well(MessageType type, ByteView raw, Version version, std::uint16_t suite) {
  constexpr std::size_t header = 4;
  switch (type) {
    case MessageType::hello_request:
    case MessageType::server_hello_done:
    case MessageType::end_of_early_data:
      return raw.size() == header;
    case MessageType::key_update:
      return raw.size() == header + 1 && raw[header] <= 1;
    case MessageType::certificate:
      return certificates_of(raw, version).has_value();
    case MessageType::compressed_certificate: {
      const auto message = decompressed_certificate(raw);
      if (!message) return false;
      if (message->raw) return certificates_of(*message->raw, version).has_value();
      return message->algorithm == zlib_algorithm ? std::optional(false) : std::nullopt;
    }
    case MessageType::certificate_verify:
      return certificate_verify_of(raw, version).has_value();
    case MessageType::certificate_request:
      return certificate_request_of(raw, version).has_value();
    case MessageType::server_key_exchange: {
      const auto exchange = key_exchange_of(suite);
      const bool read_here = exchange && exchange->ephemeral && exchange->proof != KeyExchange::Proof::other;
      return read_here ? std::optional(server_key_of(raw, version, *exchange).has_value()) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace ti

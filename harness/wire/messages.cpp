#include "wire/messages.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "wire/suites.hpp"

namespace ti {

namespace {

constexpr std::pair<Version, std::string_view> versions[] = {{Version::none, ""},     {Version::ssl30, "ssl3"},
                                                             {Version::tls10, "1.0"}, {Version::tls11, "1.1"},
                                                             {Version::tls12, "1.2"}, {Version::tls13, "1.3"}};

constexpr std::pair<MessageType, std::string_view> message_types[] = {
    {MessageType::hello_request, "HelloRequest"},
    {MessageType::client_hello, "ClientHello"},
    {MessageType::server_hello, "ServerHello"},
    {MessageType::hello_verify_request, "HelloVerifyRequest"},
    {MessageType::new_session_ticket, "NewSessionTicket"},
    {MessageType::end_of_early_data, "EndOfEarlyData"},
    {MessageType::encrypted_extensions, "EncryptedExtensions"},
    {MessageType::certificate, "Certificate"},
    {MessageType::server_key_exchange, "ServerKeyExchange"},
    {MessageType::certificate_request, "CertificateRequest"},
    {MessageType::server_hello_done, "ServerHelloDone"},
    {MessageType::certificate_verify, "CertificateVerify"},
    {MessageType::client_key_exchange, "ClientKeyExchange"},
    {MessageType::finished, "Finished"},
    {MessageType::certificate_status, "CertificateStatus"},
    {MessageType::key_update, "KeyUpdate"},
    {MessageType::compressed_certificate, "CompressedCertificate"},
    {MessageType::message_hash, "MessageHash"},
    {MessageType::change_cipher_spec, "ChangeCipherSpec"},
    {MessageType::alert, "Alert"},
    {MessageType::application_data, "ApplicationData"},
    {MessageType::heartbeat, "Heartbeat"},
    {MessageType::hello_retry_request, "HelloRetryRequest"},
    {MessageType::encrypted, "Encrypted"},
    {MessageType::unknown_handshake, "UnknownHandshake"},
};

constexpr std::pair<std::uint8_t, std::string_view> alerts[] = {{0, "close_notify"},
                                                                {10, "unexpected_message"},
                                                                {20, "bad_record_mac"},
                                                                {21, "decryption_failed"},
                                                                {22, "record_overflow"},
                                                                {30, "decompression_failure"},
                                                                {40, "handshake_failure"},
                                                                {41, "no_certificate"},
                                                                {42, "bad_certificate"},
                                                                {43, "unsupported_certificate"},
                                                                {44, "certificate_revoked"},
                                                                {45, "certificate_expired"},
                                                                {46, "certificate_unknown"},
                                                                {47, "illegal_parameter"},
                                                                {48, "unknown_ca"},
                                                                {49, "access_denied"},
                                                                {50, "decode_error"},
                                                                {51, "decrypt_error"},
                                                                {60, "export_restriction"},
                                                                {70, "protocol_version"},
                                                                {71, "insufficient_security"},
                                                                {80, "internal_error"},
                                                                {86, "inappropriate_fallback"},
                                                                {90, "user_canceled"},
                                                                {100, "no_renegotiation"},
                                                                {109, "missing_extension"},
                                                                {110, "unsupported_extension"},
                                                                {111, "certificate_unobtainable"},
                                                                {112, "unrecognized_name"},
                                                                {113, "bad_certificate_status_response"},
                                                                {114, "bad_certificate_hash_value"},
                                                                {115, "unknown_psk_identity"},
                                                                {116, "certificate_required"},
                                                                {120, "no_application_protocol"},
                                                                {121, "ech_required"}};

/// The random of a HelloRetryRequest (RFC 8446 4.1.3).
constexpr std::array<std::uint8_t, 32> retry_random = {0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C,
                                                       0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB,
                                                       0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};

bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

/// Unread says what the first thing was that did not parse; each reading function gives false and sets it.
struct Unread {
  std::string what;

  bool operator()(std::string_view name) {
    if (what.empty()) what = name;
    return false;
  }
};

bool read_extensions(Reader& reader, std::vector<Extension>& extensions, Unread& unread) {
  Reader block(reader.vec16());
  if (!reader.ok()) return unread("the extensions are cut short");
  while (block.ok() && block.left() > 0) {
    const std::uint16_t type = block.u16();
    const ByteView data = block.vec16();
    if (!block.ok()) return unread("an extension is longer than the block that holds it");
    if (find(extensions, type) != nullptr) return unread("extension " + std::to_string(type) + " stands twice");
    extensions.push_back({type, copy(data)});
  }
  return true;
}

bool read_psks(Reader reader, ClientHello& hello) {
  Reader identities(reader.vec16());
  Reader binders(reader.vec16());
  while (identities.ok() && identities.left() > 0) {
    PskIdentity& psk = hello.psks.emplace_back();
    psk.identity = copy(identities.vec16());
    psk.obfuscated_ticket_age = identities.u32();
  }
  while (binders.ok() && binders.left() > 0) hello.binders.push_back(copy(binders.vec8()));
  return reader.done() && identities.ok() && binders.ok() && !hello.psks.empty() &&
         hello.psks.size() == hello.binders.size();
}

bool read_server_name(Reader reader, ClientHello& hello) {
  Reader names(reader.vec16());
  while (names.ok() && names.left() > 0) {
    const std::uint8_t type = names.u8();
    const ByteView name = names.vec16();
    if (type == 0) hello.server_name = std::string(as_text(name));
  }
  return reader.done() && names.ok();
}

bool read_client_extension(const Extension& extension, ClientHello& hello) {
  Reader reader(extension.data);
  switch (extension.type) {
    case ext::session_ticket:
      hello.ticket = extension.data;
      return true;
    case ext::pre_shared_key:
      return read_psks(reader, hello);
    case ext::psk_key_exchange_modes:
      hello.psk_modes_present = true;
      hello.psk_modes = copy(reader.vec8());
      return reader.done();
    case ext::supported_versions: {
      Reader list(reader.vec8());
      while (list.ok() && list.left() > 0) hello.versions.push_back(list.u16());
      return reader.done() && list.ok() && !hello.versions.empty();
    }
    case ext::server_name:
      return read_server_name(reader, hello);
    case ext::early_data:
      hello.early_data = true;
      return reader.done();
    case ext::key_share:
      hello.key_share = true;
      return true;
    case ext::ticket_request:
      hello.ticket_request = TicketRequest{.new_session_count = reader.u8(), .resumption_count = reader.u8()};
      return reader.done();
    default:
      return true;
  }
}

bool read_server_extension(const Extension& extension, ServerHello& hello) {
  Reader reader(extension.data);
  switch (extension.type) {
    case ext::session_ticket:
      hello.ticket_promised = true;
      return true;
    case ext::supported_versions:
      hello.version = static_cast<Version>(reader.u16());
      return reader.done();
    case ext::pre_shared_key:
      hello.selected_psk = reader.u16();
      return reader.done();
    case ext::key_share:
      hello.key_share = true;
      return true;
    default:
      return true;
  }
}

bool read_encrypted_extension(const Extension& extension, EncryptedExtensions& message) {
  Reader reader(extension.data);
  switch (extension.type) {
    case ext::early_data:
      message.early_data = true;
      return reader.done();
    case ext::ticket_request:
      message.ticket_request = reader.u8();
      return reader.done();
    default:
      return true;
  }
}

/// Reads what each of `message.extensions` holds with `read_one`.
template <class T, class ReadOne>
bool understand(T& message, ReadOne read_one, Unread& unread) {
  for (const Extension& extension : message.extensions)
    if (!read_one(extension, message)) return unread("extension " + std::to_string(extension.type) + " is malformed");
  return true;
}

bool take_random(Reader& reader, std::array<std::uint8_t, 32>& random) {
  const ByteView bytes = reader.take(random.size());
  if (reader.ok()) std::copy(bytes.begin(), bytes.end(), random.begin());
  return reader.ok();
}

bool take_session_id(Reader& reader, Bytes& id, Unread& unread) {
  id = copy(reader.vec8());
  if (!reader.ok()) return unread("it ends before its session ID does");
  return id.size() <= 32 || unread("the session ID is longer than 32 bytes");
}

bool at_end(const Reader& reader, Unread& unread) {
  if (!reader.ok()) return unread("it is cut short");
  return reader.done() || unread(std::to_string(reader.left()) + " bytes stand after its end");
}

bool read(Reader& reader, ClientHello& hello, Unread& unread) {
  hello.legacy_version = reader.u16();
  take_random(reader, hello.random);
  if (!take_session_id(reader, hello.session_id, unread)) return false;
  Reader suites(reader.vec16());
  while (suites.ok() && suites.left() > 0) hello.suites.push_back(suites.u16());
  if (!suites.ok()) return unread("the list of cipher suites has an odd length");
  const bool compression_offered = !reader.vec8().empty();
  if (!reader.ok()) return unread("it is cut short");
  if (hello.suites.empty()) return unread("it offers no cipher suite");
  if (!compression_offered) return unread("it offers no compression method");
  if (reader.left() > 0 && !read_extensions(reader, hello.extensions, unread)) return false;
  return at_end(reader, unread) && understand(hello, read_client_extension, unread);
}

bool read(Reader& reader, ServerHello& hello, Unread& unread) {
  hello.legacy_version = reader.u16();
  hello.version = static_cast<Version>(hello.legacy_version);
  take_random(reader, hello.random);
  // The drafts of TLS 1.3 before the 22nd have neither a session ID here nor a compression method.
  const bool early_draft = hello.legacy_version > static_cast<std::uint16_t>(Version::tls13);
  if (!early_draft && !take_session_id(reader, hello.session_id, unread)) return false;
  hello.suite = reader.u16();
  if (!early_draft) hello.compression = reader.u8();
  if (reader.left() > 0 && !read_extensions(reader, hello.extensions, unread)) return false;
  return at_end(reader, unread) && understand(hello, read_server_extension, unread);
}

bool read(Reader& reader, EncryptedExtensions& message, Unread& unread) {
  return read_extensions(reader, message.extensions, unread) && at_end(reader, unread) &&
         understand(message, read_encrypted_extension, unread);
}

bool read(Reader& reader, NewSessionTicket& message, Version version, Unread& unread) {
  message.lifetime = reader.u32();
  if (version == Version::tls13) {
    message.age_add = reader.u32();
    message.nonce = copy(reader.vec8());
  }
  message.ticket = copy(reader.vec16());
  if (version == Version::tls13 && reader.ok() && !read_extensions(reader, message.extensions, unread)) return false;
  return at_end(reader, unread);
}

}  // namespace

std::string_view name(Version version) {
  for (const auto& [value, text] : versions)
    if (value == version) return text;
  return "";
}

Version version_of(std::string_view name) {
  for (const auto& [value, text] : versions)
    if (text == name) return value;
  return Version::none;
}

std::string_view name(MessageType type) {
  for (const auto& [value, text] : message_types)
    if (value == type) return text;
  return name(MessageType::unknown_handshake);
}

std::optional<MessageType> message_type_of(std::string_view name) {
  for (const auto& [value, text] : message_types)
    if (same_letters(text, name)) return value;
  return std::nullopt;
}

MessageType handshake_type(ByteView raw) {
  constexpr std::size_t random_at = 6;
  const auto type = raw.empty() ? MessageType::unknown_handshake : static_cast<MessageType>(raw.front());
  const bool retry = type == MessageType::server_hello && raw.size() >= random_at + retry_random.size() &&
                     std::equal(retry_random.begin(), retry_random.end(), raw.begin() + random_at);
  if (retry) return MessageType::hello_retry_request;
  return name(type) == name(MessageType::unknown_handshake) ? MessageType::unknown_handshake : type;
}

const Bytes* find(const std::vector<Extension>& extensions, std::uint16_t type) {
  for (const Extension& extension : extensions)
    if (extension.type == type) return &extension.data;
  return nullptr;
}

const Bytes* ClientHello::offered() const {
  if (!psks.empty()) return &psks.front().identity;
  return ticket && !ticket->empty() ? &*ticket : nullptr;
}

std::string alert_name(std::uint8_t description) {
  for (const auto& [value, text] : alerts)
    if (value == description) return std::string(text);
  return "alert " + std::to_string(description);
}

bool is_error(const Alert& alert, Version version) {
  if (alert.description == alert_close_notify || alert.description == alert_user_canceled) return false;
  if (alert.description == alert_no_renegotiation && version != Version::tls13) return false;
  return version == Version::tls13 || alert.level != 1;
}

std::string suite_name(std::uint16_t suite) {
  if (const std::string_view name = iana_suite_name(suite); !name.empty()) return std::string(name);
  const std::uint8_t bytes[] = {static_cast<std::uint8_t>(suite >> 8), static_cast<std::uint8_t>(suite)};
  return "0x" + to_hex(bytes);
}

Body parse_handshake_body(ByteView raw, Version version, std::string* problem) {
  Reader reader(raw);
  const auto type = static_cast<MessageType>(reader.u8());
  const std::uint32_t length = reader.u24();
  Unread unread;
  const auto body_of = [&](auto message, auto... how) {
    return read(reader, message, how..., unread) ? Body(std::move(message)) : Body();
  };
  Body body;
  if (!reader.ok() || reader.left() != length) {
    unread("its length is not that of its bytes");
  } else if (type == MessageType::client_hello) {
    body = body_of(ClientHello());
  } else if (type == MessageType::server_hello) {
    body = body_of(ServerHello());
  } else if (type == MessageType::encrypted_extensions) {
    body = body_of(EncryptedExtensions());
  } else if (type == MessageType::new_session_ticket) {
    body = body_of(NewSessionTicket(), version);
  } else if (type == MessageType::finished) {
    body = Finished{.verify_data = copy(reader.rest()), .verified = std::nullopt};
  }
  if (problem != nullptr && !unread.what.empty()) *problem = std::string(name(type)) + ": " + unread.what;
  return body;
}

}  // namespace ti

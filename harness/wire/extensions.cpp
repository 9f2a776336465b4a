#include "wire/extensions.hpp"

#include <algorithm>
#include <iterator>

namespace ti {

namespace {

constexpr unsigned bit(Carrier carrier) { return 1U << static_cast<unsigned>(carrier); }

constexpr unsigned ch = bit(Carrier::client_hello);
constexpr unsigned sh = bit(Carrier::server_hello);
constexpr unsigned sh13 = bit(Carrier::server_hello_13);
constexpr unsigned hrr = bit(Carrier::hello_retry_request);
constexpr unsigned ee = bit(Carrier::encrypted_extensions);
constexpr unsigned ct = bit(Carrier::certificate);
constexpr unsigned cr = bit(Carrier::certificate_request);

struct Known {
  std::uint16_t type;
  unsigned carriers;
};

/// supported_groups in a ServerHello below TLS 1.3 is against RFC 8422 and common: clients bear it.
constexpr Known known[] = {
    {ext::server_name, ch | sh | ee},
    {ext::max_fragment_length, ch | sh | ee},
    {ext::status_request, ch | sh | cr | ct},
    {ext::supported_groups, ch | sh | ee},
    {ext::ec_point_formats, ch | sh},
    {ext::signature_algorithms, ch | cr},
    {ext::heartbeat, ch | sh | ee},
    {ext::alpn, ch | sh | ee},
    {ext::signed_certificate_timestamp, ch | sh | cr | ct},
    {ext::padding, ch},
    {ext::encrypt_then_mac, ch | sh},
    {ext::extended_master_secret, ch | sh},
    {ext::compress_certificate, ch | cr},
    {ext::record_size_limit, ch | sh | ee},
    {ext::delegated_credential, ch | cr | ct},
    {ext::session_ticket, ch | sh},
    {ext::pre_shared_key, ch | sh13},
    {ext::early_data, ch | ee},
    {ext::supported_versions, ch | sh13 | hrr},
    {ext::cookie, ch | hrr},
    {ext::psk_key_exchange_modes, ch},
    {ext::certificate_authorities, ch | cr},
    {ext::oid_filters, cr},
    {ext::post_handshake_auth, ch},
    {ext::signature_algorithms_cert, ch | cr},
    {ext::key_share, ch | sh13 | hrr},
    {ext::ticket_request, ch | ee},
    {ext::encrypted_client_hello, ch | hrr | ee},
    {ext::renegotiation_info, ch | sh},
};

/// Whether the reader holds one list, with a length in front of `prefix` bytes, of items that `item` reads; `least` of
/// them.
template <class Item>
bool is_list(Reader& reader, unsigned prefix, Item item, std::size_t least = 1) {
  Reader list(prefix == 1 ? reader.vec8() : reader.vec16());
  std::size_t items = 0;
  while (list.ok() && list.left() > 0) {
    if (!item(list)) return false;
    ++items;
  }
  return reader.done() && list.ok() && items >= least;
}

bool u16s(Reader& reader) {
  return is_list(reader, 2, [](Reader& list) { return list.u16(), list.ok(); });
}

bool names(Reader& list) { return !list.vec8().empty(); }

bool shares(Reader& list) {
  list.u16();
  return !list.vec16().empty();
}

bool client_reads_well(const Extension& extension) {
  Reader reader(extension.data);
  switch (extension.type) {
    case ext::max_fragment_length: {
      const std::uint8_t code = reader.u8();
      return reader.done() && code >= 1 && code <= 4;
    }
    case ext::status_request:
      return reader.u8(), reader.vec16(), reader.vec16(), reader.done();
    case ext::supported_groups:
    case ext::signature_algorithms:
    case ext::signature_algorithms_cert:
    case ext::delegated_credential:
      return u16s(reader);
    case ext::ec_point_formats:
      return is_list(reader, 1, [](Reader& list) { return list.u8(), true; });
    case ext::heartbeat: {
      const std::uint8_t mode = reader.u8();
      return reader.done() && (mode == 1 || mode == 2);
    }
    case ext::alpn:
      return is_list(reader, 2, names);
    case ext::padding:
      return std::all_of(extension.data.begin(), extension.data.end(), [](std::uint8_t byte) { return byte == 0; });
    case ext::compress_certificate:
      return is_list(reader, 1, [](Reader& list) { return list.u16(), list.ok(); });
    case ext::record_size_limit:
      return reader.u16() >= 64 && reader.done();
    case ext::cookie:
      return !reader.vec16().empty() && reader.done();
    case ext::certificate_authorities:
      return is_list(reader, 2, [](Reader& list) { return !list.vec16().empty(); });
    case ext::key_share:
      return is_list(reader, 2, shares, 0);
    case ext::renegotiation_info:
      return reader.vec8(), reader.done();
    case ext::signed_certificate_timestamp:
    case ext::encrypt_then_mac:
    case ext::extended_master_secret:
    case ext::post_handshake_auth:
      return extension.data.empty();
    default:
      return true;  // read by parse_handshake_body, or free
  }
}

bool server_reads_well(const Extension& extension, Carrier carrier) {
  Reader reader(extension.data);
  switch (extension.type) {
    case ext::server_name:
    case ext::session_ticket:
      return extension.data.empty();
    case ext::status_request:
      return carrier == Carrier::server_hello ? extension.data.empty() : !extension.data.empty();
    case ext::alpn:
      return is_list(reader, 2, names);
    case ext::signed_certificate_timestamp:
      return is_list(reader, 2, [](Reader& list) { return !list.vec16().empty(); });
    case ext::key_share:
      if (reader.u16(); carrier == Carrier::hello_retry_request) return reader.done();
      return !reader.vec16().empty() && reader.done();
    default:
      return client_reads_well(extension);
  }
}

}  // namespace

bool is_grease(std::uint16_t number) { return (number & 0x0f0f) == 0x0a0a && number >> 8 == (number & 0xff); }

std::optional<bool> may_stand_in(std::uint16_t extension, Carrier carrier) {
  const auto* found =
      std::find_if(std::begin(known), std::end(known), [&](const Known& each) { return each.type == extension; });
  if (found == std::end(known)) return std::nullopt;
  return (found->carriers & bit(carrier)) != 0;
}

std::optional<bool> reads_well(const Extension& extension, Carrier carrier) {
  if (!may_stand_in(extension.type, carrier)) return std::nullopt;
  const bool requests = carrier == Carrier::client_hello || carrier == Carrier::certificate_request;
  if (extension.type == ext::encrypted_client_hello || extension.type == ext::oid_filters ||
      (extension.type == ext::delegated_credential && !requests) || (extension.type == ext::status_request && requests))
    return carrier == Carrier::client_hello && extension.type == ext::status_request
               ? std::optional(client_reads_well(extension))
               : std::nullopt;
  return requests ? client_reads_well(extension) : server_reads_well(extension, carrier);
}

std::optional<Bytes> compressions_of(ByteView raw) {
  constexpr std::size_t before_session_id = 4 + 2 + 32;
  Reader reader(raw);
  reader.take(before_session_id);
  reader.vec8();
  const ByteView suites = reader.vec16();
  const ByteView methods = reader.vec8();
  return reader.ok() && !suites.empty() ? std::optional(copy(methods)) : std::nullopt;
}

std::vector<std::uint16_t> numbers_of(const Bytes* extension) {
  std::vector<std::uint16_t> numbers;
  if (extension == nullptr) return numbers;
  Reader reader(*extension);
  Reader list(reader.vec16());
  while (list.left() > 1) numbers.push_back(list.u16());
  return numbers;
}

std::vector<std::string> protocols_of(const Bytes* extension) {
  std::vector<std::string> protocols;
  if (extension == nullptr) return protocols;
  Reader reader(*extension);
  Reader list(reader.vec16());
  while (list.ok() && list.left() > 0)
    if (const ByteView name = list.vec8(); list.ok()) protocols.emplace_back(as_text(name));
  return protocols;
}

std::vector<KeyShare> key_shares(const ClientHello& hello) {
  std::vector<KeyShare> shares;
  const Bytes* extension = find(hello.extensions, ext::key_share);
  if (extension == nullptr) return shares;
  Reader reader(*extension);
  Reader list(reader.vec16());
  while (list.ok() && list.left() > 0) {
    const std::uint16_t group = list.u16();
    const ByteView key = list.vec16();
    if (list.ok()) shares.push_back({group, key});
  }
  return shares;
}

std::optional<KeyShare> key_share(const ServerHello& hello) {
  const Bytes* extension = find(hello.extensions, ext::key_share);
  if (extension == nullptr) return std::nullopt;
  Reader reader(*extension);
  const std::uint16_t group = reader.u16();
  const ByteView key = reader.vec16();
  return reader.done() ? std::optional(KeyShare{group, key}) : std::nullopt;
}

std::optional<std::uint16_t> retry_group(const ServerHello& hello) {
  const Bytes* extension = find(hello.extensions, ext::key_share);
  if (extension == nullptr) return std::nullopt;
  Reader reader(*extension);
  const std::uint16_t group = reader.u16();
  return reader.done() ? std::optional(group) : std::nullopt;
}

}  // namespace ti

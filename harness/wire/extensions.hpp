#pragma once
// Extensions: where each may stand, whether it reads, and what those hold that the judge looks into.
#include <optional>
#include <string>
#include <vector>

#include "wire/messages.hpp"

namespace ti {

/// Those that only the rules of conformance look at.
namespace ext {
inline constexpr std::uint16_t max_fragment_length = 1;
inline constexpr std::uint16_t status_request = 5;
inline constexpr std::uint16_t supported_groups = 10;
inline constexpr std::uint16_t ec_point_formats = 11;
inline constexpr std::uint16_t signature_algorithms = 13;
inline constexpr std::uint16_t heartbeat = 15;
inline constexpr std::uint16_t alpn = 16;
inline constexpr std::uint16_t signed_certificate_timestamp = 18;
inline constexpr std::uint16_t padding = 21;
inline constexpr std::uint16_t compress_certificate = 27;
inline constexpr std::uint16_t record_size_limit = 28;
inline constexpr std::uint16_t delegated_credential = 34;
inline constexpr std::uint16_t cookie = 44;
inline constexpr std::uint16_t certificate_authorities = 47;
inline constexpr std::uint16_t oid_filters = 48;
inline constexpr std::uint16_t post_handshake_auth = 49;
inline constexpr std::uint16_t signature_algorithms_cert = 50;
inline constexpr std::uint16_t encrypted_client_hello = 0xfe0d;
}  // namespace ext

/// The messages that carry extensions. A ServerHello of TLS 1.3 carries others than one below it.
enum class Carrier : std::uint8_t {
  client_hello,
  server_hello,  ///< TLS <= 1.2
  server_hello_13,
  hello_retry_request,
  encrypted_extensions,
  certificate,
  certificate_request
};

/// Whether a suite, group, version or extension is one of the numbers that mean nothing (RFC 8701).
bool is_grease(std::uint16_t number);

/// Whether an extension may stand there (RFC 8446 4.2 and IANA's registry); nothing for one that is not known here.
std::optional<bool> may_stand_in(std::uint16_t extension, Carrier carrier);

/// Whether an extension's data is what its document has there; nothing for one that is not known here.
std::optional<bool> reads_well(const Extension& extension, Carrier carrier);

/// The compression methods of a ClientHello, with its header; nothing where it does not read.
std::optional<Bytes> compressions_of(ByteView raw);

/// The 16-bit numbers of a list with a 16-bit length: groups, signature schemes. Empty for nullptr.
std::vector<std::uint16_t> numbers_of(const Bytes* extension);
/// The names in an ALPN extension (RFC 7301 3.1). Empty for nullptr.
std::vector<std::string> protocols_of(const Bytes* extension);

struct KeyShare {
  std::uint16_t group;
  ByteView key;
};
/// The shares of a ClientHello, in order (RFC 8446 4.2.8). The views are into the hello.
std::vector<KeyShare> key_shares(const ClientHello& hello);
/// The server's share; nothing where there is none, or in a HelloRetryRequest.
std::optional<KeyShare> key_share(const ServerHello& hello);
/// The group that a HelloRetryRequest asks for.
std::optional<std::uint16_t> retry_group(const ServerHello& hello);

}  // namespace ti

#pragma once
// The messages of a full handshake that carry certificates, keys and signatures. All reading is from a message with its
// header, and gives nothing where that does not read.
#include <optional>
#include <vector>

#include "wire/extensions.hpp"

namespace ti {

/// What a cipher suite says of the key exchange, by its registered name (RFC 5246 A.5, RFC 8422 6).
struct KeyExchange {
  enum class Kind : std::uint8_t { rsa, dh, ecdh, other };  ///< how the premaster secret comes about
  enum class Proof : std::uint8_t { none, rsa, ecdsa, dss, other };
  Kind kind = Kind::other;
  bool ephemeral = false;
  Proof proof = Proof::other;  ///< the kind of key in the server's certificate that signs; none: no certificate
  bool psk = false;
};
/// Nothing for a suite that is not known here, or of TLS 1.3, whose suites say nothing of it.
std::optional<KeyExchange> key_exchange_of(std::uint16_t suite);

struct CertificateEntry {
  ByteView der;
  std::vector<Extension> extensions;  ///< TLS 1.3
};
struct Certificates {
  ByteView context;  ///< TLS 1.3
  std::vector<CertificateEntry> entries;
};
std::optional<Certificates> certificates_of(ByteView raw, Version version);

/// The Certificate in a CompressedCertificate (RFC 8879), with a header of its own. Only zlib is undone.
struct Decompressed {
  std::uint16_t algorithm = 0;
  std::uint32_t length = 0;  ///< as announced
  std::optional<Bytes> raw;  ///< nothing: not undone, for want of the algorithm or for being no such stream
  bool known_algorithm = false;
};
std::optional<Decompressed> decompressed_certificate(ByteView raw);

/// A signature and what it says it is. Below TLS 1.2 there is no scheme.
struct Signed {
  std::optional<std::uint16_t> scheme;
  ByteView signature;
};
std::optional<Signed> certificate_verify_of(ByteView raw, Version version);

/// ServerKeyExchange of (EC)DHE, signed or not; with PSK only where `key_exchange` has an ephemeral key beside it.
struct ServerKey {
  std::uint16_t group = 0;  ///< ECDHE: the named curve; 0 for DHE
  ByteView point;           ///< ECDHE: the point; DHE: Ys
  ByteView prime;           ///< DHE
  ByteView generator;       ///< DHE
  ByteView parameters;      ///< the bytes that are signed
  std::optional<Signed> proof;
};
std::optional<ServerKey> server_key_of(ByteView raw, Version version, const KeyExchange& key_exchange);

struct CertificateRequestBody {
  std::vector<std::uint16_t> schemes;  ///< TLS 1.2 and 1.3
  ByteView context;                    ///< TLS 1.3
  std::vector<Extension> extensions;   ///< TLS 1.3
};
std::optional<CertificateRequestBody> certificate_request_of(ByteView raw, Version version);

/// Whether a message of a kind that this file reads, or one without a body, reads; nothing for other kinds.
std::optional<bool> reads_well(MessageType type, ByteView raw, Version version, std::uint16_t suite);

}  // namespace ti

#pragma once
// Public keys, signatures and certificates: whether they are what they must be. OpenSSL computes; nothing here is
// secret.
#include <optional>
#include <string>

#include "base/recording.hpp"
#include "wire/flight.hpp"

namespace ti {

/// Checked is the outcome of looking at something: it is right if both are empty.
struct Checked {
  std::string fault;    ///< what is wrong with it
  std::string missing;  ///< why that could not be told
  bool right() const { return fault.empty() && missing.empty(); }
};

/// Whether `key` is a public key of that group, as the side `from` sends it: its length, a point on the curve that is
/// not of small order, the coefficients of an ML-KEM key (RFC 8446 4.2.8, RFC 8422 5.4, RFC 7748 6, FIPS 203 7.2).
Checked check_key(std::uint16_t group, ByteView key, Side from);
/// Whether 1 < Ys < p - 1 (RFC 7919 3, RFC 8446 4.2.8.1).
Checked check_dh(ByteView prime, ByteView key);

/// What a certificate's key is, as far as TLS cares.
struct CertifiedKey {
  KeyExchange::Proof kind = KeyExchange::Proof::other;
  std::size_t bits = 0;
  bool may_sign = true;     ///< keyUsage is absent or has digitalSignature
  bool may_encrypt = true;  ///< keyUsage is absent or has keyEncipherment
};
/// Nothing for what is no certificate, or whose key OpenSSL does not know.
std::optional<CertifiedKey> certified_key(ByteView certificate);

/// Whether the signature is that of `data` by the certificate's key. Below TLS 1.2 the key says which hash.
Checked check_signature(ByteView certificate, Version version, const Signed& proof, ByteView data);

/// What a CertificateVerify signs: the handshake messages [begin, end) (RFC 5246 7.4.8, RFC 8446 4.4.3). Nothing if one
/// of them is not there byte for byte.
std::optional<Bytes> signed_by_verify(const std::vector<Message>& messages, std::size_t begin, std::size_t end,
                                      Version version, std::uint16_t suite, Side signer);

/// What a certificate is to lead to, for whom and when.
struct Goal {
  ByteView ca;
  Side shown_by;            ///< which says what it is to be good for
  std::string server_name;  ///< empty: any
  std::int64_t unix_time = 0;
};
/// Whether a path from the first certificate to the CA holds (RFC 5280 6.1), for the name too (RFC 6125). A border of
/// validity within a minute of the time counts for the certificate.
Checked check_chain(const Certificates& certificates, const Goal& goal);

}  // namespace ti

#pragma once
// Keys, signatures and certificates of a handshake, looked at: what is wrong with each, or why that cannot be told.
#include "rules/flights.hpp"
#include "wire/proof.hpp"

namespace ti {

/// Examined is what came of looking at one message.
struct Examined {
  std::size_t message;
  Checked checked;
};

/// Each gives nothing where the handshake has no such message, or none that is there to be looked at.
std::optional<Examined> server_public_key(const HandshakeView& view);     ///< ServerKeyExchange (RFC 5246 7.4.3)
std::optional<Examined> client_public_key(const HandshakeView& view);     ///< ClientKeyExchange (RFC 5246 7.4.7)
std::optional<Examined> server_key_signature(const HandshakeView& view);  ///< ServerKeyExchange (RFC 5246 7.4.3)
/// CertificateVerify (RFC 5246 7.4.8, RFC 8446 4.4.3).
std::optional<Examined> verify_signature(const HandshakeView& view, Side side);
/// Whether the scheme of ServerKeyExchange or CertificateVerify is one that the peer listed.
std::optional<Examined> scheme_offered(const HandshakeView& view, Side side);
/// Whether the first certificate's key is of the kind that the suite needs, and may be used so (RFC 5246 7.4.2).
std::optional<Examined> certificate_fits(const HandshakeView& view);
/// Whether the certificate that a side shows leads to what the run gave its peer to trust (RFC 5280 6.1).
std::optional<Examined> certificate_path(const HandshakeView& view, Side side);

}  // namespace ti

#pragma once
// The order of the messages of a handshake, and which of them must be there, as far as the kinds of messages tell.
#include "rules/view.hpp"
#include "wire/flight.hpp"

namespace ti {

/// Whether a Certificate, compressed or not, stands there, and holds no certificate; nothing where that cannot be read.
std::optional<bool> is_empty_certificate(const HandshakeView& view, std::size_t message);

/// The Certificate of that side in this handshake (before its Finished), compressed or not.
std::optional<std::size_t> certificate_of(const HandshakeView& view, Side side);

/// What a Certificate says, once it is no longer compressed; `store` holds what the views point into.
std::optional<Certificates> read_certificates(const HandshakeView& view, std::size_t message, Bytes& store);

/// The side's first message of a handshake that is out of its order, and what is wrong with it: for TLS <= 1.2 (RFC
/// 5246 7.3) or 1.3 (RFC 8446 2, 4).
struct Disorder {
  std::size_t message;
  std::string what;
};
std::optional<Disorder> disorder_of(const HandshakeView& view, Side side);

}  // namespace ti

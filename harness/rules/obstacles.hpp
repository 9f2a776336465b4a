#pragma once
// Whether a server may take up what a client offers, and if not, whose doing that is.
#include "rules/view.hpp"

namespace ti {

enum class Known : std::uint8_t { no, unknown, yes };

/// KeyAge is what is known of the age, at a hello, of the key that sealed a ticket. Tickets with the same first 16
/// bytes are of one key where the server logs its decisions (servers/CONTRACT.md); elsewhere they may be.
struct KeyAge {
  std::optional<Milliseconds> at_least;
  std::optional<Milliseconds> at_most;  ///< nothing when a ticket may have come that was not seen
};
KeyAge key_age_at(const HandshakeView& view, const Bytes& ticket);

/// Whether the policy lets the server still open a ticket at this hello: not after a restart, nor past expire_after.
/// Unknown without such a key in the policy, and at the border itself.
Known alive_by_policy(const HandshakeView& view, const Bytes& ticket);

/// Whether the policy asks the server to renew, below TLS 1.3, a ticket that it takes up at this hello.
Known renewal_due(const HandshakeView& view, const Bytes& ticket);

/// Obstacle is why a server does not resume, and rightly. No side: nobody's doing, or what was seen does not tell.
struct Obstacle {
  std::optional<Side> whose;
  std::string what;  ///< "whose cipher suite the ClientHello no longer has"
};

/// What keeps the server from resuming by a ticket that this hello offers. Nothing: it should resume.
std::optional<Obstacle> obstacle_to(const HandshakeView& view, const Bytes& ticket);

/// Whether a ticket that this hello offers stands for a session that nothing at all keeps a server from taking up: no
/// obstacle, and neither has its own time run out nor does the hello leave the server another choice than that which
/// began the session.
bool any_may_go_on(const HandshakeView& view);

}  // namespace ti

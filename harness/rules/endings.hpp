#pragma once
// How connections end: the cause of an alert, and who broke off or kept silent.
#include "rules/view.hpp"

namespace ti {

/// The cause of the first error alert of a connection, as far as the messages before it tell.
enum class AlertCause : std::uint8_t {
  nothing,           ///< there is no error alert
  excused,           ///< by the harness's own disturbance, the server's script, or as the scenario wants it
  renewal,           ///< the client's, by the first and legal NewSessionTicket of a resumption
  ticket,            ///< the client's, by that of a full handshake
  empty_ticket,      ///< the client's, by a NewSessionTicket of zero length
  ticket_13,         ///< the client's, by a NewSessionTicket of TLS 1.3
  ticket_extension,  ///< the client's, by such a one with an extension that the client need not know
  unusable_ticket,   ///< the server's, by a ticket that it need only have refused
  unknown_psk,       ///< the server's, by a PSK that it need only have refused
  flight,            ///< something else
  own_reasons,       ///< nothing in the peer's protocol: trust, configuration, policy
  cannot_be_told     ///< perhaps something that could not be checked (missing_check())
};
AlertCause alert_cause_of(const ConnectionView& view);

/// At whose door the first error alert is to be laid; nothing where there is none, where it is excused, or where the
/// wire does not tell. That of a side which broke a rule is its own matter: such a breach decides first.
std::optional<Side> blamed_for_alert(const ConnectionView& view);

/// Whether that side sent a protected alert that nobody could read, or, in TLS 1.3, anything that may have been one.
bool alert_may_be_sealed(const ConnectionView& view, Side side);

/// Whether what the client says is a whole request of HTTP (clients/PROTOCOL.md), as far as it can be read.
bool asks_rightly(const ConnectionView& view);

/// Whether that side said close_notify, as far as it can be read.
bool said_farewell(const ConnectionView& view, Side side);

/// Whether the server ended its side improperly, before the client did: by a reset, or without close_notify, an error
/// alert or a protected record that may be either.
bool server_ended_badly(const ConnectionView& view);

/// The first thing of that side which ends nothing, and which its peer may take ill: a warning (RFC 5246 7.2.2), a
/// HelloRequest (7.4.1.1).
std::optional<std::size_t> annoyance_of(const ConnectionView& view, Side side);

/// Whether a bad end of this connection is what the harness did or what the scenario wants.
bool bad_end_excused(const ConnectionView& view);

/// BadEnd is why a connection did not come to its good end. No side: what was seen does not tell whose doing it was.
struct BadEnd {
  std::optional<Side> side;
  Place at;
  std::string what;
};
/// Nothing when the handshake completed and nobody kept the other waiting.
std::optional<BadEnd> bad_end_of(const ConnectionView& view);

}  // namespace ti

#pragma once
// What became of the tickets at the client: which it received for good, and which of them it is to offer.
#include "rules/view.hpp"

namespace ti {

/// Receipt is what became of a NewSessionTicket at its client. A ticket counts only once its handshake is complete for
/// the client (RFC 5077 3.3), and in TLS 1.3 once it was read.
enum class Receipt : std::uint8_t {
  valid,       ///< the client completed the handshake with the ticket in hand
  unfinished,  ///< the server's Finished never reached it, or did not fit what it had received
  refused,     ///< one of the two ended the handshake in error
  unknown
};

Receipt receipt_of(const Observation& cell, const Origin& ticket);

/// The tickets of connection `number` that are not empty: an empty one takes the promise back.
std::vector<Origin> usable_tickets_of(const Observation& cell, std::size_t number);

/// The same of all connections before number `before` that share a step with that one: which of them came last for the
/// client is not known.
std::vector<Origin> usable_tickets_of_step(const Observation& cell, std::size_t number, std::size_t before);

/// Duty is whether a client has to offer a ticket where a scenario wants it to.
enum class Duty : std::uint8_t {
  owed,
  free,      ///< it never had the ticket, may have dropped it, or uses each once
  outlived,  ///< its lifetime forbids it (TLS 1.3), or its hint advises against it (RFC 5077 3.3)
  unknown    ///< whether it had the ticket is not known
};

/// What a hello owes of a ticket that came before.
Duty duty_of(const HandshakeView& view, const Origin& ticket);

/// What a hello owes of several tickets, of which any will do; and the last of those that are outlived.
struct Owing {
  Duty duty = Duty::free;
  std::optional<Origin> outlived;
};
Owing owing_of(const HandshakeView& view, const std::vector<Origin>& tickets);

/// The tickets that a client has at a hello if it keeps but the latest: those of the last connection before it that
/// brought any which it received, or may have. Empty if there is none.
std::vector<Origin> latest_tickets(const HandshakeView& view);

/// Whether a connection before this one may have brought tickets that nobody could read.
bool tickets_hidden_before(const ConnectionView& view);

}  // namespace ti

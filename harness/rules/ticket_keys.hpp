#pragma once
// Ticket keys as the wire shows them. The first 16 bytes of a ticket are its key's name, and a key is born when it
// first seals one (servers/CONTRACT.md).
#include <optional>

#include "rules/view.hpp"

namespace ti {

/// The name of the key that sealed a ticket; empty when the ticket is too short to have one.
Bytes key_name(const Bytes& ticket);

/// Span is the time on the cell's timeline within which something happened.
struct Span {
  Milliseconds from;
  Milliseconds to;
};

/// From the begin of the connection's step to the last that was seen of any connection of it.
Span span_of_step(const ConnectionView& view);

/// Whether every ticket that the server sealed in this connection was seen, so that one that did not come was not
/// sealed.
bool tickets_in_sight(const ConnectionView& view);

/// When that key sealed its first ticket, by the tickets that came until the end of this connection from the same
/// generation of the server. It begins with the first connection in which a ticket may have passed unseen, if there is
/// one before. Nothing when no ticket of that key was seen.
std::optional<Span> birth_of(const ConnectionView& view, const Bytes& key);

}  // namespace ti

#pragma once
// What an alert complains of, which checks bear on that, and which of them could not be made: the proof that nothing in
// what a side sent gave its peer a reason.
#include <string>

#include "rules/view.hpp"

namespace ti {

/// What `peer` sent in answer before message `alert`: from behind the sender's last handshake message, or, if the peer
/// has sent nothing since, all of it.
struct Stretch {
  Side peer;
  std::size_t begin;
  std::size_t end;
};
Stretch complained_of(const HandshakeView& view, std::size_t alert);

/// The first check that bears on the alert and could not be made, in words; empty when all were made. What they find is
/// a broken rule, which decides before any alert does.
std::string missing_check(const HandshakeView& view, std::size_t alert);

/// Whose act, legal or not, drew an alert that claims no fault in the peer's protocol (scenarios/FORMAT.md): the
/// sender's own where every check of what it claims was made and nothing is there. Nothing where the wire does not
/// tell.
std::optional<Side> whose_act(const HandshakeView& view, std::size_t alert);

/// Whether the server had completed a handshake for a hello that asks for the same, what it wants to resume aside.
bool accepted_without_ticket(const HandshakeView& view);

}  // namespace ti

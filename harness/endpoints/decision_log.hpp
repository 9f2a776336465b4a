#pragma once
// The server's word: what its log says of each ticket (servers/CONTRACT.md).
#include <optional>
#include <string_view>

#include "model/observation.hpp"

namespace ti {

/// What every line that tells of a decision holds.
inline constexpr std::string_view decision_mark = "ticket-key op=";

/// The decision that a log line tells of; nothing when it is another line.
std::optional<TicketDecision> parse_decision(std::string_view line);

/// Whether a log line tells of an error, in the words that servers use.
bool tells_of_error(std::string_view line);

}  // namespace ti

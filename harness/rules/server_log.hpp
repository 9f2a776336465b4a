#pragma once
// The decisions that the server's log tells of, and what the policy's callback_results told it to decide
// (servers/CONTRACT.md). The log is a witness: it excuses nothing that the policy does not.
#include <string>
#include <vector>

#include "rules/view.hpp"

namespace ti {

/// The key that a decision names; empty when it names none rightly.
Bytes key_of(const TicketDecision& decision);

/// The age that it tells; one that no clock can tell is cut to what can be reckoned with. Nothing for an unknown key.
std::optional<std::chrono::seconds> age_of(const TicketDecision& decision);

/// Where the server made its decision known.
Place decided_at(const ConnectionView& view, const TicketDecision& decision);

/// The list callback_results; nullptr when the policy has none.
const std::vector<std::int64_t>* script_of(const Observation& cell);

/// Scripted is a decision that callback_results speaks of: the opening of a ticket whose key is known.
struct Scripted {
  ConnectionView view;
  const TicketDecision* decision;
  std::int64_t told;  ///< the result that the server was to give
};
/// All of a cell, in order; the list is begun anew by each generation of the server.
std::vector<Scripted> scripted_decisions(const Observation& cell);

/// Whether the policy told the server to abort at a decision of this connection's step, and it decided so. Where no
/// decision is logged, whether the policy speaks of an abort at all.
bool told_to_abort(const ConnectionView& view);

}  // namespace ti

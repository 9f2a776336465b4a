#pragma once
// What pasted texts prove: lines of them may be lost without a trace.
#include "rules/registry.hpp"
#include "rules/view.hpp"

namespace ti {

/// Whether what a rule found may come of lines that a pasted text lost; never so on a wire. It cannot where the rule
/// looks at one message alone, where a Finished that fits the handshake stands behind it, so that all of it is there,
/// and where the peer minded it: its next message is an error alert. That last says nothing of what did not come, came
/// in another order, or was itself an answer to what was found right.
bool may_be_lost(const ConnectionView& view, const Breach& breach, const Rule& rule);

}  // namespace ti

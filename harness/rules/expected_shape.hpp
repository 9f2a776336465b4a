#pragma once
// What a scenario expects of the offer and of the shape of a handshake (scenarios/FORMAT.md), and who is to blame.
#include "rules/view.hpp"

namespace ti {

/// Answer is what comes of looking at one expectation: a breach, a doubt, or neither.
struct Answer {
  std::optional<Breach> breach;
  std::string doubt;  ///< what would have to be known; empty for none
};

/// The ticket that Expect::offered asks for.
Answer look_at_offer(const ConnectionView& view);
/// The shape that Expect::handshake asks for.
Answer look_at_handshake(const ConnectionView& view);

/// Whether the first handshake has the shape that the scenario expects, or it expects none: if not, what else it asks
/// of the connection was not meant for what came.
bool shape_as_expected(const ConnectionView& view);

/// Who ought to have refused a connection that should have failed: what is disturbed or scripted on one side's way, the
/// side that receives it. Nobody, if the server was asked for nothing that it could refuse.
std::optional<Side> who_should_refuse(const ConnectionView& view);

}  // namespace ti

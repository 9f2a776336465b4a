#pragma once
// Whether the time that connections took leaves the ages of ticket keys where the scenario has them.
#include <vector>

#include "model/policy.hpp"

namespace ti {

/// When a step of the timeline was to begin, and how long its connection took beyond that.
struct StepTook {
  std::chrono::nanoseconds at;
  std::chrono::nanoseconds took;
  std::size_t generation = 0;  ///< of the server: no key passes from one to the next
};

/// The steps between which a key's age may have come over renew_after or expire_after only because one of the two took
/// so long: what the server then does is not what the scenario expects, and nobody's fault. Nothing when there are
/// none. An age in whole seconds may be one more than it is, but not come short of a border that was reached; steps
/// that stand on a border by the scenario itself are sure of nothing anyhow.
const StepTook* moved_over_a_border(const std::vector<StepTook>& steps, const Policy& policy);

}  // namespace ti

#pragma once
// What a scenario asks the tap to do to a connection, done to real bytes.
#include <memory>

#include "exec/disturbance.hpp"
#include "model/scenario.hpp"

namespace ti {

/// The disturbance of one connection; null when the plan asks for nothing. Only plaintext records are understood:
/// messages named by `cut` and `flip` that are sealed pass unseen.
std::unique_ptr<Disturbance> make_disturbance(const DisturbPlan& plan);

}  // namespace ti

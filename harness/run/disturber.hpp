#pragma once
// What a scenario asks the tap to do to a connection, done to real bytes. Pure: bytes in, pieces out.
#include <memory>

#include "exec/disturbance.hpp"
#include "model/scenario.hpp"

namespace ti {

/// The disturbance of one connection; null when the plan asks for nothing. Only plaintext records are understood:
/// messages named by `cut` and `flip` that are sealed pass unseen, which the applied shows. A bit is flipped in each
/// message of the kind, whatever records it lies in; a cut is made behind the first one's last byte, and what stands
/// behind it in its record does not pass. What is not TLS passes as it is.
std::unique_ptr<Disturbance> make_disturbance(const DisturbPlan& plan);

}  // namespace ti

#pragma once
// The environment in which a build runs: the one place that makes it.
#include "exec/process.hpp"
#include "model/build.hpp"

namespace ti {

/// Has a program, whose environment is otherwise complete, run on the build: the loader is told where its libraries
/// are, or is the build's own.
void enter_build(Launch& launch, const Build& build);

}  // namespace ti

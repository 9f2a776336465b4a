#pragma once
// The share of a matrix that a CI engine gives to this machine, by the variables that it sets.
#include <map>
#include <string>

#include "run/matrix.hpp"

namespace ti {

using Environment = std::map<std::string, std::string>;

/// TICKET_INTEROP_SHARD (I/N, for GitHub Actions' matrix jobs, which have no variables of their own), GitLab's
/// CI_NODE_INDEX (from 1) and CI_NODE_TOTAL, Slurm's SLURM_ARRAY_TASK_ID with _MIN, _STEP and _COUNT, Kubernetes'
/// JOB_COMPLETION_INDEX (from 0) with JOB_COMPLETIONS, which the job's own specification must set. The whole matrix
/// when none is there. Throws UsageError for values that make no sense.
Shard shard_from_environment(const Environment& environment);

Environment process_environment();

}  // namespace ti

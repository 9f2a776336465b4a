#pragma once
// What is to be expected of a run's cells, before it starts.
#include <filesystem>
#include <vector>

#include "report/expected.hpp"
#include "run/matrix.hpp"

namespace ti {

/// The known issues of a file. Throws UsageError for one that speaks of nothing: its server, client, scenario or rule
/// names none that there is. Scenarios are not looked at where `own_scenarios` says that a run has others.
std::vector<KnownIssue> read_known_issues(const std::filesystem::path& file, const Catalogue& catalogue,
                                          bool own_scenarios);

/// What the catalogue says of controls and of clients that are like others, and all cells that could be run.
Expectations expectations_of(const Catalogue& catalogue, bool real_clock);

}  // namespace ti

#pragma once
// What the results say of the run's servers, clients and machine.
#include "cli/command.hpp"
#include "run/matrix.hpp"
#include "run/site.hpp"

namespace ti {

/// Asks each server and client of these cells for its version, once; the cells of the results stay empty.
Results gather_facts(const std::vector<PlannedCell>& cells, const Catalogue& catalogue, const Site& site,
                     const Invocation& invocation, const std::filesystem::path& libfaketime);

/// Marks the cells of clients whose clock was seen to stand still under the virtual one: judged, they would be wrongly.
void set_aside_still_clocks(std::vector<PlannedCell>& cells, const Results& facts);

}  // namespace ti

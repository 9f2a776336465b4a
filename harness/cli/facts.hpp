#pragma once
// What the results say of the run's servers, clients and machine.
#include "cli/command.hpp"
#include "run/matrix.hpp"
#include "run/site.hpp"

namespace ti {

/// Asks each server and client of these cells for its version, and under the virtual clock (libfaketime not empty) has
/// each show that its own clock moves, once; the cells of the results stay empty.
Results gather_facts(const std::vector<PlannedCell>& cells, const Catalogue& catalogue, const Site& site,
                     const Invocation& invocation, const std::filesystem::path& libfaketime);

/// Marks the cells of servers and clients that cannot be driven, or whose clock was seen to stand still under the virtual
/// one: judged, they would be wrongly.
void set_aside_unfit(std::vector<PlannedCell>& cells, const Results& facts);

}  // namespace ti

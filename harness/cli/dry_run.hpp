#pragma once
// What a run would do, for a person to do by hand.
#include <filesystem>
#include <vector>

#include "cli/cli.hpp"
#include "run/matrix.hpp"

namespace ti {

/// Makes a folder below `out` for each cell, with the files its server needs and credentials beside them, and prints
/// the commands that start the cell's server and client there. Runs none.
void print_commands(const std::vector<PlannedCell>& cells, const Paths& paths, const std::filesystem::path& out);

}  // namespace ti

#pragma once
// The command line: one table of commands.
#include <filesystem>
#include <string>

#include "cli/paths.hpp"

namespace ti {

/// Exit statuses, a contract (DESIGN.md).
namespace status {
inline constexpr int ok = 0;
inline constexpr int unexpected = 1;  ///< verdicts that nobody expected
inline constexpr int usage = 2;
inline constexpr int error = 3;  ///< the harness or the environment broke
}  // namespace status

/// Runs one command and gives the exit status. `self` is the program's own path.
int run_cli(int argc, char** argv, const std::filesystem::path& self, const BuiltAt& built, const std::string& version);

}  // namespace ti

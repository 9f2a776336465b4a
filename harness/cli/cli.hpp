#pragma once
// The command line: one table of commands.
#include <filesystem>
#include <string>

namespace ti {

/// Where the program's own things are.
struct Paths {
  std::filesystem::path root;    ///< the checkout: servers/, clients/, scenarios/, reports/
  std::filesystem::path binary;  ///< the CMake build folder that this program was built in
  std::filesystem::path scenarios = root / "scenarios";

  std::filesystem::path servers_build() const { return root / "build" / "servers"; }
  std::filesystem::path clients_build() const { return binary / "clients"; }
  std::filesystem::path optional_clients_build() const { return root / "build" / "clients"; }
};

/// Exit statuses, a contract (DESIGN.md).
namespace status {
inline constexpr int ok = 0;
inline constexpr int unexpected = 1;  ///< verdicts that nobody expected
inline constexpr int usage = 2;
inline constexpr int error = 3;  ///< the harness or the environment broke
}  // namespace status

/// Runs one command and gives the exit status.
int run_cli(int argc, char** argv, const Paths& paths, const std::string& version);

}  // namespace ti

// Wires the program together; the only place that exits.
#include <filesystem>

#include "cli/cli.hpp"

int main(int argc, char** argv) {
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  const ti::Paths paths{TI_SOURCE_DIR, self.parent_path().parent_path()};
  return ti::run_cli(argc, argv, paths, TI_VERSION);
}

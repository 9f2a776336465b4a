// Wires the program together; the only place that exits.
#include <sys/resource.h>

#include <filesystem>

#include "cli/cli.hpp"

extern const char* const ti_version;  // made by version.cmake

namespace {

/// A cell holds about ten descriptors, and under the real clock a thousand cells wait side by side.
void allow_many_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  allow_many_descriptors();
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  const ti::Paths paths{TI_SOURCE_DIR, self.parent_path().parent_path()};
  return ti::run_cli(argc, argv, paths, ti_version);
}

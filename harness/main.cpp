// Wires the program together; the only place that exits.
#include <fcntl.h>
#include <sys/resource.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "cli/cli.hpp"

extern const char* const ti_version;  // made by version.cmake

namespace {

/// Gives back what the caller has closed of stdin, stdout and stderr: a file of ours would get its number, and what is
/// printed.
void open_standard_streams() {
  for (int fd = 0; fd < 3; ++fd)
    if (::fcntl(fd, F_GETFD) == -1 && errno == EBADF) ::open("/dev/null", O_RDWR);
}

/// A cell holds about ten descriptors, and under the real clock a thousand cells wait side by side.
void allow_many_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_streams();
  ::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is an error of the write
  allow_many_descriptors();
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  return ti::run_cli(argc, argv, self, {TI_SOURCE_DIR, TI_BINARY_DIR}, ti_version);
}

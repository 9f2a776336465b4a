#include "cli/folder_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cli/command.hpp"

namespace ti {

FolderLock::FolderLock(const std::filesystem::path& folder, const char* given)
    : fd_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (fd_ >= 0 && ::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
  const int error = errno;
  if (fd_ >= 0) ::close(fd_);
  throw UsageError(fmt::format("{} {}: {}", given, folder.string(),
                               error == EWOULDBLOCK ? "another run is using it" : std::strerror(error)));
}

FolderLock::~FolderLock() { ::close(fd_); }

}  // namespace ti

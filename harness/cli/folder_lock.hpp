#pragma once
// One results folder, one run.
#include <filesystem>

namespace ti {

/// FolderLock is the right to write into a results folder, which one process has at a time. The system takes it back
/// when that process ends, however it ends, and nothing of it is seen in the folder.
class FolderLock {
 public:
  /// The folder exists. Throws UsageError when it cannot be had; `given` is the option that names the folder.
  FolderLock(const std::filesystem::path& folder, const char* given);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_;
};

}  // namespace ti

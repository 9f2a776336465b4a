#pragma once
// A private folder for as long as it is needed.
#include <filesystem>

#include "exec/guardian.hpp"

namespace ti {

/// A name that nobody else has: "ti-" and twelve hexadecimal digits.
std::string random_name();

/// Where temporary folders are made: $TMPDIR if it is set, else in memory (/dev/shm) if there is room, else where the
/// system keeps them. A cell's programs write and read many small files, for which a disk's journal takes its time.
std::filesystem::path temp_root();

/// TempDir is a new folder (mode 0700) below `parent`, removed with all that is in it by the destructor, or by the
/// guardian if the harness is killed. Names are short: a unix socket's path has to fit in 107 bytes.
class TempDir {
 public:
  explicit TempDir(const Guardian& guardian, const std::filesystem::path& parent = temp_root());
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  const Guardian& guardian_;
  std::filesystem::path path_;
};

}  // namespace ti

#pragma once
// A private folder for as long as it is needed.
#include <filesystem>

#include "exec/guardian.hpp"

namespace ti {

/// A name that nobody else has: "ti-" and twelve hexadecimal digits.
std::string random_name();

/// TempDir is a new folder (mode 0700) below `parent`, removed with all that is in it by the destructor, or by the
/// guardian if the harness is killed. Names are short: a unix socket's path has to fit in 107 bytes.
class TempDir {
 public:
  explicit TempDir(const Guardian& guardian,
                   const std::filesystem::path& parent = std::filesystem::temp_directory_path());
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  const Guardian& guardian_;
  std::filesystem::path path_;
};

}  // namespace ti

#pragma once
// A program's own folder, within a slot's.
#include <unistd.h>

#include <filesystem>
#include <string>

namespace ti {

/// Scratch makes a folder and removes it with all that is in it. Removal is best done as programs end, cell by cell:
/// thousands of folders at the end of a run would hold up the loop for seconds.
class Scratch {
 public:
  explicit Scratch(std::filesystem::path path) : path_(std::move(path)) { std::filesystem::create_directory(path_); }
  ~Scratch() {
    std::error_code ignored;  // the slot's folder goes as a whole in the end
    if (::rmdir(path_.c_str()) != 0) std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace ti

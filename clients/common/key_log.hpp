#pragma once

#include <string>
#include <string_view>

namespace ti::adapter {

/// A file of NSS key log lines that other processes may be appending to as well.
class KeyLog {
 public:
  /// Throws a Failure of Stage::protocol if the file cannot be opened for appending.
  explicit KeyLog(const std::string& path);
  KeyLog(const KeyLog&) = delete;
  KeyLog& operator=(const KeyLog&) = delete;
  ~KeyLog();

  /// Appends `line` and a newline in one piece. May be called back from C; a failed write ends the process, because
  /// evidence that lost lines in silence would mislead.
  void append(std::string_view line) noexcept;

 private:
  int descriptor_;
};

}  // namespace ti::adapter

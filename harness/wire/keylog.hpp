#pragma once
// NSS key log lines: "LABEL <client random> <secret>".
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace ti {

/// KeyLog finds secrets by label and client random. Lines that are not key log lines (comments, RSA lines, half-written
/// ends) are skipped and counted.
class KeyLog {
 public:
  KeyLog() = default;
  explicit KeyLog(std::string_view text) { add(text); }

  void add(std::string_view text);

  /// The secret, or an empty view.
  ByteView find(std::string_view label, ByteView client_random) const;

  bool empty() const { return secrets_.empty(); }
  std::size_t skipped() const { return skipped_; }

 private:
  std::map<std::pair<std::string, Bytes>, Bytes> secrets_;
  std::size_t skipped_ = 0;
};

}  // namespace ti

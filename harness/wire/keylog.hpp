#pragma once
// NSS key log lines: "LABEL <client random> <secret>".
#include <map>
#include <set>
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

  /// Of two secrets of one name the first stands.
  void add(std::string_view text);

  /// Adds what the peer of who wrote the rest says. A secret that both tell alike is agreed.
  void add_of_peer(std::string_view text);

  /// The secret, or an empty view.
  ByteView find(std::string_view label, ByteView client_random) const;

  /// Whether both sides told this secret, and the same: then a record that it does not open is its sender's fault.
  bool agreed(std::string_view label, ByteView client_random) const;

  bool empty() const { return secrets_.empty(); }
  std::size_t skipped() const { return skipped_; }

 private:
  std::map<std::pair<std::string, Bytes>, Bytes> secrets_;
  std::set<std::pair<std::string, Bytes>> agreed_;
  std::size_t skipped_ = 0;
};

}  // namespace ti

#pragma once
// NSS key log lines: "LABEL <client random> <secret>".
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/recording.hpp"

namespace ti {

/// KeyLog finds secrets by label and client random. Lines that are not key log lines (comments, RSA lines, half-written
/// ends) are skipped and counted.
class KeyLog {
 public:
  KeyLog() = default;
  explicit KeyLog(std::string_view text, std::optional<Side> teller = {}) { add(text, teller); }

  /// Adds what a side told, or what came from elsewhere. Of two secrets of one name the first stands. A line that
  /// told_by_line() gives says who told those behind it, to the next line that is a comment.
  void add(std::string_view text, std::optional<Side> teller = {});

  /// The secret, or an empty view.
  ByteView find(std::string_view label, ByteView client_random) const;

  /// Whether that side itself told this secret: then a record of its own that it does not open is its own fault.
  bool told_by(Side side, std::string_view label, ByteView client_random) const;

  bool empty() const { return secrets_.empty(); }
  std::size_t skipped() const { return skipped_; }

 private:
  struct Secret {
    Bytes bytes;
    std::set<Side> tellers = {};
  };
  const Secret* secret(std::string_view label, ByteView client_random) const;

  std::map<std::pair<std::string, Bytes>, Secret> secrets_;
  std::size_t skipped_ = 0;
};

/// The comment that stands in a key log before what a side told.
std::string told_by_line(Side side);

}  // namespace ti

#pragma once
// Words of a text that went through a terminal, an editor and a mail program.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace ti {

/// Word is a run of characters between blanks, and the line it stands on (from 1).
struct Word {
  std::string_view text;
  std::size_t line;
};

/// PastedText is the words of a text, whatever broke its lines: mail quoting (`> `, `| `, `JD> `) taken off, but not
/// the
/// `>>>` of a message dump; quoted-printable and HTML character references read; words that were broken at a fixed
/// length of line joined; and lines of s_client's standard error that landed amid a run of hexadecimal digits taken
/// out.
class PastedText {
 public:
  explicit PastedText(std::string_view text);
  PastedText(const PastedText&) = delete;
  PastedText& operator=(const PastedText&) = delete;

  /// The word of an index, or an empty one on the last line.
  Word operator[](std::size_t index) const;
  std::size_t size() const { return words_.size(); }

  /// Where a word stands: "line 2, word 812", because lines may have been joined.
  std::string place(std::size_t index) const;

  /// Some words from an index on, for an error message.
  std::string snippet(std::size_t index) const;

 private:
  std::string clean_;
  std::vector<Word> words_;
};

/// The byte that a word of exactly two hexadecimal digits says.
std::optional<std::uint8_t> hex_pair(std::string_view word);

/// The bytes of a hexadecimal dump with offsets (`0000 - 8d 9c ... 52 5c-61 ...   ......R\a`), which begins at
/// words[at]; `at` is then behind it. The column of characters, where it is there, tells where a row ends.
Bytes read_offset_dump(const PastedText& words, std::size_t& at);

/// Hexadecimal digits from words[at] on, over as many words as it takes to have `max_bytes`; `at` is then behind them.
Bytes read_hex(const PastedText& words, std::size_t& at, std::size_t max_bytes);

}  // namespace ti

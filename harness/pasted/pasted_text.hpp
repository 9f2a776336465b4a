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
/// the `>>>` of a message dump, and what loggers write before each line; quoted-printable and HTML character references
/// read; colours left out; words that were broken at a fixed length of line joined; and lines of s_client's standard
/// error that landed amid a run of hexadecimal digits taken out.
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

  /// Whether some words, with one blank between two, stand in the text, wherever its lines were broken.
  bool holds(std::string_view phrase) const { return joined_.find(phrase) != std::string::npos; }
  /// The words with one blank between two.
  std::string_view joined() const { return joined_; }
  /// Whether the words of a phrase stand from words[at] on, the last one perhaps with more behind it.
  bool stands(std::size_t at, std::string_view phrase) const;

 private:
  std::string clean_;
  std::vector<Word> words_;
  std::string joined_;  ///< the words with one blank between two
};

/// The byte that a word of exactly two hexadecimal digits says.
std::optional<std::uint8_t> hex_pair(std::string_view word);

/// The bytes of a hexadecimal dump with offsets, which begins at words[at] (`at` is then behind it), in any of the ways
/// to write them: `0000 - 8d 9c ... 52 5c-61 ...   ......R\a`, `0000: 8d 9c`, `00000000  8d 9c ... |..|`, `0x0000:
/// 8d9c`. No more than `max_bytes` are read; where that does not tell, the column of characters tells where a row ends.
Bytes read_offset_dump(const PastedText& words, std::size_t& at, std::size_t max_bytes = std::string::npos);

/// Whether a dump with offsets begins at words[at].
bool is_offset_dump(const PastedText& words, std::size_t at);

/// What a person writes for what they left out: `[...]`, `(snip)`, `<cut>`.
bool is_elision(const PastedText& words, std::size_t at);

/// The number at the front of a word, decimal or behind `0x` hexadecimal; nothing if none is there.
std::optional<std::size_t> number_at(std::string_view word);

/// Hexadecimal digits from words[at] on, over as many words as it takes to have `max_bytes`; `at` is then behind them.
Bytes read_hex(const PastedText& words, std::size_t& at, std::size_t max_bytes);

/// The number in brackets at the end of a word: `(22)`, `(0x301)`, `server_name(0),`.
std::optional<std::uint32_t> number_in_brackets(std::string_view word);

}  // namespace ti

#include "pasted/pasted_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <utility>

#include "pasted/line_prefixes.hpp"

namespace ti {

namespace {

constexpr std::string_view blanks = " \t\r\n\f\v";

bool is_blank(char c) { return blanks.find(c) != std::string_view::npos; }

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

/// JoinedText puts a text together from which line breaks were taken out. They come back behind the word that they were
/// in, so that lines keep their numbers.
class JoinedText {
 public:
  explicit JoinedText(std::size_t size) { text_.reserve(size); }

  void add(char c) {
    if (owed_ > 0 && is_blank(c)) text_.append(std::exchange(owed_, 0), '\n');
    text_ += c;
  }
  void add(std::string_view text) {
    for (; owed_ > 0 && !text.empty(); text.remove_prefix(1)) add(text.front());
    text_ += text;
  }
  void owe(std::size_t line_breaks) { owed_ += line_breaks; }
  bool owes() const { return owed_ > 0; }

  const std::string& so_far() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::size_t owed_ = 0;
};

/// The line at the front of a text, which is then behind it, without its line break.
std::string_view take_line(std::string_view& text) {
  std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return text.starts_with(prefix); });
}

/// The character of an HTML reference such as `&gt;` or `&#39;`, as far as s_client prints it; 0 for anything else.
char referred(std::string_view reference) {
  static constexpr std::array<std::pair<std::string_view, char>, 5> named = {
      {{"&gt;", '>'}, {"&lt;", '<'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&nbsp;", ' '}}};
  constexpr int no_break_space = 160;
  for (const auto& [name, character] : named)
    if (name == reference) return character;
  if (!reference.starts_with("&#") || !reference.ends_with(';')) return 0;
  reference = reference.substr(2, reference.size() - 3);
  const bool hexadecimal = reference.starts_with('x');
  if (hexadecimal) reference.remove_prefix(1);
  int code = 0;
  std::from_chars(reference.data(), reference.data() + reference.size(), code, hexadecimal ? 16 : 10);
  if (code == no_break_space) return ' ';
  return code >= ' ' && code <= '~' ? static_cast<char>(code) : '\0';
}

std::string without_references(std::string_view text) {
  constexpr std::size_t longest = 8;
  constexpr std::string_view no_break_space = "\xc2\xa0";
  std::string clean;
  clean.reserve(text.size());
  while (true) {
    const std::size_t plain = std::min(text.find_first_of("&\xc2"), text.size());
    clean += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) return clean;
    std::size_t length = 1;
    char character = text.front();
    if (character == '&') {
      const std::size_t end = text.substr(0, longest).find(';');
      if (const char found = end == text.npos ? '\0' : referred(text.substr(0, end + 1)); found != 0) {
        character = found;
        length = end + 1;
      }
    } else if (text.starts_with(no_break_space)) {
      character = ' ';
      length = no_break_space.size();
    }
    clean += character;
    text.remove_prefix(length);
  }
}

/// The length of the line break that is taken out of a quoted-printable text which begins with `=` (RFC 2045 6.7).
std::optional<std::size_t> soft_break(std::string_view text) {
  const std::size_t end = text.find_first_not_of(" \t\r", 1);
  return end != text.npos && text[end] == '\n' ? std::optional(end + 1) : std::nullopt;
}

/// The character that is written `=3D` or the like at the front of a text.
std::optional<char> escaped(std::string_view text) {
  const Bytes byte = from_hex(text.substr(1, 2));
  return byte.size() == 1 ? std::optional(static_cast<char>(byte[0])) : std::nullopt;
}

/// Whether a text is quoted-printable: it has a `=3D`, and few `=` that are nothing of the kind (in the mail's head).
bool is_quoted_printable(std::string_view text) {
  if (text.find("=3D") == text.npos) return false;
  std::size_t fit = 0;
  std::size_t others = 0;
  for (std::size_t at = text.find('='); at != text.npos; at = text.find('=', at + 1))
    ++(soft_break(text.substr(at)) || escaped(text.substr(at)) ? fit : others);
  return fit > others;
}

std::string without_soft_breaks(std::string_view text) {
  if (!is_quoted_printable(text)) return std::string(text);
  JoinedText clean(text.size());
  while (true) {
    const std::size_t plain = std::min(text.find('='), text.size());
    clean.add(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return clean.take();
    if (const auto length = soft_break(text)) {
      clean.owe(1);
      text.remove_prefix(*length);
    } else {
      const auto character = escaped(text);
      clean.add(character.value_or('='));
      text.remove_prefix(character ? 3 : 1);
    }
  }
}

bool begins_with_protocol(std::string_view text) {
  const std::string_view word = text.substr(0, text.find_first_of(blanks));
  return word == "TLS" || word == "SSL" || word == "DTLS" || word == "???";
}

/// How long the quoting at the front of a line is: `>`, or before a blank `|` or a name's letters with `>`.
std::size_t quoting(std::string_view line) {
  constexpr std::size_t most_letters = 4;
  std::size_t length = 0;
  while (true) {
    const std::size_t begin = std::min(line.find_first_not_of(" \t", length), line.size());
    std::size_t mark = begin;
    while (mark < line.size() && std::isalpha(static_cast<unsigned char>(line[mark])) != 0) ++mark;
    if (mark == line.size() || mark - begin > most_letters) return length;
    const bool before_blank = mark + 1 == line.size() || line[mark + 1] == '>' || is_blank(line[mark + 1]);
    const bool bar = line[mark] == '|' && mark == begin && before_blank;
    if (!bar && (line[mark] != '>' || (mark > begin && !before_blank))) return length;
    length = mark + 1;
  }
}

/// `>>>` before a protocol, or alone before a line break, is a message dump's and stays.
std::string without_quoting(std::string_view text) {
  constexpr std::string_view arrow = ">>>";
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    std::string_view quotes = line.substr(0, quoting(line));
    std::string_view rest = line.substr(quotes.size());
    const std::string_view said = rest.substr(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const bool arrowed =
        quotes.ends_with(arrow) && (begins_with_protocol(said) || said.find_first_not_of(blanks) == said.npos);
    if (arrowed) {
      quotes.remove_suffix(arrow.size());
      quotes = quotes.substr(0, quotes.find_last_not_of(" \t") + 1);
    }
    std::string_view kept = line.substr(quotes.size(), line.size() - rest.size() - quotes.size());
    std::string_view& first = arrowed ? kept : rest;
    if (!quotes.empty() && first.starts_with(' ')) first.remove_prefix(1);
    clean += kept;
    if (arrowed && said.data() == rest.data()) clean += ' ';
    clean += rest;
  }
  return clean;
}

bool ends_in_lone_digit(std::string_view line) {
  return line.size() > 1 && is_hex(line.substr(line.size() - 1)) && is_blank(line[line.size() - 2]);
}

bool begins_with_lone_digit(std::string_view line) {
  return !line.empty() && is_hex(line.substr(0, 1)) && (line.size() == 1 || is_blank(line[1]));
}

/// The length at which lines were broken amid words, as bytes that it split show most often; 0 if none were.
std::size_t hard_break(std::string_view text) {
  std::map<std::size_t, std::size_t> splits;
  for (std::string_view line = take_line(text); !text.empty();) {
    const std::string_view next = take_line(text);
    if (ends_in_lone_digit(line) && begins_with_lone_digit(next)) ++splits[line.size()];
    line = next;
  }
  const auto most =
      std::max_element(splits.begin(), splits.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == splits.end() ? 0 : most->first;
}

/// Lines that were broken at a fixed length, wherever that fell, are joined again.
std::string without_hard_breaks(std::string_view text) {
  const std::size_t length = hard_break(text);
  if (length == 0) return std::string(text);
  JoinedText clean(text.size());
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    clean.add(line);
    line.size() == length ? clean.owe(1) : clean.add('\n');
  }
  return clean.take();
}

bool is_standard_error(std::string_view text) {
  return starts_with_any(
      text, {"Can't use SSL_get_servername", "depth=", "verify error:", "verify return:", "DONE\n", "DONE\r\n"});
}

/// How long the whole lines of standard error at the front of `text` are.
std::size_t standard_error(std::string_view text) {
  constexpr std::size_t longest = 4096;
  text = text.substr(0, longest);
  std::size_t length = 0;
  while (is_standard_error(text.substr(length))) {
    const std::size_t end = text.find('\n', length);
    if (end == std::string_view::npos) return 0;
    length = end + 1;
  }
  return length;
}

bool begins_in_hex(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  const std::string_view word = text.substr(begin, text.find_first_of(blanks, begin) - begin);
  return !word.empty() && is_hex(word.substr(0, 2));
}

bool ends_in_hex(std::string_view text) {
  constexpr std::size_t longest = 1024;
  text = text.substr(text.size() - std::min(text.size(), longest));
  const std::size_t last = text.find_last_not_of(blanks);
  if (last == std::string_view::npos) return false;
  const std::size_t blank = text.find_last_of(blanks, last);
  return is_hex(text.substr(blank + 1, last - blank));
}

/// Lines of standard error amid a word or amid hexadecimal digits are an accident of buffering.
std::string without_interruptions(std::string_view text) {
  JoinedText clean(text.size());
  while (true) {
    const std::size_t plain = clean.owes() ? 0 : std::min(text.find_first_of("CDdv"), text.size());
    clean.add(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return clean.take();
    const std::size_t length = is_standard_error(text) ? standard_error(text) : 0;
    const std::string& before = clean.so_far();
    const bool amid_word = !before.empty() && !is_blank(before.back());
    if (length > 0 && (amid_word || (ends_in_hex(before) && begins_in_hex(text.substr(length))))) {
      clean.owe(
          static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(length), '\n')));
      text.remove_prefix(length);
      continue;
    }
    clean.add(text.front());
    text.remove_prefix(1);
  }
}

/// How BIO_dump shows bytes beside their hexadecimal form, blanks left out.
std::string shown_as_text(ByteView bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes)
    if (byte != ' ') text += byte > ' ' && byte <= '~' ? static_cast<char>(byte) : '.';
  return text;
}

/// The index behind the words that together are `text`, or nothing.
std::optional<std::size_t> behind(const PastedText& words, std::size_t at, std::string_view text) {
  while (!text.empty()) {
    const std::string_view word = words[at].text;
    if (word.empty() || !text.starts_with(word)) return std::nullopt;
    text.remove_prefix(word.size());
    ++at;
  }
  return at;
}

/// The bytes of one word of a dump: `8d`, `8d9c`, or around the middle of a row `5c-61` or `5c-`; none of anything
/// else.
Bytes bytes_of(std::string_view word) {
  if (word.size() == 3 && word.ends_with('-')) word.remove_suffix(1);
  if (word.size() == 5 && word[2] == '-') return from_hex(std::string(word.substr(0, 2)).append(word.substr(3)));
  return word.size() == 2 || word.size() == 4 ? from_hex(word) : Bytes();
}

struct Row {
  Bytes bytes;
  std::size_t end;
};

/// The bytes of one row, its offset already read: as many as are asked for, if that is less than a row; else those that
/// the column of characters confirms, or all that look like bytes.
Row read_row(const PastedText& words, std::size_t at, std::size_t max_bytes) {
  constexpr std::size_t full = 16;
  const std::size_t most = std::min(full, max_bytes);
  Bytes bytes;
  std::optional<Row> confirmed;
  while (bytes.size() < most) {
    const bool next_row = !bytes.empty() && words[at].line != words[at - 1].line && words[at].text.size() >= 4 &&
                          words[at].text.find('-') == std::string_view::npos;
    const Bytes next = next_row ? Bytes() : bytes_of(words[at].text);
    if (next.empty() || bytes.size() + next.size() > most) break;
    bytes.insert(bytes.end(), next.begin(), next.end());
    ++at;
    if (const auto end = behind(words, at, shown_as_text(bytes))) confirmed = Row{bytes, *end};
  }
  const bool told = max_bytes != std::string::npos;
  return confirmed && (!told || confirmed->bytes.size() == bytes.size()) ? *confirmed : Row{bytes, at};
}

/// The index of the first byte of a row of that offset, if one begins at words[at].
std::optional<std::size_t> row_at(const PastedText& words, std::size_t at, std::size_t offset) {
  constexpr std::size_t bare = 8;  // digits of an offset that nothing marks
  std::string_view word = words[at].text;
  const bool marked = word.ends_with(':');
  if (marked) word.remove_suffix(1);
  if (marked && word.starts_with("0x")) word.remove_prefix(2);
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, 16);
  if (word.size() < 4 || error != std::errc() || end != word.data() + word.size() || number != offset)
    return std::nullopt;
  if (marked) return at + 1;
  if (words[at + 1].text == "-") return at + 2;
  if (word.size() == 4 && hex_pair(words[at + 1].text)) return at + 1;
  return word.size() == bare ? std::optional(at + 1) : std::nullopt;
}

}  // namespace

PastedText::PastedText(std::string_view text)
    : clean_(without_interruptions(without_hard_breaks(without_line_prefixes(
          without_quoting(without_hard_breaks(without_escapes(without_references(without_soft_breaks(text))))))))) {
  const std::string_view clean = clean_;
  std::size_t line = 1;
  for (std::size_t i = 0; i < clean.size();) {
    if (is_blank(clean[i])) {
      if (clean[i++] == '\n') ++line;
      continue;
    }
    const std::size_t end = std::min(clean.find_first_of(blanks, i), clean.size());
    words_.push_back({clean.substr(i, end - i), line});
    joined_.append(joined_.empty() ? "" : " ").append(words_.back().text);
    i = end;
  }
}

Word PastedText::operator[](std::size_t index) const {
  if (index < words_.size()) return words_[index];
  return {{}, words_.empty() ? 1 : words_.back().line};
}

std::string PastedText::place(std::size_t index) const {
  return "line " + std::to_string((*this)[index].line) + ", word " + std::to_string(index + 1);
}

bool PastedText::stands(std::size_t at, std::string_view phrase) const {
  while (true) {
    const std::size_t blank = phrase.find(' ');
    if (blank == std::string_view::npos) return (*this)[at].text.starts_with(phrase);
    if ((*this)[at++].text != phrase.substr(0, blank)) return false;
    phrase.remove_prefix(blank + 1);
  }
}

std::string PastedText::snippet(std::size_t index) const {
  constexpr std::size_t length = 8;
  constexpr std::size_t longest_word = 32;
  std::string text;
  for (std::size_t i = index; i < std::min(index + length, size()); ++i) {
    if (i > index) text += ' ';
    text += words_[i].text.substr(0, longest_word);
  }
  return text;
}

std::optional<std::uint8_t> hex_pair(std::string_view word) {
  if (word.size() != 2 || !is_hex(word)) return std::nullopt;
  return from_hex(word)[0];
}

Bytes read_offset_dump(const PastedText& words, std::size_t& at, std::size_t max_bytes) {
  // What a program prints of its own may stand amid a dump that says how long it is.
  const std::size_t most_words_between = max_bytes == std::string::npos ? 18 : 4096;
  Bytes bytes;
  std::size_t next = at;
  while (bytes.size() < max_bytes) {
    const auto first = row_at(words, next, bytes.size());
    if (!first) break;
    const Row row = read_row(words, *first, max_bytes - bytes.size());
    if (row.bytes.empty()) break;
    bytes.insert(bytes.end(), row.bytes.begin(), row.bytes.end());
    at = row.end;
    for (next = at; next < at + most_words_between && !row_at(words, next, bytes.size());) {
      if (next >= words.size() || words[next].text == "=>") break;  // the next dump's head
      ++next;
    }
  }
  return bytes;
}

bool is_offset_dump(const PastedText& words, std::size_t at) {
  const auto first = row_at(words, at, 0);
  return first && !bytes_of(words[*first].text).empty();
}

bool is_elision(const PastedText& words, std::size_t at) {
  std::string_view word = words[at].text;
  const std::size_t letters = word.find_first_not_of("[(<*-");
  if (letters == std::string_view::npos) return false;
  const bool bracketed = letters > 0;
  word.remove_prefix(letters);
  const std::string_view said = word.substr(0, word.find_first_of("])>*-"));
  const bool alone = words[at].text == said && words[at + 1].line != words[at].line &&
                     (at == 0 || words[at - 1].line != words[at].line);
  if (said == "..." || said == "\xe2\x80\xa6") return bracketed || alone;
  return bracketed && starts_with_any(said, {"snip", "SNIP", "cut", "CUT", "omit", "elided", "skip", "removed",
                                             "redacted", "lines"});
}

std::optional<std::size_t> number_at(std::string_view word) {
  const bool hexadecimal = word.starts_with("0x");
  if (hexadecimal) word.remove_prefix(2);
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, hexadecimal ? 16 : 10);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

Bytes read_hex(const PastedText& words, std::size_t& at, std::size_t max_bytes) {
  std::string digits;
  while (digits.size() < max_bytes * 2) {
    const std::string_view word = words[at].text;
    if (word.empty() || !is_hex(word) || digits.size() + word.size() > max_bytes * 2) break;
    digits += word;
    ++at;
  }
  return from_hex(digits);
}

std::optional<std::uint32_t> number_in_brackets(std::string_view word) {
  const std::size_t bracket = word.rfind('(');
  if (bracket == std::string_view::npos || word.find(')', bracket) == std::string_view::npos) return std::nullopt;
  const auto number = number_at(word.substr(bracket + 1));
  return number ? std::optional(static_cast<std::uint32_t>(*number)) : std::nullopt;
}

}  // namespace ti

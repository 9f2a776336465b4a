#include "wire/pasted_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace ti {

namespace {

constexpr std::string_view blanks = " \t\r\n\f\v";

bool is_blank(char c) { return blanks.find(c) != std::string_view::npos; }

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
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

bool begins_with_protocol(std::string_view text) {
  const std::string_view word = text.substr(0, text.find_first_of(blanks));
  return word == "TLS" || word == "SSL" || word == "DTLS" || word == "???";
}

/// `>>>` before a protocol, or alone before a line break, is a message dump's and stays.
std::string without_quoting(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    const std::size_t begin = std::min(line.find_first_not_of("> \t"), line.size());
    const std::string_view said = line.substr(begin);
    const std::string_view quotes = line.substr(0, line.substr(0, begin).find_last_of('>') + 1);
    std::string_view rest = line.substr(quotes.size());
    if (!quotes.empty() && rest.starts_with(' ')) rest.remove_prefix(1);
    if (quotes.ends_with(">>>") && (begins_with_protocol(said) || said.find_first_not_of(blanks) == said.npos))
      clean += ">>> ";
    clean += rest;
  }
  return clean;
}

bool is_standard_error(std::string_view text) {
  return starts_with_any(text, {"Can't use SSL_get_servername", "depth=", "verify error:", "verify return:"});
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

/// Lines of standard error amid a word or amid hexadecimal digits are an accident of buffering. The line breaks that go
/// with them come back behind the word they were in, so that lines keep their numbers.
std::string without_interruptions(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  std::size_t owed = 0;
  while (true) {
    const std::size_t plain = owed > 0 ? 0 : std::min(text.find_first_of("Cdv"), text.size());
    clean += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) return clean;
    const std::size_t length = is_standard_error(text) ? standard_error(text) : 0;
    const bool amid_word = !clean.empty() && !is_blank(clean.back());
    if (length > 0 && (amid_word || (ends_in_hex(clean) && begins_in_hex(text.substr(length))))) {
      owed +=
          static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(length), '\n'));
      text.remove_prefix(length);
      continue;
    }
    if (is_blank(text.front())) clean.append(std::exchange(owed, 0), '\n');
    clean += text.front();
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

/// The bytes of one word of a dump: `8d`, or around the middle of a row `5c-61` or `5c-`; none of anything else.
Bytes bytes_of(std::string_view word) {
  if (word.size() == 3 && word.ends_with('-')) word.remove_suffix(1);
  if (word.size() == 5 && word[2] == '-') return from_hex(std::string(word.substr(0, 2)).append(word.substr(3)));
  return word.size() == 2 ? from_hex(word) : Bytes();
}

struct Row {
  Bytes bytes;
  std::size_t end;
};

/// The bytes of one row, its offset and hyphen already read: those that the column of characters confirms, or all that
/// look like bytes.
Row read_row(const PastedText& words, std::size_t at) {
  constexpr std::size_t max_bytes = 16;
  Bytes bytes;
  std::optional<Row> confirmed;
  while (bytes.size() < max_bytes) {
    const Bytes next = bytes_of(words[at].text);
    if (next.empty()) break;
    bytes.insert(bytes.end(), next.begin(), next.end());
    ++at;
    if (const auto end = behind(words, at, shown_as_text(bytes))) confirmed = Row{bytes, *end};
  }
  return confirmed ? *confirmed : Row{bytes, at};
}

bool is_row(const PastedText& words, std::size_t at, std::size_t offset) {
  const std::string_view word = words[at].text;
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, 16);
  return word.size() >= 4 && error == std::errc() && end == word.data() + word.size() && number == offset &&
         words[at + 1].text == "-";
}

}  // namespace

PastedText::PastedText(std::string_view text)
    : clean_(without_interruptions(without_quoting(without_references(text)))) {
  const std::string_view clean = clean_;
  std::size_t line = 1;
  for (std::size_t i = 0; i < clean.size();) {
    if (is_blank(clean[i])) {
      if (clean[i++] == '\n') ++line;
      continue;
    }
    const std::size_t end = std::min(clean.find_first_of(blanks, i), clean.size());
    words_.push_back({clean.substr(i, end - i), line});
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

Bytes read_offset_dump(const PastedText& words, std::size_t& at) {
  constexpr std::size_t most_words_of_text = 16;
  Bytes bytes;
  std::size_t row_at = at;
  while (is_row(words, row_at, bytes.size())) {
    const Row row = read_row(words, row_at + 2);
    if (row.bytes.empty()) break;
    bytes.insert(bytes.end(), row.bytes.begin(), row.bytes.end());
    at = row.end;
    for (row_at = at; row_at < at + most_words_of_text && !is_row(words, row_at, bytes.size());) ++row_at;
  }
  return bytes;
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

}  // namespace ti

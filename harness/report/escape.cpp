#include "report/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ti {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

/// How many bytes the character at the front takes; 0 when it is no UTF-8 (RFC 3629).
std::size_t length_of(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  const std::size_t length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (length == 0 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(i) & 0xc0) != 0x80) return 0;
  const bool overlong = (first == 0xe0 && at(1) < 0xa0) || (first == 0xf0 && at(1) < 0x90);
  const bool outside = (first == 0xed && at(1) >= 0xa0) || (first == 0xf4 && at(1) >= 0x90);
  return overlong || outside ? 0 : length;
}

/// Whether XML 1.0 has no such character: U+FFFE and U+FFFF.
bool is_no_character(std::string_view character) { return character == "\xef\xbf\xbe" || character == "\xef\xbf\xbf"; }

/// The control characters above ASCII, U+0080 to U+009F.
bool is_high_control(std::string_view character) {
  return character.size() == 2 && character[0] == '\xc2' && static_cast<unsigned char>(character[1]) < 0xa0;
}

/// The text with each character of `table` as its words.
template <std::size_t Size>
std::string spelled(std::string text, const std::array<std::pair<char, std::string_view>, Size>& table) {
  std::string spelt;
  for (const char c : text) {
    const auto found = std::ranges::find(table, c, &std::pair<char, std::string_view>::first);
    if (found == table.end())
      spelt += c;
    else
      spelt += found->second;
  }
  return spelt;
}

using Spelling = std::pair<char, std::string_view>;

}  // namespace

std::string shown(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = length_of(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    const auto first = static_cast<unsigned char>(character[0]);
    if (length == 0 || is_no_character(character))
      safe += replacement;
    else if (first == '\n' || first == '\t')
      safe += ' ';
    else if (first < 0x20 || first == 0x7f)
      safe += fmt::format("\\x{:02x}", first);
    else if (is_high_control(character))
      safe += fmt::format("\\x{:02x}", static_cast<unsigned char>(character[1]));
    else
      safe += character;
    text.remove_prefix(character.size());
  }
  return safe;
}

std::string xml_text(std::string_view text) {
  static constexpr std::array table{Spelling{'&', "&amp;"}, Spelling{'<', "&lt;"}, Spelling{'>', "&gt;"},
                                    Spelling{'"', "&quot;"}, Spelling{'\'', "&#39;"}};
  return spelled(shown(text), table);
}

std::string markdown_text(std::string_view text) {
  static constexpr std::array table{Spelling{'&', "&amp;"}, Spelling{'<', "&lt;"}, Spelling{'>', "&gt;"},
                                    Spelling{'|', "\\|"},   Spelling{'*', "\\*"},  Spelling{'_', "\\_"},
                                    Spelling{'`', "\\`"},   Spelling{'[', "\\["},  Spelling{']', "\\]"},
                                    Spelling{'\\', "\\\\"}};
  return spelled(shown(text), table);
}

std::string csv_field(std::string_view text) {
  std::string field = shown(text);
  if (!field.empty() && std::string_view("=+-@").find(field[0]) != std::string_view::npos) field.insert(0, "'");
  if (field.find_first_of(",\"") == std::string::npos) return field;
  static constexpr std::array table{Spelling{'"', "\"\""}};
  return '"' + spelled(std::move(field), table) + '"';
}

std::string uri_path(std::string_view path) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/@=";
  std::string uri;
  for (const char c : path)
    uri += plain.find(c) == std::string_view::npos ? fmt::format("%{:02X}", static_cast<unsigned char>(c))
                                                   : std::string(1, c);
  return uri;
}

}  // namespace ti

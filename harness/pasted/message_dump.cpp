#include "pasted/message_dump.hpp"

#include <cctype>
#include <charconv>

namespace ti {

namespace {

bool is_arrow(std::string_view word) {
  if (word.ends_with("<<<"))
    word.remove_suffix(3);
  else if (!word.ends_with(">>>"))
    return false;
  return word.find_first_not_of('>') == std::string_view::npos;
}

std::string_view without_comma(std::string_view word) {
  if (word.ends_with(',')) word.remove_suffix(1);
  return word;
}

/// "1.2" as 0x0303.
std::uint16_t version_number(std::string_view protocol, std::string_view number) {
  const bool is_number = number.size() == 3 && std::isdigit(static_cast<unsigned char>(number[2])) != 0;
  if (protocol == "SSL") return number == "3.0" ? 0x0300 : 0;
  return is_number && number.starts_with("1.") ? static_cast<std::uint16_t>(0x0301 + number[2] - '0') : 0;
}

/// The words between the arrow and `[length`.
void read_kind(const PastedText& words, std::size_t from, std::size_t to, MessageDump& dump) {
  for (std::size_t i = from; i < to; ++i) {
    const std::string_view word = without_comma(words[i].text);
    if ((word == "TLS" || word == "SSL" || word == "DTLS") && i + 1 < to) {
      dump.datagram = word == "DTLS";
      const std::string_view next = without_comma(words[i + 1].text);
      if (next.empty() || std::isalpha(static_cast<unsigned char>(next[0])) != 0) continue;  // where none is agreed yet
      dump.version = version_number(word, next);
      ++i;
    } else if (word != "???") {
      dump.content = word;
    }
  }
}

/// Further bytes behind a dump that is complete. One alone before a word of prose is prose.
std::size_t count_surplus(const PastedText& words, std::size_t at) {
  std::size_t count = 0;
  while (hex_pair(words[at + count].text)) ++count;
  const Word next = words[at + count];
  const bool prose =
      !next.text.empty() && std::isalpha(static_cast<unsigned char>(next.text[0])) != 0 && next.line == words[at].line;
  return count == 1 && prose ? 0 : count;
}

}  // namespace

std::optional<MessageDump> read_message_dump(const PastedText& words, std::size_t& at) {
  constexpr std::size_t most_arrows = 4;
  constexpr std::size_t most_words_of_kind = 5;
  constexpr std::size_t most_words_of_detail = 3;

  MessageDump dump;
  std::size_t i = at;
  for (; i < at + most_arrows && is_arrow(words[i].text); ++i)
    if (words[i].text.ends_with("<<<")) dump.from = Side::server;
  if (i == at) return std::nullopt;

  const std::size_t kind = i;
  while (words[i].text != "[length") {
    if (words[i].text.empty() || is_arrow(words[i].text) || ++i - kind > most_words_of_kind) return std::nullopt;
  }
  read_kind(words, kind, i, dump);

  const std::string_view length = words[++i].text;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), dump.length, 16);
  if (error != std::errc() || end == length.data() + length.size() || *end != ']') return std::nullopt;

  const std::size_t detail = ++i;
  for (; !hex_pair(words[i].text) && i - detail < most_words_of_detail; ++i)
    if (words[i].text.empty() || is_arrow(words[i].text) || is_elision(words, i)) break;
  if (i > detail) dump.detail = words[detail].text;
  if (!hex_pair(words[i].text)) i = detail;

  for (; dump.bytes.size() < dump.length; ++i) {
    const auto byte = hex_pair(words[i].text);
    if (!byte) break;
    dump.bytes.push_back(*byte);
  }
  if (dump.complete()) dump.surplus = count_surplus(words, i);
  at = i + dump.surplus;
  return dump;
}

}  // namespace ti

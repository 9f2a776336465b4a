#include "pasted/message_trace.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "pasted/printed_handshake.hpp"

namespace ti {

namespace {

std::optional<std::uint32_t> number(std::string_view text, int base) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

/// The number at the front of a word behind a prefix: `Length=387`, `client_version=0x303`.
std::optional<std::uint32_t> number_after(std::string_view word, std::string_view prefix) {
  if (!word.starts_with(prefix)) return std::nullopt;
  word.remove_prefix(prefix.size());
  return word.starts_with("0x") ? number(word.substr(2), 16) : number(word, 10);
}

bool is_record(const PastedText& words, std::size_t at) {
  if (words[at].text != "Sent" && words[at].text != "Received") return false;
  if (words[at + 1].text == "TLS") ++at;
  return words[at + 1].text == "Record" && words[at + 2].text == "Header:";
}

std::optional<MessageType> handshake_at(const PastedText& words, std::size_t at) {
  std::string_view word = words[at].text;
  if (!word.ends_with(',') || !words[at + 1].text.starts_with("Length=")) return std::nullopt;
  word.remove_suffix(1);
  return message_type_of(word);
}

bool is_end_of_message(const PastedText& words, std::size_t at) {
  const std::string_view word = words[at].text;
  return word.empty() || word == "---" || (word == "read" && words[at + 1].text == "from") ||
         (word == "write" && words[at + 1].text == "to") || is_elision(words, at) ||
         is_part_of_record_header(words, at) || word == "SSL-Session:" || word.starts_with("CONNECTED(") ||
         is_record(words, at) || handshake_at(words, at);
}

/// The index behind some words, if they stand within a few words of `at`.
std::optional<std::size_t> behind(const PastedText& words, std::size_t at,
                                  std::initializer_list<std::string_view> some) {
  constexpr std::size_t far = 12;
  for (std::size_t start = at; start < at + far; ++start) {
    std::size_t i = start;
    if (std::all_of(some.begin(), some.end(), [&](std::string_view word) { return words[i++].text == word; })) return i;
  }
  return std::nullopt;
}

/// The number in brackets that stands at `at` or behind the name before it.
std::optional<std::uint32_t> bracketed(const PastedText& words, std::size_t at) {
  constexpr std::size_t longest_name = 3;
  for (std::size_t i = at; i < at + longest_name; ++i)
    if (const auto value = number_in_brackets(words[i].text)) return value;
  return std::nullopt;
}

/// HandshakeTrace gathers the fields of one message and puts the message together again.
class HandshakeTrace {
 public:
  HandshakeTrace(const PastedText& words, std::size_t at, MessageType type) : words_(words), at_(at) {
    printed_.type = type;
    while (!is_end_of_message(words_, at_))
      if (!read_field()) ++at_;
  }

  std::size_t end() const { return at_; }

  PrintedHandshake take() { return std::move(printed_); }

 private:
  bool read_field() {
    const std::string_view word = words_[at_].text;
    return read_number(word, "client_version=", printed_.legacy_version) ||
           read_number(word, "server_version=", printed_.legacy_version) || read_compression(word) ||
           read_number(word, "gmt_unix_time=", printed_.time) ||
           read_number(word, "ticket_lifetime_hint=", printed_.lifetime) ||
           read_number(word, "ticket_age_add=", printed_.age_add) ||
           read_bytes(word, "random_bytes", printed_.random) || read_bytes(word, "session_id", printed_.session_id) ||
           read_bytes(word, "ticket_nonce", printed_.nonce) || read_bytes(word, "verify_data", printed_.verify_data) ||
           read_suite(word) || read_extension(word) || read_content(word) ||
           read_bytes(word, "ticket", printed_.ticket);
  }

  template <class Field>
  bool read_number(std::string_view word, std::string_view prefix, Field& field) {
    const auto value = number_after(word, prefix);
    if (!value) return false;
    field = *value;
    ++at_;
    return true;
  }

  /// `compression_methods (len=1)`
  bool read_compression(std::string_view word) {
    const auto length = word == "compression_methods" ? number_after(words_[at_ + 1].text, "(len=") : std::nullopt;
    if (!length) return false;
    printed_.compression_methods = std::min(*length, std::uint32_t{255});
    at_ += 2;
    return true;
  }

  /// `name (len=32): 0123...`
  bool read_bytes(std::string_view word, std::string_view name, Bytes& field) {
    const auto length = word == name ? number_after(words_[at_ + 1].text, "(len=") : std::nullopt;
    if (!length) return false;
    at_ += 2;
    const Bytes bytes = read_hex(words_, at_, *length);
    if (bytes.size() != *length)
      printed_.problems.push_back(std::string(name) + " of " + std::to_string(*length) + " bytes is printed short");
    field.insert(field.end(), bytes.begin(), bytes.end());
    return true;
  }

  /// `{0xC0, 0x2C} TLS_...`
  bool read_suite(std::string_view word) {
    const auto high = number_after(word, "{");
    const auto low = number_after(words_[at_ + 1].text, "");
    if (!high || !low) return false;
    printed_.suites.push_back(static_cast<std::uint16_t>(*high << 8 | *low));
    at_ += 2;
    return true;
  }

  /// `extension_type=server_name(0), length=14`
  bool read_extension(std::string_view word) {
    const auto type = word.starts_with("extension_type=") ? number_in_brackets(word) : std::nullopt;
    const auto length = number_after(words_[at_ + 1].text, "length=");
    if (!type || !length) return false;
    printed_.extensions.push_back({static_cast<std::uint16_t>(*type), *length, {}, {}});
    at_ += 2;
    return true;
  }

  bool read_content(std::string_view word) {
    if (printed_.extensions.empty()) return false;
    PrintedExtension& extension = printed_.extensions.back();
    for (const std::string_view name : {"ticket", "client_verify_data", "server_verify_data"})
      if (read_bytes(word, name, extension.dump)) return true;
    const std::size_t start = at_;
    const Bytes bytes = read_offset_dump(words_, at_);
    extension.dump.insert(extension.dump.end(), bytes.begin(), bytes.end());
    if (at_ != start) return true;
    const auto value = word.starts_with('(') ? number_in_brackets(word) : std::nullopt;
    if (!value) return false;
    extension.numbers.push_back(*value);
    ++at_;
    return true;
  }

  const PastedText& words_;
  std::size_t at_;
  PrintedHandshake printed_;
};

}  // namespace

bool is_part_of_record_header(const PastedText& words, std::size_t at) {
  return words[at].text == "Header:" || (words[at].text == "Content" && words[at + 1].text == "Type");
}

std::optional<TracedRecord> read_traced_record(const PastedText& words, std::size_t& at) {
  if (!is_record(words, at)) return std::nullopt;
  const auto version = behind(words, at, {"Version", "="});
  const auto content = version ? behind(words, *version, {"Content", "Type", "="}) : std::nullopt;
  const auto length = content ? behind(words, *content, {"Length", "="}) : std::nullopt;
  if (!length) return std::nullopt;
  TracedRecord record;
  record.from = words[at].text == "Sent" ? Side::client : Side::server;
  record.version = static_cast<std::uint16_t>(bracketed(words, *version).value_or(0));
  record.content = static_cast<std::uint8_t>(bracketed(words, *content).value_or(0));
  record.length = number(words[*length].text, 10).value_or(0);
  at = *length + 1;
  record.inner_content = read_traced_inner_content(words, at);
  return record;
}

std::optional<std::uint8_t> read_traced_inner_content(const PastedText& words, std::size_t& at) {
  if (!words.stands(at, "Inner Content Type =")) return std::nullopt;
  const auto content = static_cast<std::uint8_t>(bracketed(words, at + 4).value_or(0));
  at += 5;
  return content;
}

std::optional<Alert> read_traced_alert(const PastedText& words, std::size_t& at) {
  constexpr std::size_t longest_name = 6;
  if (!words[at].text.starts_with("Level=")) return std::nullopt;
  const auto level = number_in_brackets(words[at].text);
  if (!level || !words[at + 1].text.starts_with("description=")) return std::nullopt;
  for (std::size_t i = at + 1; i < at + longest_name; ++i) {
    if (const auto description = number_in_brackets(words[i].text)) {
      at = i + 1;
      return Alert{static_cast<std::uint8_t>(*level), static_cast<std::uint8_t>(*description)};
    }
  }
  return std::nullopt;
}

std::optional<TracedHandshake> read_traced_handshake(const PastedText& words, std::size_t& at, Version version) {
  constexpr std::size_t header = 4;
  const auto type = handshake_at(words, at);
  const auto length = number_after(words[at + 1].text, "Length=");
  if (!type || !length) return std::nullopt;
  HandshakeTrace trace(words, at + 2, *type);
  PrintedHandshake printed = trace.take();
  TracedHandshake handshake;
  handshake.type = *type;
  handshake.bytes = header + *length;
  handshake.readable = message_of(printed, version, *length);
  handshake.problems = std::move(printed.problems);
  at = trace.end();
  return handshake;
}

}  // namespace ti

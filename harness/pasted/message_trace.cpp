#include "pasted/message_trace.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace ti {

namespace {

constexpr std::size_t random_bytes = 28;

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

/// The number in brackets at the end of a word: `(22)`, `(0x301)`, `server_name(0),`.
std::optional<std::uint32_t> number_in_brackets(std::string_view word) {
  const std::size_t bracket = word.rfind('(');
  if (bracket == std::string_view::npos || word.find(')', bracket) == std::string_view::npos) return std::nullopt;
  return number_after(word.substr(bracket), "(");
}

void put(Bytes& out, std::size_t value, std::size_t size) {
  while (size-- > 0) out.push_back(static_cast<std::uint8_t>(value >> 8 * size));
}

void put(Bytes& out, ByteView bytes) { std::copy(bytes.begin(), bytes.end(), std::back_inserter(out)); }

/// A vector behind its length in `size` bytes.
void put_vector(Bytes& out, std::size_t size, ByteView bytes) {
  put(out, bytes.size(), size);
  put(out, bytes);
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
  return word.empty() || word == "---" || is_part_of_record_header(words, at) || word == "SSL-Session:" ||
         word.starts_with("CONNECTED(") || is_record(words, at) || handshake_at(words, at);
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

/// TracedExtension is what is printed of one extension.
struct TracedExtension {
  std::uint16_t type = 0;
  std::size_t length = 0;
  Bytes dump;                          ///< bytes, however they are printed
  std::vector<std::uint32_t> numbers;  ///< registry numbers, where names are printed
};

/// The data of an extension as it stood in the message, for those that the judge looks into; empty for others.
Bytes data_of(const TracedExtension& extension, MessageType message) {
  Bytes data;
  switch (extension.type) {
    case ext::supported_versions:
      if (message == MessageType::client_hello) put(data, extension.numbers.size() * 2, 1);
      for (const std::uint32_t version : extension.numbers) put(data, version, 2);
      return data;
    case ext::psk_key_exchange_modes:
      put(data, extension.numbers.size(), 1);
      for (const std::uint32_t mode : extension.numbers) put(data, mode, 1);
      return data;
    case ext::renegotiation_info:
      put_vector(data, 1, extension.dump);
      return data;
    default:
      return extension.dump;
  }
}

bool is_looked_into(std::uint16_t type) {
  switch (type) {
    case ext::server_name:
    case ext::session_ticket:
    case ext::pre_shared_key:
    case ext::supported_versions:
    case ext::psk_key_exchange_modes:
    case ext::ticket_request:
    case ext::renegotiation_info:
      return true;
    default:
      return false;
  }
}

/// HandshakeTrace gathers the fields of one message and puts the message together again.
class HandshakeTrace {
 public:
  HandshakeTrace(const PastedText& words, std::size_t at, MessageType type) : words_(words), at_(at), type_(type) {
    while (!is_end_of_message(words_, at_))
      if (!read_field()) ++at_;
  }

  std::size_t end() const { return at_; }
  std::vector<std::string> problems() const { return problems_; }

  /// `length` is that of the body, as printed above it.
  Bytes message(Version version, std::size_t length) {
    Bytes body;
    switch (type_) {
      case MessageType::client_hello:
        put_hello(body);
        put_suites(body);
        put_vector(body, 1, Bytes(compression_methods_));
        put_extensions(body);
        break;
      case MessageType::server_hello:
        put_hello(body);
        put(body, suites_.empty() ? 0 : suites_.front(), 2);
        put(body, 0, 1);
        put_extensions(body);
        break;
      case MessageType::encrypted_extensions:
        put_extensions(body);
        break;
      case MessageType::new_session_ticket:
        put(body, lifetime_, 4);
        if (version == Version::tls13) {
          put(body, age_add_, 4);
          put_vector(body, 1, nonce_);
        }
        put_vector(body, 2, ticket_);
        if (version == Version::tls13) put_extensions(body);
        break;
      case MessageType::finished:
        put(body, verify_data_);
        break;
      default:
        return {};
    }
    constexpr std::size_t empty_block = 2;
    const std::size_t printed = body.size() + unprinted_;
    const bool without_block = extensions_.empty() && printed == length + empty_block;
    if (problems_.empty() && printed != length && !without_block)
      problems_.push_back("of a message of " + std::to_string(length) + " bytes " + std::to_string(printed) +
                          " are printed");
    Bytes message;
    put(message, static_cast<std::size_t>(type_), 1);
    put_vector(message, 3, body);
    return message;
  }

 private:
  bool read_field() {
    const std::string_view word = words_[at_].text;
    return read_number(word, "client_version=", legacy_version_) ||
           read_number(word, "server_version=", legacy_version_) || read_compression(word) ||
           read_number(word, "gmt_unix_time=", time_) || read_number(word, "ticket_lifetime_hint=", lifetime_) ||
           read_number(word, "ticket_age_add=", age_add_) || read_bytes(word, "random_bytes", random_) ||
           read_bytes(word, "session_id", session_id_) || read_bytes(word, "ticket_nonce", nonce_) ||
           read_bytes(word, "verify_data", verify_data_) || read_suite(word) || read_extension(word) ||
           read_content(word) || read_bytes(word, "ticket", ticket_);
  }

  bool read_number(std::string_view word, std::string_view prefix, std::uint32_t& field) {
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
    compression_methods_ = std::min(*length, std::uint32_t{255});
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
      problems_.push_back(std::string(name) + " of " + std::to_string(*length) + " bytes is printed short");
    put(field, bytes);
    return true;
  }

  /// `{0xC0, 0x2C} TLS_...`
  bool read_suite(std::string_view word) {
    const auto high = number_after(word, "{");
    const auto low = number_after(words_[at_ + 1].text, "");
    if (!high || !low) return false;
    suites_.push_back(static_cast<std::uint16_t>(*high << 8 | *low));
    at_ += 2;
    return true;
  }

  /// `extension_type=server_name(0), length=14`
  bool read_extension(std::string_view word) {
    const auto type = word.starts_with("extension_type=") ? number_in_brackets(word) : std::nullopt;
    const auto length = number_after(words_[at_ + 1].text, "length=");
    if (!type || !length) return false;
    extensions_.push_back({static_cast<std::uint16_t>(*type), *length, {}, {}});
    at_ += 2;
    return true;
  }

  bool read_content(std::string_view word) {
    if (extensions_.empty()) return false;
    TracedExtension& extension = extensions_.back();
    for (const std::string_view name : {"ticket", "client_verify_data", "server_verify_data"})
      if (read_bytes(word, name, extension.dump)) return true;
    const std::size_t start = at_;
    put(extension.dump, read_offset_dump(words_, at_));
    if (at_ != start) return true;
    const auto value = word.starts_with('(') ? number_in_brackets(word) : std::nullopt;
    if (!value) return false;
    extension.numbers.push_back(*value);
    ++at_;
    return true;
  }

  void put_hello(Bytes& body) const {
    put(body, legacy_version_, 2);
    put(body, time_, 4);
    Bytes random = random_;
    random.resize(random_bytes);
    put(body, random);
    put_vector(body, 1, session_id_);
  }

  void put_suites(Bytes& body) const {
    Bytes suites;
    for (const std::uint16_t suite : suites_) put(suites, suite, 2);
    put_vector(body, 2, suites);
  }

  void put_extensions(Bytes& body) {
    Bytes extensions;
    for (const TracedExtension& extension : extensions_) {
      const Bytes data = data_of(extension, type_);
      if (is_looked_into(extension.type) && data.size() != extension.length) {
        problems_.push_back("extension " + std::to_string(extension.type) + " of " + std::to_string(extension.length) +
                            " bytes is printed short");
        continue;
      }
      unprinted_ += extension.length - data.size();
      put(extensions, extension.type, 2);
      put_vector(extensions, 2, data);
    }
    put_vector(body, 2, extensions);
  }

  const PastedText& words_;
  std::size_t at_;
  MessageType type_;
  std::uint32_t legacy_version_ = 0;
  std::uint32_t time_ = 0;
  std::uint32_t lifetime_ = 0;
  std::uint32_t age_add_ = 0;
  Bytes random_;
  Bytes session_id_;
  Bytes nonce_;
  Bytes ticket_;
  Bytes verify_data_;
  std::vector<std::uint16_t> suites_;
  std::vector<TracedExtension> extensions_;
  std::size_t compression_methods_ = 1;
  std::size_t unprinted_ = 0;  ///< bytes of extensions that nobody looks into
  std::vector<std::string> problems_;
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
  if (words[at].text == "Inner") {
    record.inner_content = static_cast<std::uint8_t>(bracketed(words, at + 4).value_or(0));
    at += 5;
  }
  return record;
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
  TracedHandshake handshake;
  handshake.type = *type;
  handshake.bytes = header + *length;
  handshake.readable = trace.message(version, *length);
  handshake.problems = trace.problems();
  if (!handshake.problems.empty()) handshake.readable.clear();
  at = trace.end();
  return handshake;
}

}  // namespace ti

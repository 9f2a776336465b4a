// curl's -v, --trace and --trace-ascii: the messages that libssl told it of, with their bytes only in --trace.
#include "pasted/format.hpp"
#include "pasted/named_messages.hpp"
#include "pasted/reads.hpp"

namespace ti {

namespace {

/// CurlReader holds what `TLSv1.3 (OUT), TLS handshake, Client hello (1):` announced, until its data come.
class CurlReader {
 public:
  explicit CurlReader(const PastedText& words) : words_(words) {}

  std::vector<PrintedConnection> read() {
    while (at_ < words_.size())
      if (!read_announcement() && !read_data()) ++at_;
    return connections_.take();
  }

  /// Whether messages were named of which the bytes are not printed.
  bool names_only() const { return names_only_; }

 private:
  bool read_announcement() {
    const std::string_view side = words_[at_].text;
    if (words_.stands(at_, "Connected to")) connections_.next_connection();
    if (is_elision(words_, at_)) connections_.missing(words_.place(at_) + ": a message is missing here");
    if ((side != "(OUT)," && side != "(IN),") || words_[at_ + 1].text != "TLS") return false;
    settle();
    from_ = side == "(OUT)," ? Side::client : Side::server;
    kind_ = words_[at_ + 2].text;
    for (at_ += 3; at_ < words_.size() && !words_[at_].text.ends_with(":"); ++at_) {
    }
    std::string_view number = words_[at_].text;
    number.remove_prefix(number.starts_with('(') ? 1 : 0);
    number_ = number_at(number);
    ++at_;
    return true;
  }

  /// `=> Send SSL data, 512 bytes (0x200)` and a dump, or `} [512 bytes data]`
  bool read_data() {
    const std::string_view word = words_[at_].text;
    const bool dumped = words_.stands(at_ + 2, "SSL data,");
    const bool told = (word == "{" || word == "}") && words_.stands(at_ + 2, "bytes data]");
    if (!told && !(dumped && (word == "=>" || word == "<="))) return false;
    const Side from = word == "=>" || word == "}" ? Side::client : Side::server;
    const std::size_t length =
        told ? number_at(words_[at_ + 1].text.substr(1)).value_or(0) : number_at(words_[at_ + 4].text).value_or(0);
    at_ += told ? 4 : 7;
    const Bytes bytes = dumped ? read_offset_dump(words_, at_, length) : Bytes();
    take(from, length, bytes.size() == length ? ByteView(bytes) : ByteView());
    return true;
  }

  void take(Side from, std::size_t length, ByteView bytes) {
    constexpr std::size_t record_header = 5;
    if (!kind_.empty()) return take_announced(length, bytes);
    Reader reader(bytes);
    if (bytes.size() == record_header) {
      const std::uint8_t content = reader.u8();
      const std::uint16_t version = reader.u16();
      connections_.record(from, version, content, reader.u16());
    } else if (bytes.size() == 1) {
      connections_.inner_content(from, reader.u8());
    }
  }

  void take_announced(std::size_t length, ByteView bytes) {
    if (kind_ == "handshake,") {
      names_only_ = names_only_ || bytes.empty();
      const auto type =
          static_cast<MessageType>(number_.value_or(static_cast<std::size_t>(MessageType::unknown_handshake)));
      const MessageType known =
          name(type) == name(MessageType::unknown_handshake) ? MessageType::unknown_handshake : type;
      if (!bytes.empty() && !fits(bytes, known)) return lose();
      connections_.handshake(from_, bytes.empty() ? known : handshake_type(bytes), length, bytes);
    } else if (kind_ == "change") {
      connections_.change_cipher_spec(from_);
    } else if (kind_ == "alert,") {
      constexpr std::size_t byte = 256;
      std::optional<Alert> alert;
      if (number_) alert = {static_cast<std::uint8_t>(*number_ / byte), static_cast<std::uint8_t>(*number_ % byte)};
      connections_.alert(from_, alert);
    }
    kind_ = {};
  }

  /// Whether a message is of the type that was announced, and as long as it says.
  static bool fits(ByteView bytes, MessageType announced) {
    Reader reader(bytes);
    const auto type = static_cast<MessageType>(reader.u8());
    return reader.u24() == reader.left() && (type == announced || announced == MessageType::unknown_handshake);
  }

  void lose() {
    kind_ = {};
    connections_.missing("bytes are missing here, for they do not fit");
  }

  /// An announcement whose data are not printed.
  void settle() {
    if (!kind_.empty()) take_announced(0, {});
  }

  const PastedText& words_;
  std::size_t at_ = 0;
  Side from_ = Side::client;
  std::string_view kind_;
  std::optional<std::size_t> number_;
  bool names_only_ = false;
  NamedConnections connections_{NamedConnections::Relative::to_owner};
};

}  // namespace

bool is_curl(const PastedText& words) {
  return words.holds("(OUT), TLS ") || words.holds("(IN), TLS ") || words.holds("SSL data, ") ||
         words.holds("* SSL connection using");
}

void read_curl(const PastedText& words, Pasted& pasted) {
  CurlReader reader(words);
  add_connections(reader.read(), pasted);
  if (words.holds("SSL re-using session ID") || words.holds("SSL reusing session"))
    pasted.notes.emplace_back("curl says that it offered a session that it kept");
  if (reader.names_only())
    pasted.notes.emplace_back("curl -v and --trace-ascii name the messages; `curl --trace -` shows their bytes");
}

}  // namespace ti

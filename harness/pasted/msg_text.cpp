#include "pasted/msg_text.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "pasted/message_dump.hpp"
#include "pasted/message_trace.hpp"
#include "pasted/pasted_text.hpp"
#include "pasted/printed_session.hpp"
#include "pasted/printed_transcript.hpp"

namespace ti {

namespace {

/// Run is one run of s_client as far as it was read.
struct Run {
  PrintedTranscript transcript;
  std::vector<PrintedSession> sessions;
  std::vector<std::string> errors;
  bool reused = false;
  std::optional<Side> tracing;  ///< the sender of the last record that -trace printed

  bool empty() const { return transcript.empty() && sessions.empty() && errors.empty(); }
};

/// The library's error line whose first word is words[at] (`<thread>:error:<code>:<library>:<function>:<reason>:<file>:
/// <line>:`), from `error` to the line number. A line in a server's log lacks the thread or the place.
std::optional<std::string> read_error_line(const PastedText& words, std::size_t at) {
  constexpr std::string_view mark = ":error:";
  constexpr std::size_t most_words = 24;
  constexpr std::ptrdiff_t colons_before_line = 6;

  const std::string_view first = words[at].text;
  const std::size_t begin = first.find(mark);
  const std::string_view thread = first.substr(0, begin);
  if (begin == std::string_view::npos || begin == 0 ||
      !std::all_of(thread.begin(), thread.end(), [](unsigned char c) { return std::isxdigit(c) != 0; }))
    return std::nullopt;

  std::string line(first.substr(begin + 1));
  for (std::size_t i = at + 1; std::count(line.begin(), line.end(), ':') <= colons_before_line; ++i) {
    if (i == at + most_words || words[i].text.empty()) return std::nullopt;
    line.append(" ").append(words[i].text);
  }
  std::size_t end = 0;
  for (std::ptrdiff_t i = 0; i < colons_before_line; ++i) end = line.find(':', end) + 1;
  const std::size_t digits = line.find_first_not_of("0123456789", end);
  return digits > end && line[digits] == ':' ? std::optional(line.substr(0, digits)) : std::nullopt;
}

/// MsgTextReader goes through the words once and sorts what it knows to the run it belongs to.
class MsgTextReader {
 public:
  explicit MsgTextReader(std::string_view text) : words_(text) {}

  Result<std::vector<PrintedConnection>> read() {
    while (at_ < words_.size()) {
      const std::size_t start = at_;
      if (!read_dump() && !read_trace() && !read_state() && !read_remains()) ++at_;
      if (!refusal_.empty()) return ParseError{refusal_ + ": \"" + words_.snippet(start) + "\"", words_.place(start)};
    }
    if (!any_message_)
      return ParseError{"no message dump (\">>> TLS 1.2, Handshake [length 00ca]\", or what -trace prints) in " +
                            std::to_string(words_.size()) + " words, which begin \"" + words_.snippet(0) + "\"",
                        words_.place(0)};
    return connections();
  }

 private:
  Run& run() {
    if (runs_.empty()) runs_.emplace_back();
    return runs_.back();
  }

  PrintedTranscript& transcript() { return run().transcript; }

  bool read_dump() {
    const std::size_t start = at_;
    const auto dump = read_message_dump(words_, at_);
    if (!dump) return false;
    const std::string place = words_.place(start);
    any_message_ = true;
    if (dump->datagram) refusal_ = "a DTLS dump cannot be read";
    begin_connection(dump_type(*dump), dump->from, dump->bytes);
    if (!dump->complete())
      transcript().problem(dump->from,
                           place + ": a dump of " + std::to_string(dump->length) + " bytes ends after " +
                               std::to_string(dump->bytes.size()),
                           missing_in(*dump));
    if (dump->surplus > 0)
      transcript().problem(dump->from,
                           place + ": behind a dump of " + std::to_string(dump->length) + " bytes stand " +
                               std::to_string(dump->surplus) + " more",
                           Missing::messages);
    take(*dump, place);
    lacking_ = dump->length - dump->bytes.size();
    return true;
  }

  /// What the dump itself says counts only when all of it is there.
  static std::optional<MessageType> dump_type(const MessageDump& dump) {
    if (dump.content != "Handshake") return std::nullopt;
    const auto named = message_type_of(dump.detail);
    return named && !dump.complete() ? *named : handshake_type(dump.bytes);
  }

  /// What is not known of a message whose dump is cut short, of that which the judge looks at.
  static Missing missing_in(const MessageDump& dump) {
    if (dump.content == "Alert") return Missing::content;
    const auto type = dump_type(dump);
    // OpenSSL calls a HelloRetryRequest a ServerHello, too.
    if (type == MessageType::server_hello && dump.version == 0x0304) return Missing::messages;
    return type ? missing_in(*type) : Missing::nothing;
  }

  static Missing missing_in(MessageType type) {
    switch (type) {
      case MessageType::client_hello:
      case MessageType::server_hello:
      case MessageType::hello_retry_request:
      case MessageType::encrypted_extensions:
      case MessageType::new_session_ticket:
        return Missing::content;
      case MessageType::unknown_handshake:
        return Missing::messages;
      default:
        return Missing::nothing;
    }
  }

  void take(const MessageDump& dump, const std::string& place) {
    constexpr std::size_t record_header = 5;
    const bool unnamed = dump.content.empty();
    if (dump.content == "RecordHeader" || (unnamed && dump.length == record_header)) {
      if (dump.complete()) take_header(dump);
      return;
    }
    if (dump.content == "InnerContent" || (unnamed && dump.length == 1)) {
      if (dump.bytes.size() == 1) transcript().inner_content(dump.from, dump.bytes[0]);
      return;
    }
    transcript().said_version(dump.from, dump.version);
    if (dump.detail == "encrypted") {
      transcript().encrypted(dump.from, content_type(dump.content), dump.bytes);
    } else if (dump.content == "Handshake") {
      transcript().handshake(dump.from, *dump_type(dump), dump.length,
                             dump.complete() ? ByteView(dump.bytes) : ByteView(), dump.bytes);
    } else if (dump.content == "ChangeCipherSpec") {
      transcript().change_cipher_spec(dump.from);
    } else if (dump.content == "ApplicationData") {
      transcript().application_data(dump.from, dump.length);
    } else if (dump.content == "Alert" && dump.length == 2) {
      transcript().alert(dump.from, dump.complete() ? std::optional(Alert{dump.bytes[0], dump.bytes[1]}) : std::nullopt,
                         dump.bytes);
    } else {
      transcript().problem(dump.from,
                           place + ": a dump of " + std::to_string(dump.length) + " bytes of " +
                               (unnamed ? "unnamed content" : std::string(dump.content)) + " cannot be read",
                           Missing::messages);
    }
  }

  static ContentType content_type(std::string_view content) {
    if (content == "Alert") return ContentType::alert;
    return content == "ApplicationData" ? ContentType::application_data : ContentType::handshake;
  }

  void take_header(const MessageDump& dump) {
    Reader reader(dump.bytes);
    TracedRecord record;
    record.from = dump.from;
    record.content = reader.u8();
    record.version = reader.u16();
    record.length = reader.u16();
    if (reader.ok()) take_header(record);
  }

  void take_header(const TracedRecord& record) {
    header_ = record;
    transcript().record(record.from, record.version, record.content, record.length);
    if (record.inner_content) transcript().inner_content(record.from, *record.inner_content);
  }

  /// A message that belongs to a connection other than the last begins it, together with its record header.
  void begin_connection(std::optional<MessageType> type, Side from, ByteView readable) {
    constexpr auto handshake_content = static_cast<std::uint8_t>(ContentType::handshake);
    if (type != MessageType::client_hello) return;
    if (from == Side::server)
      refusal_ = "a server printed this, for it read a ClientHello; needed is the client's text";
    if (!transcript().is_over_before(*type, readable)) return;
    runs_.emplace_back();
    const bool own_header = header_ && header_->from == from && header_->content == handshake_content;
    if (own_header) take_header(TracedRecord(*header_));
  }

  bool read_trace() {
    if (const auto record = read_traced_record(words_, at_)) {
      any_message_ = true;
      take_header(*record);
      run().tracing = record->from;
      return true;
    }
    if (!run().tracing) return false;
    const Side from = *run().tracing;
    const std::size_t start = at_;
    if (const auto handshake = read_traced_handshake(words_, at_, transcript().version())) {
      begin_connection(handshake->type, from, handshake->readable);
      run().tracing = from;
      for (const std::string& problem : handshake->problems)
        transcript().problem(from, words_.place(start) + ": " + problem, missing_in(handshake->type));
      transcript().handshake(from, handshake->type, handshake->bytes, handshake->readable, {});
      return true;
    }
    if (const auto alert = read_traced_alert(words_, at_)) {
      transcript().alert(from, *alert, Bytes{alert->level, alert->description});
      return true;
    }
    if (words_[at_].text == "change_cipher_spec" && words_[at_ + 1].text == "(1)") {
      transcript().change_cipher_spec(from);
      at_ += 2;
      return true;
    }
    return false;
  }

  /// What stands around the messages. False if reading goes on with the next word.
  bool read_state() {
    const std::string_view word = words_[at_].text;
    if (word.starts_with("CONNECTED(")) {
      if (runs_.empty() || !runs_.back().transcript.empty() || !runs_.back().sessions.empty()) runs_.emplace_back();
    } else if ((word == "Reused," || word == "New,") && words_[at_ + 2].text == "Cipher") {
      run().reused = word == "Reused,";
    } else if (word == "SSL-Session:") {
      run().sessions.emplace_back().reused = run().reused;
      in_session_ = true;
    } else if (word == "---") {
      in_session_ = false;
    } else if (in_session_ && !run().sessions.empty() && read_session_field(words_, at_, run().sessions.back())) {
      return true;
    } else if (auto error = read_error_line(words_, at_)) {
      run().errors.push_back(std::move(*error));
    }
    return false;
  }

  /// What is left of a dump of which not even the type is known: a length, or bytes that the last dump does not lack;
  /// or of a record's header in a trace.
  bool read_remains() {
    constexpr std::size_t row = 16;
    const bool header = words_[at_].text == "[length" || (run().tracing && is_part_of_record_header(words_, at_));
    std::size_t bytes = 0;
    while (hex_pair(words_[at_ + bytes].text)) ++bytes;
    if (!header && bytes < row) return false;
    if (header || bytes > lacking_)
      transcript().problem(Side::client, words_.place(at_) + ": the header of a message cannot be read",
                           Missing::messages);
    lacking_ -= std::min(bytes, lacking_);
    at_ += header ? 1 : bytes;
    return true;
  }

  std::vector<PrintedConnection> connections() {
    std::vector<PrintedConnection> connections;
    for (Run& run : runs_)
      if (!run.empty()) connections.push_back({run.transcript.take(), std::move(run.sessions), std::move(run.errors)});
    return connections;
  }

  PastedText words_;
  std::size_t at_ = 0;
  std::vector<Run> runs_;
  std::optional<TracedRecord> header_;
  bool in_session_ = false;
  bool any_message_ = false;
  std::size_t lacking_ = 0;  ///< bytes of the last dump
  std::string refusal_;
};

}  // namespace

Result<std::vector<PrintedConnection>> parse_msg_text(std::string_view text) { return MsgTextReader(text).read(); }

}  // namespace ti

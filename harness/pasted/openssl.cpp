#include <algorithm>
#include <cctype>
#include <utility>

#include "pasted/format.hpp"
#include "pasted/io_dump.hpp"
#include "pasted/message_dump.hpp"
#include "pasted/message_trace.hpp"
#include "pasted/pasted_text.hpp"
#include "pasted/printed_bytes.hpp"
#include "pasted/printed_session.hpp"
#include "pasted/printed_transcript.hpp"
#include "pasted/proven.hpp"
#include "pasted/whose_text.hpp"

namespace ti {

namespace {

constexpr std::size_t master_key_bytes = 48;

/// Run is one connection as far as it was read; the side whose text it is stands for the client.
struct Run {
  PrintedTranscript transcript;
  PrintedBytes bytes;
  std::optional<Side> owner;  ///< the side whose text it is
  std::vector<PrintedSession> sessions;
  std::vector<std::string> errors;
  bool reused = false;
  std::optional<PrintedSession> ended;  ///< `Reused, TLSv1.3, Cipher is ...`
  std::optional<Side> tracing;          ///< the sender of the last record that -trace printed

  bool empty() const { return transcript.empty() && bytes.empty() && sessions.empty() && errors.empty() && !ended; }
};

/// What the messages tell, or the bytes that -debug printed, if these tell all or nothing else was printed.
std::vector<Transcript> transcripts_of(Run& run) {
  KeyLog keys;
  const Bytes random = run.bytes.client_random();
  for (const PrintedSession& session : run.sessions)
    if (!random.empty() && session.master_key.size() == master_key_bytes)
      keys.add("CLIENT_RANDOM " + to_hex(random) + " " + to_hex(session.master_key) + "\n");
  std::vector<Transcript> decoded = run.bytes.transcripts(keys);
  const bool all = !decoded.empty() && std::all_of(decoded.begin(), decoded.end(), [](const Transcript& transcript) {
    return transcript.sealed_records.empty() && transcript.problems.empty();
  });
  if (all || run.transcript.empty()) return decoded;
  Transcript printed = run.transcript.take();
  if (run.owner == Side::server) printed = with_sides_changed(std::move(printed));
  printed.vantage = run.owner == Side::server ? Vantage::server_callback : Vantage::client_callback;
  note_missing_beginning(printed);
  for (const PrintedSession& session : run.sessions)
    if (session.master_key.size() == master_key_bytes) note_proven(printed, session.master_key);
  return {std::move(printed)};
}

std::string without_comma(std::string_view word) { return std::string(word.substr(0, word.find(','))); }

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
  explicit MsgTextReader(const PastedText& words) : words_(words) {}

  std::vector<PrintedConnection> read() {
    while (at_ < words_.size())
      if (!read_dump() && !read_io() && !read_trace() && !read_state() && !read_remains()) ++at_;
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
    if (dump->datagram) return true;
    const std::string place = words_.place(start);
    settle_gap();
    settle_bare_header(*dump);
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
    return type ? missing_without_content(*type) : Missing::nothing;
  }

  static bool is_header(const MessageDump& dump) {
    constexpr std::size_t record_header = 5;
    return dump.content == "RecordHeader" || (dump.content.empty() && dump.length == record_header);
  }

  /// A record's header of which the bytes are not printed tells that a message must follow.
  void settle_bare_header(const MessageDump& dump) {
    const bool answered = bare_header_ && !is_header(dump) && dump.from == bare_header_->first;
    if (bare_header_ && !answered)
      transcript().problem(bare_header_->first, bare_header_->second + ": a message is missing here",
                           Missing::messages);
    bare_header_.reset();
    if (is_header(dump) && !dump.complete()) bare_header_ = {dump.from, words_.place(at_)};
  }

  /// What -debug prints of a read or a write.
  bool read_io() {
    const auto io = read_io_dump(words_, at_);
    if (!io) return false;
    settle_gap();
    if (!io->bytes.empty() || io->passed > 0) run().bytes.add(io->written, io->bytes, io->passed - io->bytes.size());
    return true;
  }

  void take(const MessageDump& dump, const std::string& place) {
    const bool unnamed = dump.content.empty();
    if (is_header(dump)) {
      if (dump.complete()) take_header(dump);
      return;
    }
    if (dump.content == "InnerContent" || (unnamed && dump.length == 1)) {
      if (dump.bytes.size() == 1) transcript().inner_content(dump.from, dump.bytes[0]);
      return;
    }
    transcript().said_version(dump.from, dump.version);
    if (dump.detail == "encrypted") {
      transcript().encrypted(dump.from, content_type(dump.content), dump.bytes.size(), dump.bytes);
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

  /// A message that belongs to a connection other than the last begins it, together with its record header: a
  /// ClientHello when all is over, or one that only the other side's text can hold.
  void begin_connection(std::optional<MessageType> type, Side from, ByteView readable) {
    constexpr auto handshake_content = static_cast<std::uint8_t>(ContentType::handshake);
    const auto sender = type ? sender_of(*type) : std::nullopt;
    if (!sender) return;
    const Side owner = from == Side::client ? *sender : other(*sender);
    const bool contradicts = run().owner && *run().owner != owner;
    if (contradicts || transcript().is_over_before(*type, readable)) {
      const bool own_header = header_ && header_->from == from && header_->content == handshake_content;
      if (own_header) transcript().forget_record();
      runs_.emplace_back();
      if (own_header) take_header(TracedRecord(*header_));
    }
    run().owner = owner;
  }

  bool read_trace() {
    if (const auto record = read_traced_record(words_, at_)) {
      settle_gap();
      take_header(*record);
      run().tracing = record->from;
      return true;
    }
    if (!run().tracing) return false;
    const Side from = *run().tracing;
    const std::size_t start = at_;
    if (const auto content = read_traced_inner_content(words_, at_)) {
      transcript().inner_content(from, *content);
      return true;
    }
    if (const auto handshake = read_traced_handshake(words_, at_, transcript().version())) {
      begin_connection(handshake->type, from, handshake->readable);
      run().tracing = from;
      for (const std::string& problem : handshake->problems)
        transcript().problem(from, words_.place(start) + ": " + problem, missing_without_content(handshake->type));
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
    if (word.starts_with("-----BEGIN") || word.starts_with("-----END")) {
      in_pem_ = word.starts_with("-----BEGIN");
      if (!in_pem_) gap_.reset();
    } else if (in_session_ && words_.stands(at_, "Verify return code:")) {
      gap_.reset();
    } else if (word.starts_with("CONNECTED(")) {
      if (runs_.empty() || !runs_.back().transcript.empty() || !runs_.back().bytes.empty() ||
          !runs_.back().sessions.empty())
        runs_.emplace_back();
    } else if ((word == "Reused," || word == "New,") && words_[at_ + 2].text == "Cipher") {
      run().reused = word == "Reused,";
      run().ended.emplace();
      run().ended->protocol = without_comma(words_[at_ + 1].text);
      run().ended->cipher = words_[at_ + 4].text;
      run().ended->reused = run().reused;
    } else if (word == "CIPHER" && words_[at_ + 1].text == "is") {
      if (run().ended) runs_.emplace_back();
      run().ended.emplace().of_server = true;
      run().ended->cipher = words_[at_ + 2].text;
    } else if (word == "Reused" && words_[at_ + 1].text == "session-id" && run().ended) {
      run().ended->reused = true;
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
    if (is_offset_dump(words_, at_)) {
      const bool of_extension = at_ > 0 && words_[at_ - 1].text.starts_with("len=");
      if (!in_session_ && !of_extension) run().bytes.gap();
      read_offset_dump(words_, at_);
      return true;
    }
    if (is_elision(words_, at_)) return read_elision();
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

  /// What a person left out. Amid the words of a dump it is the dump that lacks it; of a certificate nobody needs it.
  bool read_elision() {
    const std::size_t line = words_[at_].line;
    const bool alone = words_[at_ + 1].line != line && (at_ == 0 || words_[at_ - 1].line != line);
    const bool of_dump = lacking_ > 0 && !bare_header_ && !alone;
    if (!of_dump && !runs_.empty()) gap_ = words_.place(at_);
    if (!in_session_ && !in_pem_) settle_gap();
    ++at_;
    return true;
  }

  /// What was left out of a certificate or of a session ended with it, if its end was read before the next message.
  void settle_gap() {
    if (!gap_) return;
    transcript().problem(Side::client, *gap_ + ": a message is missing here", Missing::messages);
    run().bytes.gap();
    gap_.reset();
  }

  std::vector<PrintedConnection> connections() {
    std::vector<PrintedConnection> connections;
    for (Run& run : runs_) {
      if (run.empty()) continue;
      if (run.sessions.empty() && run.ended) run.sessions.push_back(std::move(*run.ended));
      std::vector<Transcript> transcripts = transcripts_of(run);
      if (transcripts.empty()) transcripts.emplace_back();
      for (Transcript& transcript : transcripts) connections.push_back({std::move(transcript), {}, {}});
      connections.back().sessions = std::move(run.sessions);
      connections.back().errors = std::move(run.errors);
    }
    return connections;
  }

  const PastedText& words_;
  std::size_t at_ = 0;
  std::vector<Run> runs_;
  std::optional<TracedRecord> header_;
  bool in_session_ = false;
  bool in_pem_ = false;
  std::size_t lacking_ = 0;                                  ///< bytes of the last dump
  std::optional<std::string> gap_;                           ///< where something is left out that may be no message
  std::optional<std::pair<Side, std::string>> bare_header_;  ///< the last dump, if it is one, and its place
};

}  // namespace

bool is_openssl(const PastedText& words) {
  for (const std::string_view mark : {"[length ", "Record Header:", "Header: Version =", "write to 0x", "read from 0x",
                                      "SSL-Session:", "Cipher is", "CIPHER is", "SSL_connect:", ":SSL routines:"})
    if (words.holds(mark)) return true;
  return false;
}

void read_openssl(const PastedText& words, Pasted& pasted) {
  for (PrintedConnection& connection : MsgTextReader(words).read())
    if (!connection.transcript.messages.empty() || !connection.sessions.empty() || !connection.errors.empty())
      pasted.connections.push_back(std::move(connection));
}

}  // namespace ti

#include "wire/decoder.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "wire/connection_keys.hpp"
#include "wire/records.hpp"
#include "wire/sslv2_hello.hpp"

namespace ti {

namespace {

constexpr std::size_t max_plaintext = 1 << 14;

/// More than any handshake message needs: what says that it is longer is none, such as protected bytes in a record that
/// should not be protected yet.
constexpr std::uint32_t longest_message = 1 << 18;

class Decoder {
 public:
  Decoder(const CaptureRecording& recording, const KeyLog& keys, std::set<SecretName> misfits)
      : keys_(keys, std::move(misfits)) {
    if (recording.beginning_unseen) keys_.missed();
    if (recording.plain_answer) answers_in_plain(*recording.plain_answer);
    for (const auto& [side, bytes] : recording.plaintext_bytes) begins_after(side, bytes);
    auto ending = recording.endings.begin();
    auto gap = recording.gaps.begin();
    for (std::size_t i = 0; i <= recording.segments.size(); ++i) {
      const auto is_due = [&](std::size_t after) { return after <= i || i == recording.segments.size(); };
      for (const Remark& remark : recording.remarks)
        if (std::min(remark.after_segment, recording.segments.size()) == i) this->remark(remark);
      for (; gap != recording.gaps.end() && is_due(gap->after_segment); ++gap) this->gap(*gap);
      for (; ending != recording.endings.end() && is_due(ending->after_segment); ++ending) this->ending(*ending);
      if (i < recording.segments.size()) segment(recording.segments[i]);
    }
    for (const Side side : {Side::client, Side::server}) end_of_bytes(side);
  }

  std::set<SecretName> misfits() const { return keys_.misfits(); }
  Transcript take() { return std::move(transcript_); }

 private:
  struct Flow {
    RecordReader records;
    HandshakeAssembler handshake;
    Bytes alert;                   ///< the first half of one that is split over records
    std::size_t alert_before = 0;  ///< the message before which that half stands
    std::size_t alert_record = 0;  ///< the record that it came in
    std::string said;              ///< why its records cannot be opened, as far as it has been said
    bool lost = false;             ///< behind a gap
    bool closed = false;           ///< it said close_notify: what follows is to be ignored (RFC 8446 6.1)
    bool begun_late = false;       ///< it spoke something else before
    bool may_have_closed = false;  ///< its last record may be a close_notify that nobody can read
  };

  void begins_after(Side from, std::size_t bytes) {
    flow(from).records = RecordReader(bytes);
    flow(from).begun_late = true;
    problem(from, 0, std::to_string(bytes) + " bytes of plaintext stand before TLS begins: they are skipped", false);
  }

  void gap(const Gap& gap) {
    Flow& flow = this->flow(gap.from);
    flow.lost = true;
    keys_.missed();
    const std::size_t offset = flow.records.offset() + flow.records.left();
    const std::string stream = std::string("the ") + name(gap.from) + "'s stream";
    problem(gap.from, offset,
            gap.bytes == 0 ? "the capture begins in the middle of " + stream + ", which is not read"
                           : std::to_string(gap.bytes) + " bytes of " + stream + " are missing in the capture after " +
                                 std::to_string(offset) + " bytes: what followed there is not read",
            false, Missing::messages);
  }

  void answers_in_plain(const std::string& beginning) {
    const std::string line = beginning.substr(0, beginning.find_first_of("\r\n"));
    const bool printable =
        !line.empty() && std::all_of(line.begin(), line.end(), [](unsigned char c) { return c >= ' ' && c <= '~'; });
    problem(Side::server, 0,
            "the server does not speak TLS: its answer to the ClientHello begins with " +
                (printable ? "\"" + line + "\""
                           : "the bytes " + to_hex(as_bytes(line).first(std::min<std::size_t>(line.size(), 16)))),
            false);
  }

  void remark(const Remark& remark) {
    const Flow& flow = this->flow(remark.from);
    problem(remark.from, flow.records.offset() + flow.records.left(), remark.what, false,
            remark.in_doubt ? Missing::content : Missing::nothing);
  }

  void segment(const Segment& segment) {
    Flow& flow = this->flow(segment.from);
    if (flow.records.broken() || flow.lost || flow.closed) return;
    now_ = segment.at;
    flow.records.add(segment.bytes);
    if (segment.from == Side::client && !hello_seen_ && !begins()) return;
    while (!flow.closed) {
      const std::optional<Record> record = flow.records.next();
      if (!record) break;
      read(segment.from, *record);
    }
    if (flow.records.broken()) not_a_record(segment.from);
  }

  /// A side's TLS may end before its TCP does (RFC 4217 12.3): what it says behind its close_notify is none of TLS. And
  /// the protocol in which TLS began may stand around its records until the handshake is over, as TDS does
  /// (MS-TDS 3.2.5).
  void not_a_record(Side from) {
    const Flow& flow = this->flow(from);
    if (flow.may_have_closed)
      problem(from, flow.records.offset(), "what follows here is no TLS: the record before it may have closed it",
              false);
    else if (flow.begun_late && !has_completed())
      problem(from, flow.records.offset(),
              "what stands here is no TLS: the protocol in which it began goes on around it", false, Missing::messages);
    else
      problem(from, flow.records.offset(), "what stands here is not a TLS record", true);
  }

  /// Reads a ClientHello in the format of SSL 2.0, if the client's stream begins with one. False until that is known
  /// and all of it there.
  bool begins() {
    constexpr std::size_t least_known = 11;
    const ByteView stream = flow(Side::client).records.peek();
    const bool may_be_one = !stream.empty() && (stream[0] & 0x80) != 0 && (stream.size() < 3 || stream[2] == 1);
    const auto size = sslv2_hello_bytes(stream);
    if (may_be_one && (size ? *size > stream.size() : stream.size() < least_known)) return false;
    hello_seen_ = true;
    if (size) sslv2_hello(*size);
    return true;
  }

  void sslv2_hello(std::size_t size) {
    constexpr std::size_t length_bytes = 2;
    constexpr std::uint16_t ssl_2 = 0x0002;
    RecordReader& records = flow(Side::client).records;
    const std::size_t offset = records.offset();
    const Bytes raw = copy(records.peek().subspan(length_bytes, size - length_bytes));
    records.skip(size);
    Body body;
    if (auto hello = parse_sslv2_hello(raw)) body = std::move(*hello);
    keys_.handshake(Side::client, MessageType::client_hello, body, raw);
    const Record record{.type = 22, .version = ssl_2, .offset = offset, .payload = raw};
    message(Side::client, MessageType::client_hello, record, {Content::Access::plain, record.type, raw}, offset,
            std::move(body));
  }

  void ending(const Ending& ending) {
    transcript_.endings.push_back({.from = ending.from,
                                   .how = ending.how,
                                   .at = ending.at,
                                   .before_message = transcript_.messages.size(),
                                   .by_harness = ending.by_harness});
  }

  bool has_completed() const {
    const std::vector<Handshake> handshakes = handshakes_of(transcript_);
    return !handshakes.empty() && handshakes.back().kind != HandshakeKind::failed;
  }

  void end_of_bytes(Side side) {
    const Flow& flow = this->flow(side);
    if (flow.lost || flow.closed) return;
    const bool ended = std::any_of(transcript_.endings.begin(), transcript_.endings.end(),
                                   [&](const TranscriptEnding& ending) { return ending.from == side; });
    const Missing missing = ended ? Missing::nothing : Missing::messages;
    if (!flow.records.broken() && flow.records.left() > 0) {
      const bool of_data =
          flow.records.peek()[0] == static_cast<std::uint8_t>(ContentType::application_data) && has_completed();
      problem(side, flow.records.offset(),
              (of_data ? "an application record is cut off after " : "a record is cut off after ") +
                  std::to_string(flow.records.left()) + " bytes",
              false, of_data ? Missing::nothing : missing);
    }
    if (!flow.alert.empty()) {
      problem(side, flow.records.offset(), "an alert is cut off after its first byte", false,
              ended ? Missing::content : missing);
      transcript_.problems.back().before_message = flow.alert_before;
    }
    if (flow.handshake.pending())
      problem(side, flow.handshake.pending_offset(),
              "a handshake message is cut off after " + std::to_string(flow.handshake.pending_bytes()) + " bytes",
              false, missing);
  }

  Flow& flow(Side side) { return flows_[static_cast<std::size_t>(side)]; }

  void problem(Side from, std::size_t offset, std::string what, bool malformed, Missing missing = Missing::nothing) {
    transcript_.problems.push_back({.from = from,
                                    .offset = offset,
                                    .before_message = transcript_.messages.size(),
                                    .what = std::move(what),
                                    .malformed = malformed,
                                    .missing = missing});
  }

  void message(Side from, MessageType type, const Record& record, Content content, std::size_t offset, Body body) {
    const bool sealed = type == MessageType::encrypted;
    transcript_.messages.push_back({.from = from,
                                    .type = type,
                                    .at = now_,
                                    .offset = offset,
                                    .bytes = content.bytes.size(),
                                    .record_version = record.version,
                                    .content = static_cast<ContentType>(content.type),
                                    .protection = sealed                                      ? Protection::sealed
                                                  : content.access == Content::Access::opened ? Protection::opened
                                                                                              : Protection::none,
                                    .receiver_has_key = content.receiver_has_key,
                                    .body = std::move(body),
                                    .raw = std::move(content.bytes)});
  }

  void read(Side from, const Record& record) {
    Content content = keys_.open(from, record);
    flow(from).may_have_closed = content.access == Content::Access::keyless && may_be_alert(record);
    switch (content.access) {
      case Content::Access::plain:
      case Content::Access::opened:
        flow(from).said.clear();
        return read(from, record, std::move(content));
      case Content::Access::keyless:
        if (const std::string& why = keys_.keyless_because(from); why != flow(from).said) {
          problem(from, record.offset, "a protected record cannot be opened: " + why, false);
          flow(from).said = why;
        }
        break;
      case Content::Access::refused:
        problem(from, record.offset, "a protected record fails its integrity check", true);
        break;
    }
    ++transcript_.sealed_records[from];
    message(from, MessageType::encrypted, record, std::move(content), record.offset, {});
  }

  void read(Side from, const Record& record, Content content) {
    if (content.bytes.size() > max_plaintext)
      problem(from, record.offset, "a record holds more than 16384 bytes", true);
    const auto type = static_cast<ContentType>(content.type);
    if (type != ContentType::handshake && type != ContentType::alert && flow(from).handshake.pending()) {
      problem(from, record.offset, "a record of another type interrupts a handshake message", true);
      flow(from).handshake.drop();
    }
    switch (type) {
      case ContentType::change_cipher_spec:
        return change_cipher_spec(from, record, std::move(content));
      case ContentType::alert:
        return alert(from, record, std::move(content));
      case ContentType::handshake:
        return handshake(from, record, content);
      case ContentType::application_data:
        return message(from, MessageType::application_data, record, std::move(content), record.offset, {});
      case ContentType::heartbeat:
        return message(from, MessageType::heartbeat, record, std::move(content), record.offset, {});
    }
    problem(from, record.offset, "a record has the unknown content type " + std::to_string(content.type), true);
  }

  void change_cipher_spec(Side from, const Record& record, Content content) {
    if (content.bytes != Bytes{1}) problem(from, record.offset, "a ChangeCipherSpec is not the single byte 1", true);
    message(from, MessageType::change_cipher_spec, record, std::move(content), record.offset, {});
    keys_.change_cipher_spec(from);
  }

  /// A sealed alert, by what a record shows: TLS 1.3 hides its type, but not that it is two bytes, a type and a tag.
  bool may_be_alert(const Record& record) const {
    constexpr std::size_t sealed_alert_bytes = 2 + 1 + 16;
    const auto type = static_cast<ContentType>(record.type);
    return type == ContentType::alert ||
           (type == ContentType::application_data && record.payload.size() == sealed_alert_bytes);
  }

  /// Below TLS 1.3 a record may hold several alerts, or part of one (RFC 5246 6.2.1); RFC 8446 5.1 forbids both.
  void alert(Side from, const Record& record, Content content) {
    Bytes& begun = flow(from).alert;
    if (keys_.version() == Version::tls13 && content.bytes.size() != 2) {
      problem(from, record.offset, "an alert is not two bytes long", true);
      return message(from, MessageType::alert, record, std::move(content), record.offset, {});
    }
    if (content.bytes.empty()) problem(from, record.offset, "an alert record is empty", true);
    for (const std::uint8_t byte : content.bytes) {
      if (flow(from).closed)
        return problem(from, record.offset, "bytes follow close_notify in its record", false, Missing::content);
      if (begun.empty()) {
        flow(from).alert_before = transcript_.messages.size();
        flow(from).alert_record = record.offset;
      }
      begun.push_back(byte);
      if (begun.size() < 2) continue;
      const Alert alert{.level = begun[0], .description = begun[1]};
      if (keys_.version() != Version::tls13 && alert.level != 1 && alert.level != 2)
        problem(from, record.offset, "an alert has the level " + std::to_string(alert.level), true);
      if (flow(from).alert_record != record.offset)
        problem(from, record.offset, "an alert is spread over two records", false);
      message(from, MessageType::alert, record,
              {content.access, content.type, std::exchange(begun, {}), content.receiver_has_key}, record.offset, alert);
      if (alert.description == alert_close_notify) flow(from).closed = true;
    }
  }

  void handshake(Side from, const Record& record, const Content& content) {
    HandshakeAssembler& assembler = flow(from).handshake;
    if (content.bytes.empty()) problem(from, record.offset, "a handshake record is empty", true);
    assembler.add(content.bytes, record.offset);
    while (std::optional<HandshakeAssembler::Piece> piece = assembler.next()) {
      const MessageType type = handshake_type(piece->raw);
      std::string unread;
      Body body = parse_handshake_body(piece->raw, keys_.version(), &unread);
      if (!unread.empty()) problem(from, piece->offset, std::move(unread), true);
      const std::optional<bool> verified = keys_.handshake(from, type, body, piece->raw);
      if (auto* finished = std::get_if<Finished>(&body)) finished->verified = verified;
      if (const auto* hello = std::get_if<ServerHello>(&body)) negotiated(*hello);
      message(from, type, record, {content.access, content.type, std::move(piece->raw), content.receiver_has_key},
              piece->offset, std::move(body));
      if (keys_.changes_keys(type) && assembler.pending())
        problem(from, record.offset, "handshake bytes follow " + std::string(name(type)) + " across a change of keys",
                true);
    }
    if (assembler.pending_length().value_or(0) > longest_message) {
      problem(from, assembler.pending_offset(),
              "a handshake message says that it is " + std::to_string(*assembler.pending_length()) + " bytes long",
              true);
      assembler.drop();
    }
  }

  void negotiated(const ServerHello& hello) {
    if (transcript_.version != Version::none) return;
    transcript_.version = hello.version;
    transcript_.suite = hello.suite;
    transcript_.master_secret = keys_.master_secret();
  }

  ConnectionKeys keys_;
  std::array<Flow, 2> flows_;
  Instant now_{};
  bool hello_seen_ = false;  ///< the client's stream has begun, and not in the format of SSL 2.0
  Transcript transcript_;
};

}  // namespace

Transcript decode(const CaptureRecording& connection, const KeyLog& keys) {
  Decoder decoder(connection, keys, {});
  std::set<SecretName> misfits = decoder.misfits();
  return misfits.empty() ? decoder.take() : Decoder(connection, keys, std::move(misfits)).take();
}

Transcript decode(const Recording& recording, const KeyLog& keys) {
  return decode(CaptureRecording{recording, {}, false, {}}, keys);
}

}  // namespace ti

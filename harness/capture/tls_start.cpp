#include "capture/tls_start.hpp"

#include <algorithm>

#include "wire/messages.hpp"
#include "wire/records.hpp"
#include "wire/sslv2_hello.hpp"

namespace ti {

namespace {

constexpr std::size_t record_and_message_header = record_header_bytes + 4;
/// So far into a stream a hello is looked for within segments.
constexpr std::size_t most_searched = 1 << 20;

using Half = TcpConversation::Half;
using Piece = TcpConversation::Piece;

/// Mark is a place in what one side sent.
struct Mark {
  std::size_t piece;   ///< the first that belongs to TLS, in whole or in part
  std::size_t offset;  ///< in its side's bytes
};

/// Start is where TLS begins in a conversation. A side without mark sent none that can be read.
struct Start {
  std::size_t client;
  std::array<std::optional<Mark>, 2> begin;  ///< by end
  std::array<bool, 2> unreadable{};          ///< ends of which the beginning is missing
  std::optional<std::string> plain_answer;
};

/// Whether bytes are, as far as they go, the header of a TLS record.
bool begins_like_record(ByteView bytes) {
  Reader reader(bytes);
  const std::uint8_t type = reader.u8();
  const std::uint8_t major = bytes.size() > 1 ? bytes[1] : 3;
  return reader.ok() && type >= 20 && type <= 24 && major == 3 && (bytes.size() < 3 || bytes[2] <= 4);
}

/// A record that begins a handshake with a hello of this type: its lengths and versions fit each other.
bool is_hello(ByteView bytes, MessageType type) {
  Reader reader(bytes);
  reader.take(3);
  const std::uint16_t record = reader.u16();
  const std::uint8_t message = reader.u8();
  const std::uint32_t length = reader.u24();
  const std::uint8_t major = reader.u8();
  const std::uint8_t minor = reader.u8();
  return reader.ok() && begins_like_record(bytes) && bytes[0] == 22 && message == static_cast<std::uint8_t>(type) &&
         record <= max_record_payload && length + 4 >= record && (major == 3 ? minor <= 4 : major >= 0x7e);
}

/// The beginning of one, of which too little was captured for more to be said.
bool may_become_hello(ByteView bytes, MessageType type) {
  return bytes.size() < record_and_message_header + 2 && begins_like_record(bytes) && bytes[0] == 22 &&
         (bytes.size() <= record_header_bytes || bytes[record_header_bytes] == static_cast<std::uint8_t>(type));
}

/// A ClientHello, or as much of one as was captured, of which every byte is right.
bool is_flawless_client_hello(ByteView bytes) {
  if (sslv2_hello_bytes(bytes)) return true;
  if (!is_hello(bytes, MessageType::client_hello)) return false;
  RecordReader records;
  HandshakeAssembler assembler;
  records.add(bytes);
  while (const auto record = records.next()) {
    if (record->type != 22) return false;
    assembler.add(record->payload, 0);
    if (const auto message = assembler.next()) {
      std::string problem;
      parse_handshake_body(message->raw, Version::none, &problem);
      return problem.empty();
    }
  }
  return !records.broken();
}

/// Whether bytes are made of TLS records, the last of them perhaps cut.
bool is_records(ByteView bytes) {
  RecordReader reader;
  reader.add(bytes);
  while (reader.next()) continue;
  return bytes.size() >= record_header_bytes && !reader.broken();
}

class Finder {
 public:
  explicit Finder(const TcpConversation& conversation) : conversation_(conversation) {
    std::array<std::size_t, 2> sent{};
    for (const Piece& piece : conversation.pieces) {
      offsets_.push_back(sent[piece.from]);
      sent[piece.from] += piece.bytes.size();
    }
  }

  std::optional<Start> start() const {
    const std::size_t likely = conversation_.opener.value_or(0);
    for (const auto find : {&Finder::at_hello, &Finder::without_hello, &Finder::in_middle})
      for (const std::size_t client : {likely, 1 - likely})
        if (auto start = (this->*find)(client)) return start;
    return std::nullopt;
  }

  std::size_t offset_of(std::size_t piece) const { return offsets_[piece]; }

 private:
  const Half& half(std::size_t end) const { return conversation_.halves[end]; }
  ByteView from(std::size_t piece) const { return half(piece_at(piece).from).bytes.subspan(offsets_[piece]); }
  const Piece& piece_at(std::size_t piece) const { return conversation_.pieces[piece]; }
  std::size_t pieces() const { return offsets_.size(); }

  std::optional<std::size_t> first_piece_of(std::size_t end, std::size_t begin = 0) const {
    for (std::size_t i = begin; i < pieces(); ++i)
      if (piece_at(i).from == end) return i;
    return std::nullopt;
  }

  /// Where in a piece, behind its beginning, `test` holds for the bytes from there on.
  template <class Test>
  std::optional<Mark> within(std::size_t piece, Test test) const {
    const ByteView bytes = piece_at(piece).bytes;
    const ByteView stream = from(piece);
    if (offsets_[piece] > most_searched) return std::nullopt;
    for (std::size_t i = 1; i < bytes.size(); ++i)
      if (bytes[i] == 22 && test(stream.subspan(i))) return Mark{piece, offsets_[piece] + i};
    return std::nullopt;
  }

  /// Where the server's TLS begins, answering a hello that begins in piece `hello`.
  std::optional<Mark> answer(std::size_t server, std::size_t hello) const {
    const auto certain = [](ByteView bytes) { return is_hello(bytes, MessageType::server_hello); };
    if (const auto first = first_piece_of(server); first && begins_like_record(half(server).bytes))
      return Mark{*first, 0};
    const auto next = first_piece_of(server, hello);
    if (!next) return std::nullopt;
    if (begins_like_record(from(*next))) return Mark{*next, offsets_[*next]};
    for (std::size_t i = *next; i < pieces(); ++i) {
      if (piece_at(i).from != server) continue;
      if (certain(from(i))) return Mark{i, offsets_[i]};
      if (const auto inside = within(i, certain)) return inside;
    }
    return std::nullopt;
  }

  /// Whether a server of which no SYN was captured begins with what no answer to a ClientHello begins with.
  bool answers_from_middle(std::size_t server, const std::optional<Mark>& answer) const {
    constexpr std::uint8_t alert_record = 21, handshake_record = 22, server_hello = 2;
    if (!answer || half(server).from_beginning) return false;
    const ByteView bytes = half(server).bytes.subspan(answer->offset);
    const bool hello = bytes[0] == handshake_record &&
                       (bytes.size() <= record_header_bytes || bytes[record_header_bytes] == server_hello);
    return bytes[0] != alert_record && !hello;
  }

  /// Whether a hello seems to answer a HelloRetryRequest whose own hello was sent before the capture began.
  bool follows_a_hello(std::size_t client, Mark hello, const std::optional<Mark>& answer) const {
    const bool records_before = hello.offset > 0 && begins_like_record(half(client).bytes);
    const bool answered_before = answer && answer->piece < hello.piece;
    return !half(client).from_beginning && (records_before || answered_before);
  }

  /// A start at this hello, if what the server said of it leaves it one.
  std::optional<Start> confirmed(std::size_t client, Mark hello) const {
    const std::size_t server = 1 - client;
    Start start{.client = client, .begin = {}, .unreadable = {}, .plain_answer = {}};
    start.begin[client] = hello;
    start.begin[server] = answer(server, hello.piece);
    start.unreadable[server] = half(server).beginning_lost || answers_from_middle(server, start.begin[server]);
    if (follows_a_hello(client, hello, start.begin[server])) return std::nullopt;
    const auto said = first_piece_of(server, hello.piece);
    if (start.begin[server] || !said) return start;
    if (hello.offset > 0 || !is_flawless_client_hello(half(client).bytes)) return std::nullopt;
    start.plain_answer = std::string(as_text(from(*said).first(std::min<std::size_t>(from(*said).size(), 80))));
    return start;
  }

  std::optional<Start> at_hello(std::size_t client) const {
    const auto first = first_piece_of(client);
    if (!first) return std::nullopt;
    const ByteView bytes = half(client).bytes;
    const bool cut = may_become_hello(bytes, MessageType::client_hello) &&
                     (conversation_.opener == client || bytes.size() > record_header_bytes);
    if (cut || is_hello(bytes, MessageType::client_hello) || sslv2_hello_bytes(bytes))
      if (auto start = confirmed(client, {*first, 0})) return start;
    for (std::size_t i = *first; i < pieces(); ++i) {
      if (piece_at(i).from != client) continue;
      if (offsets_[i] > 0 && is_hello(from(i), MessageType::client_hello))
        if (auto start = confirmed(client, {i, offsets_[i]})) return start;
      if (const auto inside = within(i, is_flawless_client_hello))
        if (auto start = confirmed(client, *inside)) return start;
    }
    return std::nullopt;
  }

  /// A server that answers a ClientHello which is missing.
  std::optional<Start> without_hello(std::size_t client) const {
    const std::size_t server = 1 - client;
    const bool lost = half(client).hole || !half(client).from_beginning;
    if (!lost) return std::nullopt;
    for (std::size_t i = 0; i < pieces(); ++i) {
      if (piece_at(i).from != server ||
          !(is_hello(from(i), MessageType::server_hello) || may_become_hello(from(i), MessageType::server_hello)))
        continue;
      Start start{.client = client, .begin = {}, .unreadable = {}, .plain_answer = {}};
      start.begin[server] = Mark{i, offsets_[i]};
      start.unreadable[client] = !half(client).hole;
      return start;
    }
    return std::nullopt;
  }

  /// Records of which nobody's beginning was captured. The client is who sent the SYN, or the side with the higher
  /// port.
  std::optional<Start> in_middle(std::size_t) const {
    const auto seen = [&](std::size_t end) {
      const auto first = first_piece_of(end);
      return first && !half(end).from_beginning ? piece_at(*first).bytes : half(end).behind_hole;
    };
    if (!is_records(seen(0)) && !is_records(seen(1))) return std::nullopt;
    const bool first = half(0).sender.port > half(1).sender.port;
    const std::size_t client = conversation_.opener.value_or(first ? 0 : 1);
    Start start{.client = client, .begin = {}, .unreadable = {}, .plain_answer = {}};
    for (const std::size_t end : {0, 1}) start.unreadable[end] = !half(end).hole;
    return start;
  }

  const TcpConversation& conversation_;
  std::vector<std::size_t> offsets_;  ///< of each piece in its side's bytes
};

/// Writer makes a CaptureRecording of a conversation from its start on.
class Writer {
 public:
  Writer(const TcpConversation& conversation, const Start& start, const Finder& finder)
      : conversation_(conversation), start_(start) {
    recording_.client = endpoint(start.client);
    recording_.server = endpoint(1 - start.client);
    recording_.opened = conversation.opened;
    recording_.plain_answer = start.plain_answer;
    recording_.beginning_unseen = !conversation.halves[start.client].from_beginning;
    for (std::size_t i = 0; i < conversation.pieces.size(); ++i) {
      segments_before_.push_back(recording_.segments.size());
      piece(i, finder.offset_of(i));
    }
    segments_before_.push_back(recording_.segments.size());
    for (const TcpConversation::End& end : conversation.ends)
      recording_.endings.push_back({side(end.from), end.at, end.how, segments_before_[end.after_piece]});
    for (const std::size_t end : {0, 1}) {
      gap(end);
      remarks(end);
    }
    std::stable_sort(recording_.gaps.begin(), recording_.gaps.end(),
                     [](const Gap& a, const Gap& b) { return a.after_segment < b.after_segment; });
  }

  CaptureRecording take() { return std::move(recording_); }

 private:
  Side side(std::size_t end) const { return end == start_.client ? Side::client : Side::server; }

  Endpoint endpoint(std::size_t end) const {
    const IpEndpoint& sender = conversation_.halves[end].sender;
    return {sender.address_text(), sender.port};
  }

  void piece(std::size_t i, std::size_t offset) {
    const Piece& piece = conversation_.pieces[i];
    const std::optional<Mark>& begin = start_.begin[piece.from];
    if (start_.unreadable[piece.from] || (start_.plain_answer && side(piece.from) == Side::server)) return;
    const std::size_t skipped = begin && begin->offset < offset + piece.bytes.size()
                                    ? std::max(begin->offset, offset) - offset
                                    : piece.bytes.size();
    if (skipped > 0) recording_.plaintext_bytes[side(piece.from)] += skipped;
    if (skipped < piece.bytes.size())
      recording_.segments.push_back({side(piece.from), piece.at, copy(piece.bytes.subspan(skipped))});
  }

  void gap(std::size_t end) {
    const auto& hole = conversation_.halves[end].hole;
    if (start_.unreadable[end])
      recording_.gaps.push_back({side(end), 0, 0});
    else if (hole)
      recording_.gaps.push_back({side(end), segments_before_[hole->after_piece], hole->bytes});
  }

  /// The number of segments before the byte of a side's stream.
  std::size_t segments_before(std::size_t end, std::size_t offset) const {
    std::size_t seen = 0;
    for (std::size_t i = 0; i < conversation_.pieces.size(); ++i) {
      if (conversation_.pieces[i].from != end) continue;
      seen += conversation_.pieces[i].bytes.size();
      if (seen > offset) return segments_before_[i];
    }
    return recording_.segments.size();
  }

  void remarks(std::size_t end) {
    const Half& half = conversation_.halves[end];
    const std::string whose = std::string("the ") + name(side(end)) + "'s stream";
    const auto in_tls = [&](std::optional<std::size_t> offset) {
      return offset && start_.begin[end] && *offset >= start_.begin[end]->offset;
    };
    const auto add = [&](std::optional<std::size_t> offset, const std::string& what, bool in_doubt) {
      if (in_tls(offset)) recording_.remarks.push_back({side(end), segments_before(end, *offset), what, in_doubt});
    };
    add(half.rewritten, "bytes of " + whose + " came again with another content, after the peer had taken the first",
        false);
    add(half.ambiguous,
        "bytes of " + whose + " came twice, each time with another content: which of them the peer took is not known",
        true);
    if (half.unkept > 0)
      recording_.remarks.push_back({side(end), recording_.segments.size(),
                                    "the last " + std::to_string(half.unkept) + " bytes of " + whose +
                                        " are not read: the connection is too long",
                                    false});
  }

  const TcpConversation& conversation_;
  const Start& start_;
  std::vector<std::size_t> segments_before_;  ///< by piece
  CaptureRecording recording_;
};

}  // namespace

std::optional<CaptureRecording> tls_in(const TcpConversation& conversation) {
  const Finder finder(conversation);
  const std::optional<Start> start = finder.start();
  if (!start) return std::nullopt;
  return Writer(conversation, *start, finder).take();
}

}  // namespace ti

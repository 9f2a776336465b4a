#include "capture/tcp_reassembly.hpp"

#include <algorithm>

#include "wire/messages.hpp"
#include "wire/records.hpp"

namespace ti {

namespace {

constexpr std::size_t hello_prefix = 6;

/// Whether bytes are, as far as they go, the record header of a first handshake message.
bool begins_like_tls(ByteView bytes) { return !bytes.empty() && bytes[0] == 22 && (bytes.size() < 2 || bytes[1] == 3); }

bool is_hello(ByteView bytes, MessageType type) {
  return bytes.size() >= hello_prefix && begins_like_tls(bytes) &&
         bytes[hello_prefix - 1] == static_cast<std::uint8_t>(type);
}

/// A ClientHello in bytes that may be anything else: its two lengths and its version fit too.
bool is_certain_client_hello(ByteView bytes) {
  Reader reader(bytes);
  reader.take(3);
  const std::uint16_t record = reader.u16();
  reader.u8();
  const std::uint32_t message = reader.u24();
  return is_hello(bytes, MessageType::client_hello) && record <= max_record_payload && message + 4 >= record &&
         reader.u8() == 3 && reader.u8() <= 3 && reader.ok();
}

/// Whether a piece is made of TLS records, the last of them perhaps cut.
bool is_records(ByteView piece) {
  RecordReader reader;
  reader.add(piece);
  while (reader.next()) continue;
  return piece.size() >= record_header_bytes && !reader.broken();
}

}  // namespace

void TcpReassembly::add(const TcpPacket& packet, Instant at) {
  Stream& stream = stream_of(packet, at);
  const std::size_t from = packet.from == stream.directions[0].sender ? 0 : 1;
  Direction& direction = stream.directions[from];
  if (packet.ack) acknowledge(stream, 1 - from, packet.acknowledged);
  if (direction.ended) return;
  if (packet.rst) {
    end(stream, from, at, Ending::How::reset);
    return;
  }
  if (packet.syn) {
    direction.syn = packet.sequence;
    stream.client = packet.ack ? 1 - from : from;
  }
  const std::int64_t offset = offset_of(direction, packet.sequence + (packet.syn ? 1 : 0));
  const std::int64_t behind = offset + static_cast<std::int64_t>(packet.payload.size() + packet.uncaptured);
  direction.sent = std::max(direction.sent, behind);
  if (!packet.payload.empty()) {
    Direction::Waiting& waiting = direction.waiting[offset];
    const std::int64_t answers = packet.ack ? offset_of(stream.directions[1 - from], packet.acknowledged) : 0;
    waiting.answers = waiting.bytes.empty() ? answers : std::min(waiting.answers, answers);
    if (packet.payload.size() > waiting.bytes.size()) waiting.bytes = packet.payload;
  }
  if (packet.fin) direction.end = behind;
  deliver(stream, from, at);
  look_for_gap(stream, from);
}

/// Where a sequence number stands among the bytes of a direction; the first to be asked for is where it begins.
std::int64_t TcpReassembly::offset_of(Direction& direction, std::uint32_t sequence) {
  if (!direction.origin) direction.origin = sequence;
  const auto expected = static_cast<std::uint32_t>(*direction.origin + static_cast<std::uint64_t>(direction.next));
  return direction.next + static_cast<std::int32_t>(sequence - expected);
}

/// Takes in that the bytes of `sender` before a sequence number were received.
void TcpReassembly::acknowledge(Stream& stream, std::size_t sender, std::uint32_t number) {
  Direction& direction = stream.directions[sender];
  direction.acknowledged = std::max(direction.acknowledged, offset_of(direction, number));
  look_for_gap(stream, sender);
}

void TcpReassembly::look_for_gap(Stream& stream, std::size_t from) {
  Direction& direction = stream.directions[from];
  if (direction.sent <= direction.next && direction.acknowledged <= direction.next + 1)
    direction.gap_after.reset();
  else if (!direction.gap_after)
    direction.gap_after = stream.pieces.size();
}

TcpReassembly::Stream& TcpReassembly::stream_of(const TcpPacket& packet, Instant at) {
  const auto key = std::minmax(packet.from, packet.to);
  const auto [entry, is_new] = latest_.try_emplace({key.first, key.second}, streams_.size());
  if (!is_new) {
    Stream& stream = streams_[entry->second];
    const Direction& direction = stream.directions[packet.from == stream.directions[0].sender ? 0 : 1];
    if (!packet.syn || packet.ack || (direction.syn == packet.sequence && !direction.ended)) return stream;
    entry->second = streams_.size();
  }
  Stream& stream = streams_.emplace_back();
  stream.opened = at;
  stream.directions[0].sender = packet.from;
  stream.directions[1].sender = packet.to;
  return stream;
}

void TcpReassembly::deliver(Stream& stream, std::size_t from, Instant at) {
  Direction& direction = stream.directions[from];
  while (!direction.waiting.empty() && direction.waiting.begin()->first <= direction.next) {
    const std::int64_t offset = direction.waiting.begin()->first;
    const auto [bytes, answers] = direction.waiting.begin()->second;
    direction.waiting.erase(direction.waiting.begin());
    const auto known = static_cast<std::size_t>(direction.next - offset);
    if (known >= bytes.size()) continue;
    stream.pieces.push_back({from, at, bytes.subspan(known), answers});
    direction.next += static_cast<std::int64_t>(bytes.size() - known);
  }
  if (direction.end && direction.next >= *direction.end) end(stream, from, at, Ending::How::fin);
}

void TcpReassembly::end(Stream& stream, std::size_t from, Instant at, Ending::How how) {
  stream.directions[from].ended = true;
  stream.ends.push_back({from, at, how, stream.pieces.size()});
}

TcpReassembly::Stream TcpReassembly::in_causal_order(const Stream& stream) {
  Stream ordered = stream;
  ordered.pieces.clear();
  std::array<std::int64_t, 2> passed{};          // bytes, by direction
  std::vector<bool> done(stream.pieces.size());  // by place in `stream`
  std::vector<std::size_t> before;               // pieces of `ordered` that stand before a place in `stream`
  const auto pass = [&](std::size_t i) {
    done[i] = true;
    passed[stream.pieces[i].from] += static_cast<std::int64_t>(stream.pieces[i].bytes.size());
    ordered.pieces.push_back(stream.pieces[i]);
  };
  for (std::size_t i = 0; i < stream.pieces.size(); ++i) {
    before.push_back(ordered.pieces.size());
    if (done[i]) continue;
    const std::size_t peer = 1 - stream.pieces[i].from;
    const std::int64_t answers = std::min(stream.pieces[i].answers, stream.directions[peer].next);
    for (std::size_t j = i + 1; j < stream.pieces.size() && passed[peer] < answers; ++j)
      if (!done[j] && stream.pieces[j].from == peer) pass(j);
    pass(i);
  }
  before.push_back(ordered.pieces.size());
  for (End& end : ordered.ends) end.after_piece = before[end.after_piece];
  for (Direction& direction : ordered.directions)
    if (direction.gap_after) direction.gap_after = before[*direction.gap_after];
  return ordered;
}

Bytes TcpReassembly::first_bytes(const Stream& stream, std::size_t from) {
  Bytes first;
  for (const Piece& piece : stream.pieces) {
    if (first.size() == hello_prefix) break;
    if (piece.from != from) continue;
    const ByteView part = piece.bytes.first(std::min(piece.bytes.size(), hello_prefix - first.size()));
    first.insert(first.end(), part.begin(), part.end());
  }
  return first;
}

std::optional<TcpReassembly::TlsStart> TcpReassembly::tls_start(const Stream& stream) {
  const auto by_either = [&](auto start) {
    if (stream.client) return start(stream, *stream.client);
    const auto first = start(stream, 0);
    return first ? first : start(stream, 1);
  };
  if (stream.client && begins_like_tls(first_bytes(stream, *stream.client))) return TlsStart{*stream.client, 0, {}};
  if (const auto start = by_either(start_at_hello)) return start;
  if (const auto start = by_either(start_without_hello)) return start;
  return stream.client ? std::nullopt : start_in_middle(stream);
}

/// From a ClientHello that begins a piece on; plaintext may stand before it.
std::optional<TcpReassembly::TlsStart> TcpReassembly::start_at_hello(const Stream& stream, std::size_t client) {
  if (is_hello(first_bytes(stream, client), MessageType::client_hello)) return TlsStart{client, 0, {}};
  for (std::size_t i = 0; i < stream.pieces.size(); ++i) {
    if (stream.pieces[i].from != client || !is_certain_client_hello(stream.pieces[i].bytes)) continue;
    const auto answer = std::find_if(stream.pieces.begin() + static_cast<std::ptrdiff_t>(i), stream.pieces.end(),
                                     [&](const Piece& piece) { return piece.from != client; });
    if (answer == stream.pieces.end() || is_records(answer->bytes)) return TlsStart{client, i, {}};
  }
  return std::nullopt;
}

/// A server that answers a ClientHello, of which the beginning is missing.
std::optional<TcpReassembly::TlsStart> TcpReassembly::start_without_hello(const Stream& stream, std::size_t client) {
  const Direction& direction = stream.directions[client];
  const bool lost = direction.next == 0 && direction.gap_after;
  if ((direction.syn && !lost) || !is_hello(first_bytes(stream, 1 - client), MessageType::server_hello))
    return std::nullopt;
  TlsStart start{client, 0, {}};
  start.unreadable[client] = !direction.syn;
  return start;
}

/// Records of which nobody's beginning was captured. The client is the side with the higher port.
std::optional<TcpReassembly::TlsStart> TcpReassembly::start_in_middle(const Stream& stream) {
  const auto begins_in_records = [&](std::size_t from) {
    const auto first = std::find_if(stream.pieces.begin(), stream.pieces.end(),
                                    [&](const Piece& piece) { return piece.from == from; });
    return first != stream.pieces.end() && is_records(first->bytes);
  };
  if (!begins_in_records(0) && !begins_in_records(1)) return std::nullopt;
  const bool first = stream.directions[0].sender.port > stream.directions[1].sender.port;
  return TlsStart{first ? 0u : 1u, 0, {true, true}};
}

Recording TcpReassembly::recording_of(const Stream& stream, const TlsStart& start) {
  const auto side = [&](std::size_t from) { return from == start.client ? Side::client : Side::server; };
  const auto endpoint = [&](std::size_t from) {
    const TcpEndpoint& sender = stream.directions[from].sender;
    return Endpoint{sender.address_text(), sender.port};
  };
  Recording recording;
  recording.client = endpoint(start.client);
  recording.server = endpoint(1 - start.client);
  recording.opened = stream.opened;
  std::vector<std::size_t> segments_before;
  for (std::size_t i = 0; i < stream.pieces.size(); ++i) {
    const Piece& piece = stream.pieces[i];
    segments_before.push_back(recording.segments.size());
    if (i < start.piece)
      recording.plaintext_bytes[side(piece.from)] += piece.bytes.size();
    else if (!start.unreadable[piece.from])
      recording.segments.push_back({side(piece.from), piece.at, copy(piece.bytes)});
  }
  segments_before.push_back(recording.segments.size());
  for (const End& end : stream.ends)
    recording.endings.push_back({side(end.from), end.at, end.how, segments_before[end.after_piece]});
  for (const std::size_t from : {0, 1}) {
    const Direction& direction = stream.directions[from];
    const std::int64_t known = direction.end ? *direction.end : std::max(direction.sent, direction.acknowledged);
    const std::int64_t behind = direction.waiting.empty() ? known : direction.waiting.begin()->first;
    if (start.unreadable[from])
      recording.gaps.push_back({side(from), 0, 0});
    else if (direction.gap_after)
      recording.gaps.push_back(
          {side(from), segments_before[*direction.gap_after], static_cast<std::size_t>(behind - direction.next)});
  }
  std::stable_sort(recording.gaps.begin(), recording.gaps.end(),
                   [](const Gap& a, const Gap& b) { return a.after_segment < b.after_segment; });
  return recording;
}

std::vector<Recording> TcpReassembly::tls_connections() const {
  std::vector<Recording> connections;
  for (const Stream& captured : streams_) {
    const Stream stream = in_causal_order(captured);
    if (const auto start = tls_start(stream)) connections.push_back(recording_of(stream, *start));
  }
  return connections;
}

}  // namespace ti

#include "wire/tcp_reassembly.hpp"

#include <algorithm>

namespace ti {

namespace {

constexpr std::size_t hello_prefix = 6;

/// Whether bytes are, as far as they go, the record header of a first handshake message.
bool begins_like_tls(ByteView bytes) { return !bytes.empty() && bytes[0] == 22 && (bytes.size() < 2 || bytes[1] == 3); }

bool is_client_hello(ByteView bytes) {
  return bytes.size() == hello_prefix && begins_like_tls(bytes) && bytes[hello_prefix - 1] == 1;
}

}  // namespace

void TcpReassembly::add(const TcpPacket& packet, Instant at) {
  Stream& stream = stream_of(packet, at);
  const std::size_t from = packet.from == stream.directions[0].sender ? 0 : 1;
  Direction& direction = stream.directions[from];
  if (direction.ended) return;
  if (packet.rst) {
    end(stream, from, at, Ending::How::reset);
    return;
  }
  if (packet.syn) {
    direction.syn = packet.sequence;
    stream.client = packet.ack ? 1 - from : from;
  }
  const std::uint32_t sequence = packet.sequence + (packet.syn ? 1 : 0);
  if (!direction.origin) direction.origin = sequence;
  const auto expected = static_cast<std::uint32_t>(*direction.origin + static_cast<std::uint64_t>(direction.next));
  const std::int64_t offset = direction.next + static_cast<std::int32_t>(sequence - expected);

  if (!packet.payload.empty()) {
    ByteView& waiting = direction.waiting[offset];
    if (packet.payload.size() > waiting.size()) waiting = packet.payload;
  }
  if (packet.fin) direction.end = offset + static_cast<std::int64_t>(packet.payload.size() + packet.uncaptured);
  deliver(stream, from, at);
}

TcpReassembly::Stream& TcpReassembly::stream_of(const TcpPacket& packet, Instant at) {
  const auto key = std::minmax(packet.from, packet.to);
  const auto [entry, is_new] = latest_.try_emplace({key.first, key.second}, streams_.size());
  if (!is_new) {
    Stream& stream = streams_[entry->second];
    const Direction& direction = stream.directions[packet.from == stream.directions[0].sender ? 0 : 1];
    if (!packet.syn || packet.ack || direction.syn == packet.sequence) return stream;
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
    const auto [offset, bytes] = *direction.waiting.begin();
    direction.waiting.erase(direction.waiting.begin());
    const auto known = static_cast<std::size_t>(direction.next - offset);
    if (known >= bytes.size()) continue;
    stream.pieces.push_back({from, at, bytes.subspan(known)});
    direction.next += static_cast<std::int64_t>(bytes.size() - known);
  }
  if (direction.end && direction.next >= *direction.end) end(stream, from, at, Ending::How::fin);
}

void TcpReassembly::end(Stream& stream, std::size_t from, Instant at, Ending::How how) {
  stream.directions[from].ended = true;
  stream.ends.push_back({from, at, how, stream.pieces.size()});
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

std::optional<std::size_t> TcpReassembly::tls_client(const Stream& stream) {
  if (stream.client) {
    return begins_like_tls(first_bytes(stream, *stream.client)) ? stream.client : std::nullopt;
  }
  for (const std::size_t side : {0, 1})
    if (is_client_hello(first_bytes(stream, side))) return side;
  return std::nullopt;
}

Recording TcpReassembly::recording_of(const Stream& stream, std::size_t client) {
  const auto side = [client](std::size_t from) { return from == client ? Side::client : Side::server; };
  const auto endpoint = [&stream](std::size_t from) {
    const TcpEndpoint& sender = stream.directions[from].sender;
    return Endpoint{sender.address_text(), sender.port};
  };
  Recording recording{endpoint(client), endpoint(1 - client), stream.opened, {}, {}};
  recording.segments.reserve(stream.pieces.size());
  for (const Piece& piece : stream.pieces)
    recording.segments.push_back({side(piece.from), piece.at, copy(piece.bytes)});
  for (const End& end : stream.ends) recording.endings.push_back({side(end.from), end.at, end.how, end.after_piece});
  return recording;
}

std::vector<Recording> TcpReassembly::tls_connections() const {
  std::vector<Recording> connections;
  for (const Stream& stream : streams_)
    if (const auto client = tls_client(stream)) connections.push_back(recording_of(stream, *client));
  return connections;
}

}  // namespace ti

#include "capture/tcp_stream.hpp"

#include <algorithm>

namespace ti {

namespace {

/// Bytes of one side that are kept. A handshake and its tickets stand at the beginning.
constexpr std::size_t most_kept = 8 << 20;
/// Bytes that wait for others before them. A sender has no more under way: those before them are not in the capture.
constexpr std::size_t most_waiting = 1 << 20;

}  // namespace

TcpStream::TcpStream(const TcpPacket& first, Instant at) : opened_(at), last_(at) {
  directions_[0].sender = first.from;
  directions_[1].sender = first.to;
}

bool TcpStream::is_another(const TcpPacket& syn) const {
  const Direction& direction = directions_[syn.from == directions_[0].sender ? 0 : 1];
  return direction.syn != syn.sequence || direction.ended;
}

bool TcpStream::over() const {
  const bool reset = std::any_of(ends_.begin(), ends_.end(),
                                 [](const TcpConversation::End& end) { return end.how == Ending::How::reset; });
  return reset || (directions_[0].end && directions_[1].end);
}

void TcpStream::add(const TcpPacket& packet, Instant at) {
  const std::size_t from = packet.from == directions_[0].sender ? 0 : 1;
  Direction& direction = directions_[from];
  last_ = std::max(last_, at);
  if (packet.ack) acknowledge(1 - from, packet.acknowledged);
  if (packet.rst) {
    if (!direction.ended) end(from, at, Ending::How::reset);
    return;
  }
  if (packet.syn) take_syn(packet, from);
  take_data(packet, from);
  deliver(from, at);
  look_for_hole(from);
}

/// A second SYN-ACK may bring another number: which one counts, the client's acknowledgement tells.
void TcpStream::take_syn(const TcpPacket& packet, std::size_t from) {
  Direction& direction = directions_[from];
  opener_ = packet.ack ? 1 - from : from;
  if (!direction.syn)
    begin_at(from, packet.sequence);
  else if (*direction.syn != packet.sequence)
    direction.other_syns.push_back(packet.sequence);
}

/// Lets the bytes of a side begin behind this SYN, if none is there yet; what was counted from another beginning is
/// counted from this one.
void TcpStream::begin_at(std::size_t from, std::uint32_t syn) {
  Direction& direction = directions_[from];
  direction.syn = syn;
  if (direction.next > 0 || !direction.waiting.empty()) return;
  const std::int64_t later = static_cast<std::int32_t>(syn + 1 - direction.origin.value_or(syn + 1));
  direction.origin = syn + 1;
  const auto move = [later](Place& place) {
    if (place) *place -= later;
  };
  for (Place* const place : {&direction.sent, &direction.acknowledged, &direction.end}) move(*place);
  for (Piece& piece : pieces_)
    if (piece.from != from) move(piece.answers);
  for (auto& [offset, waiting] : directions_[1 - from].waiting) move(waiting.answers);
}

/// Takes the SYN that fits a first byte with this number, if several came.
void TcpStream::choose_syn(std::size_t from, std::uint32_t first_byte) {
  Direction& direction = directions_[from];
  const auto chosen = std::find(direction.other_syns.begin(), direction.other_syns.end(), first_byte - 1);
  if (chosen == direction.other_syns.end() || direction.syn == first_byte - 1 || direction.next > 0) return;
  const std::uint32_t syn = *chosen;
  *chosen = *direction.syn;
  begin_at(from, syn);
  direction.came_before = false;
}

void TcpStream::take_data(const TcpPacket& packet, std::size_t from) {
  Direction& direction = directions_[from];
  const std::size_t size = packet.payload.size() + packet.uncaptured;
  if (!direction.origin && size == 1 && !packet.syn) direction.origin = packet.sequence + 1;  // it may be a keep-alive
  if (size > 0 && !packet.syn) choose_syn(from, packet.sequence);
  const bool fits_syn = !packet.syn || direction.syn == packet.sequence;
  if (!fits_syn) return;
  const std::int64_t offset = offset_of(direction, packet.sequence + (packet.syn ? 1 : 0));
  const std::int64_t behind = offset + static_cast<std::int64_t>(size);
  const bool keep_alive = size <= 1 && offset == direction.next - 1 && !packet.fin;
  direction.came_before |= offset < 0 && size > 0 && !keep_alive;
  if (direction.ended) {
    const auto reset = std::find_if(ends_.begin(), ends_.end(), [&](const TcpConversation::End& end) {
      return end.from == from && end.how == Ending::How::reset;
    });
    if (reset == ends_.end() || behind <= direction.next || size == 0) return;
    ends_.erase(reset);
    direction.ended = false;
  }
  if (keep_alive) return;
  if (!packet.syn || size > 0) direction.sent = std::max(direction.sent, Place(behind));
  if (packet.fin) direction.end = behind;
  if (packet.payload.empty()) return;
  compare(direction, offset, packet.payload);
  const Place answers = packet.ack ? offset_of(directions_[1 - from], packet.acknowledged) : Place();
  if (behind > direction.next) wait(direction, offset, packet.payload, answers);
}

/// Keeps bytes until those before them are there. What a longer repetition brings besides was sent with it.
void TcpStream::wait(Direction& direction, std::int64_t offset, ByteView bytes, Place answers) {
  auto& all = direction.waiting;
  for (auto known = all.find(offset); known != all.end(); known = all.find(offset)) {
    Waiting& waiting = known->second;
    waiting.answers = std::min(waiting.answers, answers);
    if (bytes.size() <= waiting.bytes.size()) return;
    offset += static_cast<std::int64_t>(waiting.bytes.size());
    bytes = bytes.subspan(waiting.bytes.size());
  }
  if (offset > direction.next && direction.bytes_waiting > most_waiting) return;
  direction.bytes_waiting += bytes.size();
  all[offset] = {copy(bytes), answers};
}

/// Where a sequence number stands among the bytes of a direction; the first to be asked for is where it begins.
std::int64_t TcpStream::offset_of(Direction& direction, std::uint32_t sequence) {
  if (!direction.origin) direction.origin = sequence;
  const auto expected = static_cast<std::uint32_t>(*direction.origin + static_cast<std::uint64_t>(direction.next));
  return direction.next + static_cast<std::int32_t>(sequence - expected);
}

/// Takes in that the bytes of `sender` before a sequence number were received.
void TcpStream::acknowledge(std::size_t sender, std::uint32_t number) {
  Direction& direction = directions_[sender];
  choose_syn(sender, number);
  const std::int64_t offset = offset_of(direction, number);
  direction.came_before |= offset < 0;
  direction.acknowledged = std::max(direction.acknowledged, Place(offset));
  look_for_hole(sender);
}

void TcpStream::look_for_hole(std::size_t from) {
  Direction& direction = directions_[from];
  if (direction.sent <= direction.next && direction.acknowledged <= direction.next + 1)
    direction.missed_from.reset();
  else if (!direction.missed_from)
    direction.missed_from = pieces_.size();
}

/// Notes where bytes that were delivered, or wait, came again as others.
void TcpStream::compare(Direction& direction, std::int64_t offset, ByteView bytes) {
  const auto differ_at = [&](std::int64_t known_from, ByteView known) -> std::optional<std::int64_t> {
    const std::int64_t begin = std::max({offset, known_from, std::int64_t{0}});
    const std::int64_t end = std::min(offset + static_cast<std::int64_t>(bytes.size()),
                                      known_from + static_cast<std::int64_t>(known.size()));
    for (std::int64_t i = begin; i < end; ++i)
      if (bytes[static_cast<std::size_t>(i - offset)] != known[static_cast<std::size_t>(i - known_from)]) return i;
    return std::nullopt;
  };
  const auto note = [&](std::optional<std::int64_t> at) {
    if (!at) return;
    auto& place = *at < direction.acknowledged ? direction.rewritten : direction.ambiguous;
    place = std::min(place.value_or(static_cast<std::size_t>(*at)), static_cast<std::size_t>(*at));
  };
  note(differ_at(0, direction.bytes));
  auto waiting = direction.waiting.upper_bound(offset);
  if (waiting != direction.waiting.begin()) --waiting;
  for (; waiting != direction.waiting.end() && waiting->first < offset + static_cast<std::int64_t>(bytes.size());
       ++waiting)
    note(differ_at(waiting->first, waiting->second.bytes));
}

void TcpStream::deliver(std::size_t from, Instant at) {
  Direction& direction = directions_[from];
  while (!direction.waiting.empty() && direction.waiting.begin()->first <= direction.next) {
    const std::int64_t offset = direction.waiting.begin()->first;
    const Waiting waiting = std::move(direction.waiting.begin()->second);
    direction.waiting.erase(direction.waiting.begin());
    direction.bytes_waiting -= waiting.bytes.size();
    const auto known = static_cast<std::size_t>(direction.next - offset);
    if (known >= waiting.bytes.size()) continue;
    const ByteView fresh = ByteView(waiting.bytes).subspan(known);
    direction.next += static_cast<std::int64_t>(fresh.size());
    if (direction.unkept > 0 || direction.bytes.size() + fresh.size() > most_kept) {
      direction.unkept += fresh.size();
      continue;
    }
    pieces_.push_back({from, at, direction.bytes.size(), fresh.size(), waiting.answers});
    direction.bytes.insert(direction.bytes.end(), fresh.begin(), fresh.end());
  }
  if (direction.end >= 0 && direction.next >= *direction.end && !direction.ended) end(from, at, Ending::How::fin);
}

void TcpStream::end(std::size_t from, Instant at, Ending::How how) {
  directions_[from].ended = true;
  ends_.push_back({from, at, how, pieces_.size()});
}

/// The order of `pieces_`; `before[i]` is how many of them stand before the place of the i-th.
std::vector<std::size_t> TcpStream::causal_order(std::vector<std::size_t>& before) const {
  std::vector<std::size_t> order;
  std::array<std::int64_t, 2> passed{};  // bytes, by direction
  std::array<std::size_t, 2> ahead{};    // by direction: where to look for its next piece
  std::vector<bool> done(pieces_.size());
  const auto pass = [&](std::size_t i) {
    done[i] = true;
    passed[pieces_[i].from] += static_cast<std::int64_t>(pieces_[i].size);
    order.push_back(i);
  };
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    before.push_back(order.size());
    if (done[i]) continue;
    const std::size_t peer = 1 - pieces_[i].from;
    const Place answers = std::min(pieces_[i].answers, Place(directions_[peer].next));
    if (passed[peer] < answers)
      for (std::size_t& j = ahead[peer] = std::max(ahead[peer], i + 1); j < pieces_.size() && passed[peer] < answers;
           ++j)
        if (!done[j] && pieces_[j].from == peer) pass(j);
    pass(i);
  }
  before.push_back(order.size());
  return order;
}

TcpConversation::Half TcpStream::half(std::size_t from) const {
  const Direction& direction = directions_[from];
  TcpConversation::Half half;
  half.sender = direction.sender;
  half.beginning_lost = direction.came_before;
  half.from_beginning = direction.syn && direction.origin == *direction.syn + 1 && !direction.came_before;
  half.bytes = direction.bytes;
  half.unkept = direction.unkept;
  half.ambiguous = direction.ambiguous;
  half.rewritten = direction.rewritten;
  if (!direction.waiting.empty()) half.behind_hole = direction.waiting.begin()->second.bytes;
  // An acknowledgement of one byte more than were sent is that of a FIN.
  const std::int64_t counted = direction.acknowledged > direction.next + 1 ? *direction.acknowledged : direction.next;
  const std::int64_t known = direction.end ? *direction.end : std::max(direction.sent.value_or(0), counted);
  const std::int64_t behind = direction.waiting.empty() ? known : direction.waiting.begin()->first;
  if (behind > direction.next)
    half.hole = TcpConversation::Hole{direction.missed_from.value_or(pieces_.size()),
                                      static_cast<std::size_t>(behind - direction.next)};
  return half;
}

TcpConversation TcpStream::conversation() const {
  TcpConversation conversation;
  conversation.opened = opened_;
  conversation.opener = opener_;
  std::vector<std::size_t> before;
  for (const std::size_t i : causal_order(before)) {
    const Piece& piece = pieces_[i];
    conversation.pieces.push_back(
        {piece.from, piece.at, ByteView(directions_[piece.from].bytes).subspan(piece.begin, piece.size)});
  }
  conversation.ends = ends_;
  for (TcpConversation::End& end : conversation.ends) end.after_piece = before[end.after_piece];
  for (const std::size_t from : {0, 1}) {
    conversation.halves[from] = half(from);
    if (auto& hole = conversation.halves[from].hole) hole->after_piece = before[hole->after_piece];
  }
  return conversation;
}

}  // namespace ti

#include "capture/tcp_table.hpp"

#include <algorithm>
#include <string_view>

namespace ti {

namespace {

using namespace std::chrono_literals;

/// How long packets may still come of what both sides have ended.
constexpr Instant linger = 10s;
constexpr std::size_t most_lingering = 1024;
constexpr Instant longest_idle = 1h;
constexpr std::size_t packets_between_sweeps = 1 << 16;

}  // namespace

std::size_t TcpTable::Hash::operator()(const Pair& pair) const {
  const auto hash = [](const IpEndpoint& end) {
    const std::string_view address(reinterpret_cast<const char*>(end.address.data()), end.address.size());
    return std::hash<std::string_view>()(address) ^ std::size_t{end.port} * 0x9e3779b97f4a7c15;
  };
  return hash(pair.first) * 31 + hash(pair.second);
}

void TcpTable::add(const TcpPacket& packet, Instant at) {
  std::uint64_t number = 0;
  Entry& entry = entry_of(packet, at, number);
  entry.stream.add(packet, at);
  if (entry.stream.over() && !entry.closing) {
    entry.closing = true;
    closing_.push_back({number, at});
  }
  if (until_sweep_-- == 0) close_idle(at);
  while (!closing_.empty() && (closing_.front().since + linger < at || closing_.size() > most_lingering)) {
    const auto over = open_.find(closing_.front().number);
    closing_.pop_front();
    if (over == open_.end()) continue;
    over->second.closing = false;
    if (over->second.stream.over()) close(over);
  }
}

TcpTable::Entry& TcpTable::entry_of(const TcpPacket& packet, Instant at, std::uint64_t& number) {
  const Pair pair = std::minmax(packet.from, packet.to);
  if (const auto known = latest_.find(pair); known != latest_.end()) {
    const auto entry = open_.find(known->second);
    number = known->second;
    if (!(packet.syn && !packet.ack && entry->second.stream.is_another(packet))) return entry->second;
    close(entry);
  }
  number = next_++;
  latest_[pair] = number;
  return open_.emplace(number, Entry{pair, TcpStream(packet, at)}).first->second;
}

void TcpTable::close(Entries::iterator entry) {
  latest_.erase(entry->second.pair);
  ended_.push_back({entry->first, std::move(entry->second.stream)});
  open_.erase(entry);
}

void TcpTable::close_idle(Instant now) {
  until_sweep_ = packets_between_sweeps;
  for (auto entry = open_.begin(); entry != open_.end();) {
    const auto next = std::next(entry);
    if (entry->second.stream.last() + longest_idle < now) close(entry);
    entry = next;
  }
}

std::optional<TcpTable::Ended> TcpTable::take_ended() {
  if (ended_.empty()) return std::nullopt;
  Ended ended = std::move(ended_.front());
  ended_.pop_front();
  return ended;
}

void TcpTable::end_all() {
  while (!open_.empty()) close(open_.begin());
}

std::optional<std::uint64_t> TcpTable::oldest() const {
  return open_.empty() ? std::nullopt : std::optional(open_.begin()->first);
}

}  // namespace ti

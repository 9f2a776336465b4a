#pragma once
// Which TCP connection a segment belongs to, and which are over.
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "capture/tcp_stream.hpp"

namespace ti {

/// TcpTable holds the connections that are open. One is over some seconds after both sides ended it, when a SYN other
/// than its own begins another between the same ports, or after an hour in which nothing was captured of it. They are
/// numbered as they begin.
class TcpTable {
 public:
  struct Ended {
    std::uint64_t number;
    TcpStream stream;
  };

  void add(const TcpPacket& packet, Instant at);

  /// A connection that is over, each once.
  std::optional<Ended> take_ended();
  /// Nothing more comes: all are over.
  void end_all();

  /// The number of the connection that has been open longest; nothing when none is.
  std::optional<std::uint64_t> oldest() const;

 private:
  using Pair = std::pair<IpEndpoint, IpEndpoint>;
  struct Hash {
    std::size_t operator()(const Pair& pair) const;
  };
  struct Entry {
    Pair pair;
    TcpStream stream;
    bool closing = false;
  };
  using Entries = std::map<std::uint64_t, Entry>;
  struct Closing {
    std::uint64_t number;
    Instant since;
  };

  Entry& entry_of(const TcpPacket& packet, Instant at, std::uint64_t& number);
  void close(Entries::iterator entry);
  void close_idle(Instant now);

  Entries open_;
  std::unordered_map<Pair, std::uint64_t, Hash> latest_;
  std::deque<Closing> closing_;
  std::deque<Ended> ended_;
  std::uint64_t next_ = 0;
  std::size_t until_sweep_ = 0;
};

}  // namespace ti

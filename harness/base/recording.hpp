#pragma once
// What passed between a client and a server on one TCP connection, as the tap or a capture file saw it: bytes and
// times, nothing understood.
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace ti {

enum class Side : std::uint8_t { client, server };

constexpr Side other(Side side) { return side == Side::client ? Side::server : Side::client; }
constexpr const char* name(Side side) { return side == Side::client ? "client" : "server"; }

/// Nanoseconds since the beginning of the cell or capture, by a monotonic clock.
using Instant = std::chrono::nanoseconds;

/// Segment is one read from one side. Segments stand in the order in which they were read, over both directions.
struct Segment {
  Side from;
  Instant at;
  Bytes bytes;
};

/// Ending is one side's end of the byte stream.
struct Ending {
  enum class How : std::uint8_t { fin, reset };
  Side from;
  Instant at;
  How how;
  std::size_t after_segment;  ///< number of segments recorded before it
  bool by_harness = false;    ///< the harness closed it: a deadline struck or the run was stopped
};

/// Gap is where bytes of one side are missing: a packet that the capture lost or cut short, or all that passed before
/// it began. The side's segments end there.
struct Gap {
  Side from;
  std::size_t after_segment;  ///< number of segments recorded before anything that may have followed from the bytes
  std::size_t bytes;          ///< how many are missing at least; 0 for all before the capture began
};

struct Endpoint {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
};

/// Recording is one connection. Order in `segments` is causal for a tap (a byte is recorded before it is forwarded).
struct Recording {
  Endpoint client;
  Endpoint server;
  Instant opened{};
  std::vector<Segment> segments;
  std::vector<Ending> endings;
  std::vector<Gap> gaps;                        ///< at most one a side; a tap leaves none
  std::map<Side, std::size_t> plaintext_bytes;  ///< sent before TLS began (STARTTLS), and not in the segments
};

}  // namespace ti

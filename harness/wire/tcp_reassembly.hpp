#pragma once
// TCP segments, in the order of capture, to the connections they belong to.
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "wire/tcp_packet.hpp"

namespace ti {

/// TcpReassembly puts together what each side of each connection received: retransmission, overlap and re-ordering
/// undone, a byte counted when all before it are there. After a hole that is never filled a direction stops, without an
/// ending unless it was reset. A SYN other than the one that began a connection begins a new one.
class TcpReassembly {
 public:
  /// The payload must stay where it is until tls_connections() has been called.
  void add(const TcpPacket& packet, Instant at);

  /// The connections whose client side begins like TLS, in the order of their first packet. The client is who sent the
  /// SYN, or, where none was captured, whose first bytes are a ClientHello.
  std::vector<Recording> tls_connections() const;

 private:
  struct Direction {
    TcpEndpoint sender;
    std::optional<std::uint32_t> syn;          ///< its initial sequence number, if seen
    std::optional<std::uint32_t> origin;       ///< sequence number of its first byte
    std::int64_t next = 0;                     ///< bytes delivered so far
    std::map<std::int64_t, ByteView> waiting;  ///< by offset from the first byte
    std::optional<std::int64_t> end;           ///< where its FIN stands
    bool ended = false;
  };

  struct Piece {
    std::size_t from;
    Instant at;
    ByteView bytes;
  };

  struct End {
    std::size_t from;
    Instant at;
    Ending::How how;
    std::size_t after_piece;
  };

  struct Stream {
    Instant opened;
    std::array<Direction, 2> directions;  ///< the sender of the first packet first
    std::optional<std::size_t> client;
    std::vector<Piece> pieces;
    std::vector<End> ends;
  };

  Stream& stream_of(const TcpPacket& packet, Instant at);
  static void deliver(Stream& stream, std::size_t from, Instant at);
  static void end(Stream& stream, std::size_t from, Instant at, Ending::How how);
  static Bytes first_bytes(const Stream& stream, std::size_t from);
  static std::optional<std::size_t> tls_client(const Stream& stream);
  static Recording recording_of(const Stream& stream, std::size_t client);

  std::vector<Stream> streams_;
  std::map<std::pair<TcpEndpoint, TcpEndpoint>, std::size_t> latest_;
};

}  // namespace ti

#pragma once
// TCP segments, in the order of capture, to the connections they belong to.
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "capture/tcp_packet.hpp"

namespace ti {

/// TcpReassembly puts together what each side of each connection received: retransmission, overlap and re-ordering
/// undone, a byte counted when all before it are there. At a hole that is never filled a direction stops with a Gap,
/// placed before the first packet that shows it: a later one of the same side, or the other's acknowledgement. It has
/// no ending then, unless it was reset. A SYN other than the one that began a connection begins a new one.
class TcpReassembly {
 public:
  /// The payload must stay where it is until tls_connections() has been called.
  void add(const TcpPacket& packet, Instant at);

  /// The connections that are TLS, from their beginning or from a ClientHello behind plaintext on, in the order of
  /// their first packet. The client is who sent the SYN, or, where none was captured, who sent a ClientHello or got a
  /// ServerHello. A connection of which neither was captured has nothing but gaps.
  std::vector<Recording> tls_connections() const;

 private:
  struct Direction {
    TcpEndpoint sender;
    std::optional<std::uint32_t> syn;      ///< its initial sequence number, if seen
    std::optional<std::uint32_t> origin;   ///< sequence number of its first byte
    std::int64_t next = 0;                 ///< bytes delivered so far
    std::int64_t sent = 0;                 ///< bytes known to have been sent
    std::int64_t acknowledged = 0;         ///< a FIN counts as one more
    std::optional<std::size_t> gap_after;  ///< number of pieces when bytes were first seen to be missing
    struct Waiting {
      ByteView bytes;
      std::int64_t answers = 0;  ///< as Piece::answers
    };
    std::map<std::int64_t, Waiting> waiting;  ///< by offset from the first byte
    std::optional<std::int64_t> end;          ///< where its FIN stands
    bool ended = false;
  };

  struct Piece {
    std::size_t from;
    Instant at;
    ByteView bytes;
    std::int64_t answers;  ///< bytes of the other side that its sender had received
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

  /// TlsStart is where TLS begins in a stream.
  struct TlsStart {
    std::size_t client;
    std::size_t piece;               ///< the first that belongs to TLS
    std::array<bool, 2> unreadable;  ///< directions of which the beginning is missing
  };

  Stream& stream_of(const TcpPacket& packet, Instant at);
  static void deliver(Stream& stream, std::size_t from, Instant at);
  static void acknowledge(Stream& stream, std::size_t sender, std::uint32_t number);
  static void look_for_gap(Stream& stream, std::size_t from);
  static void end(Stream& stream, std::size_t from, Instant at, Ending::How how);
  static std::int64_t offset_of(Direction& direction, std::uint32_t sequence);

  /// The stream with each piece behind those of the other side that its sender had received, by its acknowledgement
  /// number: packets may have been captured in another order than they were sent in.
  static Stream in_causal_order(const Stream& stream);
  static Bytes first_bytes(const Stream& stream, std::size_t from);
  static std::optional<TlsStart> tls_start(const Stream& stream);
  static std::optional<TlsStart> start_at_hello(const Stream& stream, std::size_t client);
  static std::optional<TlsStart> start_without_hello(const Stream& stream, std::size_t client);
  static std::optional<TlsStart> start_in_middle(const Stream& stream);
  static Recording recording_of(const Stream& stream, const TlsStart& start);

  std::vector<Stream> streams_;
  std::map<std::pair<TcpEndpoint, TcpEndpoint>, std::size_t> latest_;
};

}  // namespace ti

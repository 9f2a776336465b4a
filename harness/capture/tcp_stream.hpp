#pragma once
// The segments of one TCP connection, in the order of capture, to what each side sent.
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "capture/packet_opener.hpp"

namespace ti {

/// TcpConversation is what both ends of a TCP connection sent, as far as it was captured: each piece behind those of
/// the other side that its sender had received, by its acknowledgement number, since packets may have been captured in
/// another order than they were sent in. Ends are called 0 and 1. It views the stream that it was made from.
struct TcpConversation {
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
  /// Hole is where bytes are missing. `bytes` is 0 for all that was sent before the capture began.
  struct Hole {
    std::size_t after_piece;
    std::size_t bytes;
  };
  struct Half {
    IpEndpoint sender;
    bool from_beginning = false;  ///< its SYN was captured, and its bytes are kept from the first on
    bool beginning_lost = false;  ///< bytes came too late that stand before those kept
    ByteView bytes;               ///< all its pieces, one behind the other
    std::optional<Hole> hole;     ///< its pieces end there
    ByteView behind_hole;         ///< the first of what was captured from beyond it
    std::size_t unkept = 0;       ///< bytes that followed and were not kept, since there were too many
    /// Where bytes were sent again with another content, before the peer acknowledged them.
    std::optional<std::size_t> ambiguous;
    /// The same, behind an acknowledgement: what the peer took is known.
    std::optional<std::size_t> rewritten;
  };

  Instant opened{};
  std::optional<std::size_t> opener;  ///< who sent the SYN
  std::array<Half, 2> halves;
  std::vector<Piece> pieces;
  std::vector<End> ends;
};

/// TcpStream puts together what each side of a connection received: retransmission, overlap and re-ordering undone, a
/// byte counted when all before it are there. Of two bytes with one number the first counts. Keep-alives are no data. A
/// FIN or RST ends a side, unless it goes on beyond a RST.
class TcpStream {
 public:
  TcpStream(const TcpPacket& first, Instant at);

  void add(const TcpPacket& packet, Instant at);

  /// Whether this SYN begins another connection between the same ports.
  bool is_another(const TcpPacket& syn) const;
  /// Whether nothing more is to come but repetitions.
  bool over() const;
  Instant opened() const { return opened_; }
  Instant last() const { return last_; }
  std::size_t bytes_kept() const { return directions_[0].bytes.size() + directions_[1].bytes.size(); }

  TcpConversation conversation() const;

 private:
  /// A place among the bytes of a direction; nothing where none is known, which compares less than any.
  using Place = std::optional<std::int64_t>;

  struct Waiting {
    Bytes bytes;
    Place answers;  ///< as Piece::answers
  };

  struct Direction {
    IpEndpoint sender;
    std::optional<std::uint32_t> syn;         ///< its initial sequence number, if seen
    std::vector<std::uint32_t> other_syns;    ///< of further SYNs of its, each with another number
    std::optional<std::uint32_t> origin;      ///< sequence number of its first byte
    std::int64_t next = 0;                    ///< bytes delivered so far
    Place sent;                               ///< bytes known to have been sent
    Place acknowledged;                       ///< a FIN counts as one more
    std::optional<std::size_t> missed_from;   ///< number of pieces when bytes were first seen to be missing
    Bytes bytes;                              ///< delivered
    std::size_t unkept = 0;                   ///< delivered beyond what is kept
    std::map<std::int64_t, Waiting> waiting;  ///< by offset from the first byte
    std::size_t bytes_waiting = 0;
    Place end;  ///< where its FIN stands
    std::optional<std::size_t> ambiguous;
    std::optional<std::size_t> rewritten;
    bool ended = false;
    bool came_before = false;  ///< bytes that stand before its first came, or were acknowledged, after it
  };

  struct Piece {
    std::size_t from;
    Instant at;
    std::size_t begin;  ///< in its direction's bytes
    std::size_t size;
    Place answers;  ///< bytes of the other side that its sender had received
  };

  void take_syn(const TcpPacket& packet, std::size_t from);
  void take_data(const TcpPacket& packet, std::size_t from);
  static void wait(Direction& direction, std::int64_t offset, ByteView bytes, Place answers);
  void begin_at(std::size_t from, std::uint32_t syn);
  void choose_syn(std::size_t from, std::uint32_t first_byte);
  void acknowledge(std::size_t sender, std::uint32_t number);
  void deliver(std::size_t from, Instant at);
  void look_for_hole(std::size_t from);
  static void compare(Direction& direction, std::int64_t offset, ByteView bytes);
  void end(std::size_t from, Instant at, Ending::How how);
  static std::int64_t offset_of(Direction& direction, std::uint32_t sequence);
  std::vector<std::size_t> causal_order(std::vector<std::size_t>& before) const;
  TcpConversation::Half half(std::size_t from) const;

  Instant opened_;
  Instant last_;
  std::array<Direction, 2> directions_;  ///< the sender of the first packet first
  std::optional<std::size_t> opener_;
  std::vector<Piece> pieces_;
  std::vector<TcpConversation::End> ends_;
};

}  // namespace ti

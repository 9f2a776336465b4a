#pragma once
// Captured frames to TCP segments, through whatever tunnels; what is none is counted.
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "capture/ip_packet.hpp"
#include "capture/link_layer.hpp"
#include "capture/packet_reader.hpp"

namespace ti {

/// TcpPacket views the payload in the frame, or in what its opener put together.
struct TcpPacket {
  IpEndpoint from;
  IpEndpoint to;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;  ///< of the other side's bytes, if `ack`
  bool syn = false;
  bool ack = false;
  bool fin = false;
  bool rst = false;
  ByteView payload;            ///< as far as it was captured
  std::size_t uncaptured = 0;  ///< bytes of payload that followed on the wire but not in the file
};

/// PacketOpener opens VLAN tags, PPPoE, MPLS, GRE, VXLAN, Geneve, GTP-U and IP in IP, and joins IP fragments.
class PacketOpener {
 public:
  /// The TCP segment in a frame, valid until the next call; nothing if there is none, which is then counted.
  std::optional<TcpPacket> open(const Frame& frame);

  /// What was not read, a phrase each: "412 packets of QUIC", "3 DTLS connections".
  std::vector<std::string> unread() const;

 private:
  using Pair = std::pair<IpEndpoint, IpEndpoint>;

  std::optional<TcpPacket> open(Carried carried);
  std::optional<Carried> open_udp(const IpPacket& packet);
  void count(const std::string& what) { ++packets_[what]; }

  Fragments fragments_;
  std::vector<Bytes> joined_;  ///< what the segment given last may view
  std::map<std::string, std::size_t> packets_;
  std::set<Pair> quic_;
  std::set<Pair> dtls_;
};

}  // namespace ti

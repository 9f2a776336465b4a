#pragma once
// One captured frame as a TCP segment.
#include <array>
#include <optional>
#include <string>
#include <tuple>

#include "capture/packet_file.hpp"

namespace ti {

struct TcpEndpoint {
  bool v6 = false;
  std::array<std::uint8_t, 16> address{};  ///< the first four bytes for IPv4
  std::uint16_t port = 0;

  bool operator==(const TcpEndpoint&) const = default;
  bool operator<(const TcpEndpoint& right) const {
    return std::tie(v6, address, port) < std::tie(right.v6, right.address, right.port);
  }
  std::string address_text() const;
};

/// TcpPacket views the payload in the frame.
struct TcpPacket {
  TcpEndpoint from;
  TcpEndpoint to;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;  ///< of the other side's bytes, if `ack`
  bool syn = false;
  bool ack = false;
  bool fin = false;
  bool rst = false;
  ByteView payload;            ///< as far as it was captured
  std::size_t uncaptured = 0;  ///< bytes of payload that followed on the wire but not in the file
};

/// The TCP segment in a frame; nothing if there is none, or only a fragment of one, or its headers are cut off.
std::optional<TcpPacket> tcp_packet_of(const Frame& frame);

/// Whether frames of this link type can be read.
bool is_known_link_type(std::uint16_t link_type);

}  // namespace ti

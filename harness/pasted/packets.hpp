#pragma once
// Packets that a text prints, as a capture file.
#include <chrono>
#include <string>

#include "pasted/pasted.hpp"

namespace ti {

/// PrintedPacket is one TCP segment as far as it is printed.
struct PrintedPacket {
  std::chrono::nanoseconds at{0};
  std::string from;  ///< IPv4 or IPv6 address
  std::string to;
  std::uint16_t from_port = 0;
  std::uint16_t to_port = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;
  std::uint8_t flags = 0;
  Bytes payload;
  std::size_t missing = 0;  ///< bytes of the payload that are not printed
};

/// PrintedPackets writes a pcap file (nanoseconds, raw IP) of packets.
class PrintedPackets {
 public:
  void add(const PrintedPacket& packet);
  /// An IP packet with its header, or an Ethernet or Linux cooked frame around it. False if it is none, or its length
  /// is not the one that it says.
  bool add_raw(std::chrono::nanoseconds at, ByteView frame);

  bool empty() const { return packets_ == 0; }
  Bytes file() const;

 private:
  void write(std::chrono::nanoseconds at, ByteView bytes, std::size_t whole);

  Bytes body_;
  std::size_t packets_ = 0;
};

/// The packets of one format, unless those of another were found already.
void add_packets(const PrintedPackets& packets, Pasted& pasted);

}  // namespace ti

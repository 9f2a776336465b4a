#pragma once
// Packets and capture files made by hand.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "capture/capture.hpp"

namespace ti {

inline constexpr std::uint8_t fin = 1, syn = 2, rst = 4, ack = 16;

inline Bytes operator+(Bytes left, ByteView right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

inline Bytes number(std::uint64_t value, std::size_t size, bool little = false) {
  Bytes bytes;
  for (std::size_t i = 0; i < size; ++i)
    bytes.push_back(static_cast<std::uint8_t>(value >> 8 * (little ? i : size - 1 - i)));
  return bytes;
}

/// A ClientHello record's first bytes, with n bytes in all.
inline Bytes hello(std::size_t n, std::uint8_t fill = 0xaa) {
  Bytes bytes = {22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3};
  bytes.resize(n, fill);
  return bytes;
}

/// The same of a ServerHello.
inline Bytes reply(std::size_t n) {
  Bytes bytes = {22, 3, 3, 0, 200, 2, 0, 0, 196, 3, 3};
  bytes.resize(n, 7);
  return bytes;
}

struct Tcp {
  bool by_client;
  std::uint32_t sequence;
  std::uint8_t flags;
  Bytes payload = {};
  std::uint16_t client_port = 40000;
  std::uint32_t acknowledged = 0;  ///< 0: acknowledges nothing
};

inline Bytes tcp(const Tcp& segment) {
  const std::uint16_t from = segment.by_client ? segment.client_port : 443;
  const std::uint16_t to = segment.by_client ? 443 : segment.client_port;
  const int flags = segment.acknowledged == 0 ? segment.flags & ~ack : segment.flags | ack;
  return number(from, 2) + number(to, 2) + number(segment.sequence, 4) + number(segment.acknowledged, 4) +
         number(0x5000 | flags, 2) + number(0, 6) + segment.payload;
}

inline Bytes ipv4(const Tcp& segment) {
  const Bytes client = {10, 0, 0, 1}, server = {10, 0, 0, 2};
  const Bytes payload = tcp(segment);
  return number(0x45, 1) + number(0, 1) + number(20 + payload.size(), 2) + number(0, 4) + Bytes{64, 6, 0, 0} +
         (segment.by_client ? client + server : server + client) + payload;
}

inline Bytes ipv6(const Tcp& segment) {
  const Bytes client = from_hex("20010db8000000000000000000000001");
  const Bytes server = from_hex("20010db8000000000000000000000002");
  const Bytes hop_by_hop = from_hex("0600050200000000");
  const Bytes payload = hop_by_hop + tcp(segment);
  return number(0x60000000, 4) + number(payload.size(), 2) + Bytes{0, 64} +
         (segment.by_client ? client + server : server + client) + payload;
}

inline Bytes ethernet(const Bytes& packet, const Bytes& tags = {}) {
  const Bytes type = packet[0] >> 4 == 4 ? Bytes{8, 0} : Bytes{0x86, 0xdd};
  return Bytes(12) + tags + type + packet;
}

struct Format {
  bool little = true;
  bool nano = false;
  std::uint32_t link_type = 1;
};

/// A pcap file of packets a millisecond apart.
inline Bytes pcap(const std::vector<Bytes>& packets, Format format = {}) {
  const auto n = [&](std::uint64_t value, std::size_t size) { return number(value, size, format.little); };
  Bytes file =
      n(format.nano ? 0xa1b23c4d : 0xa1b2c3d4, 4) + n(2, 2) + n(4, 2) + n(0, 8) + n(65535, 4) + n(format.link_type, 4);
  std::uint64_t at = 0;
  for (const Bytes& packet : packets)
    file = file + n(1'600'000'000, 4) + n(format.nano ? at++ * 1'000'000 : at++ * 1000, 4) + n(packet.size(), 4) +
           n(packet.size(), 4) + packet;
  return file;
}

inline Bytes pcap_of(const std::vector<Tcp>& segments) {
  std::vector<Bytes> packets;
  for (const Tcp& segment : segments) packets.push_back(ipv4(segment));
  return pcap(packets, {true, false, 101});
}

inline Bytes block(std::uint32_t type, Bytes body, bool little) {
  body.resize((body.size() + 3) / 4 * 4);
  const Bytes length = number(body.size() + 12, 4, little);
  return number(type, 4, little) + length + body + length;
}

inline Bytes section(bool little) {
  return block(0x0a0d0d0a, number(0x1a2b3c4d, 4, little) + number(1, 2, little) + number(0, 2) + number(~0ull, 8),
               little);
}

inline Bytes interface(bool little, std::uint16_t link_type, const Bytes& options = {}) {
  return block(1, number(link_type, 2, little) + Bytes(6) + options, little);
}

inline Bytes enhanced(bool little, std::uint64_t ticks, const Bytes& packet, std::uint32_t id = 0) {
  return block(6,
               number(id, 4, little) + number(ticks >> 32, 4, little) + number(ticks & 0xffffffff, 4, little) +
                   number(packet.size(), 4, little) + number(packet.size(), 4, little) + packet,
               little);
}

inline Bytes stream(const Recording& recording, Side side) {
  Bytes bytes;
  for (const Segment& segment : recording.segments)
    if (segment.from == side) bytes = bytes + segment.bytes;
  return bytes;
}

inline std::vector<std::string> gaps(const Recording& recording) {
  std::vector<std::string> gaps;
  for (const Gap& gap : recording.gaps)
    gaps.push_back(std::string(name(gap.from)) + " after " + std::to_string(gap.after_segment) + ": " +
                   std::to_string(gap.bytes));
  return gaps;
}

inline CaptureFile read(const Bytes& file) {
  auto capture = read_capture(file);
  EXPECT_TRUE(capture) << (capture ? "" : capture.error().text());
  return capture ? *capture : CaptureFile{};
}

}  // namespace ti

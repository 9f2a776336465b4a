#include "pasted/packets.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>

#include "base/text.hpp"

namespace ti {

namespace {

constexpr std::uint8_t tcp = 6;
constexpr std::size_t tcp_header = 20;
constexpr std::size_t least_ip = 20;

void put(Bytes& out, std::uint64_t value, std::size_t size) {
  while (size-- > 0) out.push_back(static_cast<std::uint8_t>(value >> 8 * size));
}

void put(Bytes& out, ByteView bytes) { std::copy(bytes.begin(), bytes.end(), std::back_inserter(out)); }

/// The four bytes of `127.0.0.1`; for anything else, four that stand for it.
Bytes address4(const std::string& text) {
  Bytes bytes;
  for (const std::string& part : split(text, '.')) {
    const bool number = !part.empty() && part.size() <= 3 && part.find_first_not_of("0123456789") == part.npos;
    if (number) put(bytes, std::stoul(part), 1);
  }
  if (bytes.size() == 4) return bytes;
  Bytes instead{10};
  put(instead, std::hash<std::string>()(text), 3);
  return instead;
}

/// The length that an IP packet says.
std::size_t length_of(ByteView ip) {
  return ip[0] >> 4 == 4 ? ip[2] * std::size_t{256} + ip[3] : 40 + ip[4] * std::size_t{256} + ip[5];
}

/// Whether bytes are an IP packet with TCP in it, no longer than it says but for the padding of a frame. A hardware
/// address may begin like one.
bool is_tcp_in_ip(ByteView ip) {
  constexpr std::size_t padding = 46;
  const int version = ip[0] >> 4;
  const std::size_t length = length_of(ip);
  return ((version == 4 && ip[9] == tcp) || (version == 6 && ip[6] == tcp)) && ip.size() <= length + padding &&
         length >= tcp_header;
}

/// The IP packet in a frame, if it carries TCP.
std::optional<ByteView> ip_in(ByteView frame) {
  constexpr std::size_t ethernet = 14;
  constexpr std::size_t cooked = 16;
  for (const std::size_t at : {std::size_t{0}, ethernet, ethernet + 4, cooked}) {
    if (frame.size() < at + least_ip) break;
    const bool announced =
        at == 0 || (frame[at - 2] == 0x08 && frame[at - 1] == 0x00) || (frame[at - 2] == 0x86 && frame[at - 1] == 0xdd);
    const ByteView ip = frame.subspan(at);
    if (announced && is_tcp_in_ip(ip)) return ip;
  }
  return std::nullopt;
}

}  // namespace

void PrintedPackets::write(std::chrono::nanoseconds at, ByteView bytes, std::size_t whole) {
  constexpr std::int64_t second = 1'000'000'000;
  put(body_, static_cast<std::uint64_t>(at.count() / second), 4);
  put(body_, static_cast<std::uint64_t>(at.count() % second), 4);
  put(body_, bytes.size(), 4);
  put(body_, whole, 4);
  put(body_, bytes);
  ++packets_;
}

void PrintedPackets::add(const PrintedPacket& packet) {
  constexpr std::size_t ip_header = 20;
  constexpr std::uint8_t hops = 64;
  const std::size_t whole = ip_header + tcp_header + packet.payload.size() + packet.missing;
  constexpr std::size_t longest = 65535;
  if (whole > longest) return;
  Bytes bytes;
  put(bytes, 0x4500, 2);
  put(bytes, whole, 2);
  put(bytes, 0, 4);
  put(bytes, hops, 1);
  put(bytes, tcp, 1);
  put(bytes, 0, 2);
  put(bytes, address4(packet.from));
  put(bytes, address4(packet.to));
  put(bytes, packet.from_port, 2);
  put(bytes, packet.to_port, 2);
  put(bytes, packet.sequence, 4);
  put(bytes, packet.acknowledged, 4);
  put(bytes, 0x50, 1);
  put(bytes, packet.flags, 1);
  put(bytes, longest, 2);
  put(bytes, 0, 4);
  put(bytes, packet.payload);
  write(packet.at, bytes, whole);
}

bool PrintedPackets::add_raw(std::chrono::nanoseconds at, ByteView frame) {
  const auto ip = ip_in(frame);
  if (!ip) return false;
  const std::size_t length = length_of(*ip);
  write(at, ip->first(std::min(ip->size(), length)), length);
  return true;
}

Bytes PrintedPackets::file() const {
  constexpr std::uint32_t nanosecond_magic = 0xa1b23c4d;
  constexpr std::uint32_t raw_ip = 101;
  constexpr std::uint32_t longest_packet = 262144;
  if (empty()) return {};
  Bytes file;
  put(file, nanosecond_magic, 4);
  put(file, 2, 2);
  put(file, 4, 2);
  put(file, 0, 8);
  put(file, longest_packet, 4);
  put(file, raw_ip, 4);
  put(file, body_);
  return file;
}

void add_packets(const PrintedPackets& packets, Pasted& pasted) {
  if (pasted.capture.empty()) pasted.capture = packets.file();
}

}  // namespace ti

#include "capture/tcp_packet.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "capture/pcapng.hpp"

namespace ti {

namespace {

constexpr std::uint8_t tcp = 6;

bool is_vlan(std::uint16_t ethertype) { return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100; }

std::optional<ByteView> ip_after(std::uint16_t ethertype, Reader in) {
  while (is_vlan(ethertype)) {
    in.u16();
    ethertype = in.u16();
  }
  if (ethertype != 0x0800 && ethertype != 0x86dd) return std::nullopt;
  return in.rest();
}

std::optional<ByteView> ip_packet(const Frame& frame) {
  Reader in(frame.bytes);
  switch (frame.link_type) {
    case linktype::ethernet: {
      in.take(12);
      const std::uint16_t ethertype = in.u16();
      return ip_after(ethertype, in);
    }
    case linktype::linux_sll: {
      in.take(14);
      const std::uint16_t ethertype = in.u16();
      return ip_after(ethertype, in);
    }
    case linktype::linux_sll2: {
      const std::uint16_t ethertype = in.u16();
      in.take(18);
      return ip_after(ethertype, in);
    }
    case linktype::null_loopback:
    case linktype::loop:
      in.take(4);
      return in.rest();
    default:
      return in.rest();
  }
}

/// IpPayload is what an IP packet carries, as far as it was captured; `length` is what it was on the wire.
struct IpPayload {
  TcpEndpoint from;  ///< without ports
  TcpEndpoint to;
  std::uint8_t protocol;
  ByteView bytes;
  std::size_t length;
};

TcpEndpoint host(ByteView address) {
  TcpEndpoint host;
  host.v6 = address.size() == 16;
  std::copy(address.begin(), address.end(), host.address.begin());
  return host;
}

/// A length field of zero means that the sending host's network card was to fill it in.
std::optional<IpPayload> payload_of(const IpPayload& headers, ByteView rest, std::size_t declared) {
  IpPayload payload = headers;
  payload.length = declared == 0 ? rest.size() : declared;
  payload.bytes = rest.first(std::min(rest.size(), payload.length));
  return payload;
}

std::optional<IpPayload> read_ipv4(Reader in) {
  const std::size_t header = (in.u8() & 0x0f) * std::size_t{4};
  in.u8();
  const std::size_t total = in.u16();
  in.u16();
  const bool fragment = (in.u16() & 0x3fff) != 0;
  in.u8();
  const std::uint8_t protocol = in.u8();
  in.u16();
  const ByteView from = in.take(4);
  const ByteView to = in.take(4);
  if (header < in.at() || (total != 0 && total < header) || fragment) return std::nullopt;
  in.take(header - in.at());
  if (!in.ok()) return std::nullopt;
  return payload_of({host(from), host(to), protocol, {}, 0}, in.rest(), total == 0 ? 0 : total - header);
}

std::optional<IpPayload> read_ipv6(Reader in) {
  constexpr std::uint8_t hop_by_hop = 0;
  constexpr std::uint8_t routing = 43;
  constexpr std::uint8_t fragment = 44;
  constexpr std::uint8_t destination_options = 60;

  in.u32();
  std::size_t length = in.u16();
  std::uint8_t protocol = in.u8();
  in.u8();
  const ByteView from = in.take(16);
  const ByteView to = in.take(16);
  while (in.ok() &&
         (protocol == hop_by_hop || protocol == routing || protocol == fragment || protocol == destination_options)) {
    const std::uint8_t next = in.u8();
    const std::size_t extension = (in.u8() + std::size_t{1}) * 8;
    const ByteView content = in.take(protocol == fragment ? 6 : extension - 2);
    const std::size_t taken = content.size() + 2;
    if (!in.ok() || (length != 0 && length <= taken)) return std::nullopt;
    if (protocol == fragment && (Reader(content).u16() & 0xfff9) != 0) return std::nullopt;
    if (length != 0) length -= taken;
    protocol = next;
  }
  if (!in.ok()) return std::nullopt;
  return payload_of({host(from), host(to), protocol, {}, 0}, in.rest(), length);
}

std::optional<IpPayload> read_ip(ByteView packet) {
  if (packet.empty()) return std::nullopt;
  switch (packet[0] >> 4) {
    case 4:
      return read_ipv4(Reader(packet));
    case 6:
      return read_ipv6(Reader(packet));
    default:
      return std::nullopt;
  }
}

std::optional<TcpPacket> read_tcp(const IpPayload& ip) {
  constexpr std::uint8_t fin = 0x01;
  constexpr std::uint8_t syn = 0x02;
  constexpr std::uint8_t rst = 0x04;
  constexpr std::uint8_t ack = 0x10;

  Reader in(ip.bytes);
  TcpPacket packet;
  packet.from = ip.from;
  packet.to = ip.to;
  packet.from.port = in.u16();
  packet.to.port = in.u16();
  packet.sequence = in.u32();
  packet.acknowledged = in.u32();
  const std::size_t header = (in.u8() >> 4) * std::size_t{4};
  const std::uint8_t flags = in.u8();
  in.take(6);
  if (header < in.at()) return std::nullopt;
  in.take(header - in.at());
  if (!in.ok()) return std::nullopt;
  packet.syn = (flags & syn) != 0;
  packet.ack = (flags & ack) != 0;
  packet.fin = (flags & fin) != 0;
  packet.rst = (flags & rst) != 0;
  packet.payload = in.rest();
  packet.uncaptured = ip.length - ip.bytes.size();
  return packet;
}

}  // namespace

std::string TcpEndpoint::address_text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(v6 ? AF_INET6 : AF_INET, address.data(), buffer.data(), buffer.size());
  return buffer.data();
}

std::optional<TcpPacket> tcp_packet_of(const Frame& frame) {
  const auto packet = ip_packet(frame);
  const auto payload = packet ? read_ip(*packet) : std::nullopt;
  if (!payload || payload->protocol != tcp) return std::nullopt;
  return read_tcp(*payload);
}

bool is_known_link_type(std::uint16_t link_type) {
  switch (link_type) {
    case linktype::null_loopback:
    case linktype::ethernet:
    case linktype::raw_bsd:
    case linktype::raw_openbsd:
    case linktype::raw:
    case linktype::loop:
    case linktype::linux_sll:
    case linktype::ipv4:
    case linktype::ipv6:
    case linktype::linux_sll2:
      return true;
    default:
      return false;
  }
}

}  // namespace ti

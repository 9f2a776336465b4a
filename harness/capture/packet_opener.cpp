#include "capture/packet_opener.hpp"

#include <algorithm>
#include <utility>

#include "capture/pcapng.hpp"

namespace ti {

namespace {

namespace protocol {
constexpr std::uint8_t ipv4 = 4;
constexpr std::uint8_t tcp = 6;
constexpr std::uint8_t udp = 17;
constexpr std::uint8_t ipv6 = 41;
constexpr std::uint8_t gre = 47;
constexpr std::uint8_t ethernet = 143;
}  // namespace protocol

std::optional<TcpPacket> read_tcp(const IpPacket& ip) {
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

/// RFC 2784, RFC 2890, and version 1 of RFC 2637, which carries PPP; ERSPAN's headers stand before its frame.
std::optional<Carried> read_gre(ByteView bytes) {
  constexpr std::uint16_t pptp = 0x880b, erspan_2 = 0x88be, erspan_3 = 0x22eb;
  Reader in(bytes);
  const std::uint16_t flags = in.u16();
  std::uint16_t type = in.u16();
  const bool checksum = (flags & 0x8000) != 0, key = (flags & 0x2000) != 0, sequence = (flags & 0x1000) != 0;
  const bool acknowledgement = (flags & 0x0080) != 0;
  in.take((checksum ? 4 : 0) + (key ? 4 : 0) + (sequence ? 4 : 0));
  if ((flags & 7) == 1 && acknowledgement) in.u32();
  if (type == erspan_2 && sequence) in.take(8);
  if (type == erspan_3) in.take(12);
  if (type == erspan_2 || type == erspan_3) type = ethertype::bridged;
  if (!in.ok()) return std::nullopt;
  if (type == pptp) return carried_by(linktype::ppp, in.rest());
  return Carried{type, in.rest()};
}

/// RFC 7348 5.
std::optional<Carried> read_vxlan(Reader in) {
  in.take(8);
  return in.ok() ? std::optional(Carried{ethertype::bridged, in.rest()}) : std::nullopt;
}

/// RFC 8926 3.4.
std::optional<Carried> read_geneve(Reader in) {
  const std::size_t options = (in.u8() & 0x3f) * std::size_t{4};
  in.u8();
  const std::uint16_t type = in.u16();
  in.take(4 + options);
  return in.ok() ? std::optional(Carried{type, in.rest()}) : std::nullopt;
}

/// 3GPP TS 29.281 5: a G-PDU, with its optional fields and extension headers.
std::optional<Carried> read_gtp_u(Reader in) {
  constexpr std::uint8_t g_pdu = 255;
  const std::uint8_t flags = in.u8();
  const std::uint8_t type = in.u8();
  in.take(6);
  if (flags >> 5 != 1 || type != g_pdu) return std::nullopt;
  if ((flags & 7) != 0) {
    in.take(3);
    std::uint8_t extension = in.u8();
    while (in.ok() && extension != 0) {
      const std::size_t words = in.u8();
      const ByteView content = in.take(words == 0 ? 0 : words * 4 - 1);
      if (content.empty()) return std::nullopt;
      extension = content.back();
    }
  }
  if (!in.ok() || in.left() == 0) return std::nullopt;
  const ByteView packet = in.rest();
  return Carried{packet[0] >> 4 == 6 ? ethertype::ipv6 : ethertype::ipv4, packet};
}

/// A long header (RFC 8999 5.1) of a version that is in use.
bool is_quic(ByteView payload) {
  Reader in(payload);
  const std::uint8_t first = in.u8();
  const std::uint32_t version = in.u32();
  const bool known = version == 1 || version == 0x6b3343cf || version >> 8 == 0xff0000 || version >> 24 == 'Q' ||
                     version >> 24 == 'T' || version == 0;
  return in.ok() && (first & 0x80) != 0 && known && payload.size() >= 7;
}

/// RFC 6347 4.1: a record of a first flight.
bool is_dtls_handshake(ByteView payload) {
  Reader in(payload);
  const std::uint8_t type = in.u8();
  const std::uint16_t version = in.u16();
  in.take(8);
  const std::size_t length = in.u16();
  return in.ok() && type == 22 && (version == 0xfeff || version == 0xfefd || version == 0x0100) && length <= in.left();
}

const char* name_of_protocol(std::uint8_t protocol) {
  switch (protocol) {
    case 1:
    case 58:
      return "ICMP";
    case 2:
      return "IGMP";
    case 50:
      return "IPsec ESP";
    case 89:
      return "OSPF";
    case 132:
      return "SCTP";
    default:
      return nullptr;
  }
}

std::string name_of_link_type(std::uint16_t link_type) {
  std::string number = "link type " + std::to_string(link_type);
  if (link_type == linktype::ieee802_11 || link_type == linktype::ieee802_11_radiotap) return number + " (802.11)";
  return number;
}

std::string counted(std::size_t n, const std::string& one, const std::string& many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

}  // namespace

std::optional<TcpPacket> PacketOpener::open(const Frame& frame) {
  joined_.clear();
  if (!is_known_link_type(frame.link_type)) {
    count(name_of_link_type(frame.link_type));
    return std::nullopt;
  }
  const auto carried = carried_by(frame.link_type, frame.bytes);
  if (carried) return open(*carried);
  count("what is not IP");
  return std::nullopt;
}

std::optional<TcpPacket> PacketOpener::open(Carried carried) {
  constexpr int most_layers = 8;
  std::optional<Carried> inner = carried;
  for (int layer = 0; inner && layer < most_layers; ++layer) {
    if (inner->type != ethertype::ipv4 && inner->type != ethertype::ipv6) {
      count(inner->type == ethertype::arp ? "ARP" : "what is not IP");
      return std::nullopt;
    }
    std::optional<IpPacket> ip = read_ip(inner->bytes);
    if (ip && ip->fragment) {
      std::optional<Bytes> whole = fragments_.add(*ip);
      if (!whole) return std::nullopt;
      joined_.push_back(std::move(*whole));
      ip->bytes = joined_.back();
      ip->length = joined_.back().size();
    }
    if (!ip) break;
    switch (ip->protocol) {
      case protocol::tcp:
        if (const auto packet = read_tcp(*ip)) return packet;
        count("TCP whose headers are cut off");
        return std::nullopt;
      case protocol::ipv4:
        inner = Carried{ethertype::ipv4, ip->bytes};
        break;
      case protocol::ipv6:
        inner = Carried{ethertype::ipv6, ip->bytes};
        break;
      case protocol::ethernet:
        inner = unwrap({ethertype::bridged, ip->bytes});
        break;
      case protocol::gre:
        if (const auto tunnelled = read_gre(ip->bytes)) inner = unwrap(*tunnelled);
        break;
      case protocol::udp: {
        inner = open_udp(*ip);
        if (!inner) return std::nullopt;
        inner = unwrap(*inner);
        break;
      }
      default:
        count(name_of_protocol(ip->protocol) != nullptr ? name_of_protocol(ip->protocol)
                                                        : "IP protocol " + std::to_string(ip->protocol));
        return std::nullopt;
    }
  }
  count("IP whose headers cannot be read");
  return std::nullopt;
}

/// What a tunnel in UDP carries; nothing, and counted, when it is none.
std::optional<Carried> PacketOpener::open_udp(const IpPacket& packet) {
  constexpr std::uint16_t vxlan = 4789, vxlan_of_old = 8472, geneve = 6081, gtp_u = 2152;
  Reader in(packet.bytes);
  IpEndpoint from = packet.from;
  IpEndpoint to = packet.to;
  from.port = in.u16();
  to.port = in.u16();
  in.u32();
  const auto is = [&](std::uint16_t port) { return from.port == port || to.port == port; };
  std::optional<Carried> carried;
  if (to.port == vxlan || to.port == vxlan_of_old) carried = read_vxlan(in);
  if (to.port == geneve) carried = read_geneve(in);
  if (is(gtp_u)) carried = read_gtp_u(in);
  if (carried) return carried;

  const ByteView payload = in.rest();
  const Pair pair = std::minmax(from, to);
  if (is_dtls_handshake(payload)) dtls_.insert(pair);
  if (is_quic(payload)) quic_.insert(pair);
  count(quic_.contains(pair) ? "QUIC" : dtls_.contains(pair) ? "DTLS" : "UDP");
  return std::nullopt;
}

std::vector<std::string> PacketOpener::unread() const {
  std::vector<std::string> phrases;
  for (const auto& [what, packets] : packets_)
    if (what != "DTLS") phrases.push_back(counted(packets, "packet", "packets") + " of " + what);
  if (!dtls_.empty()) phrases.push_back(counted(dtls_.size(), "DTLS connection", "DTLS connections"));
  if (fragments_.left() > 0)
    phrases.push_back(counted(fragments_.left(), "IP fragment", "IP fragments") + " of packets that are not whole");
  return phrases;
}

}  // namespace ti

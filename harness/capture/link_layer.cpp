#include "capture/link_layer.hpp"

#include <algorithm>
#include <iterator>

#include "capture/pcapng.hpp"

namespace ti {

namespace {

constexpr std::uint16_t raw_ip = 0;  ///< the packet's first four bits say which

std::optional<Carried> rest_of(std::uint16_t type, Reader in) {
  if (!in.ok()) return std::nullopt;
  return Carried{type, in.rest()};
}

std::uint16_t ip_version_of(ByteView packet) {
  const int version = packet.empty() ? 0 : packet[0] >> 4;
  return version == 4 ? ethertype::ipv4 : version == 6 ? ethertype::ipv6 : raw_ip;
}

/// An Ethernet header with a length instead of a type carries LLC, mostly followed by SNAP, which has a type.
std::optional<Carried> ethernet(Reader in) {
  constexpr std::uint16_t longest_length = 1500;
  in.take(12);
  const std::uint16_t type = in.u16();
  if (type > longest_length) return rest_of(type, in);
  in.take(6);
  const std::uint16_t snap_type = in.u16();
  return rest_of(snap_type, in);
}

/// RFC 1661 2, with the address and control bytes of RFC 1662 if they are there.
std::optional<Carried> ppp(Reader in) {
  std::uint16_t protocol = in.u16();
  if (protocol == 0xff03) protocol = in.u16();
  if (protocol == 0x0021) return rest_of(ethertype::ipv4, in);
  if (protocol == 0x0057) return rest_of(ethertype::ipv6, in);
  return rest_of(protocol == 0x0281 ? 0x8847 : 0xffff, in);
}

/// RFC 2516 4.
std::optional<Carried> pppoe(Reader in) {
  in.take(6);
  return ppp(in);
}

/// RFC 3032 2.1; what stands behind the last label is not said: IP by its version, or Ethernet, perhaps behind the
/// control word of RFC 4385.
std::optional<Carried> mpls(Reader in) {
  constexpr std::uint32_t bottom_of_stack = 0x100;
  while (in.ok() && (in.u32() & bottom_of_stack) == 0) continue;
  Reader ahead = in;
  const ByteView rest = ahead.rest();
  if (ip_version_of(rest) != raw_ip) return rest_of(ip_version_of(rest), in);
  if (!rest.empty() && rest[0] == 0) in.u32();
  return rest_of(ethertype::bridged, in);
}

/// An address family, whose numbers and byte order differ from system to system: the packet tells better.
std::optional<Carried> null_or_loop(Reader in) {
  in.take(4);
  return rest_of(raw_ip, in);
}

/// Linux netfilter's log: a header, then fields of length and type, of which type 9 is the packet.
std::optional<Carried> nflog(Reader in) {
  constexpr std::uint16_t payload = 9;
  in.take(4);
  while (in.ok() && in.left() > 4) {
    const ByteView head = in.take(4);
    const std::size_t length = head[0] | head[1] << 8;
    const std::uint16_t type = head[2];
    if (length < 4) return std::nullopt;
    const ByteView value = in.take(std::min(length - 4, in.left()));
    if (type == payload) return Carried{raw_ip, value};
    in.take(std::min((4 - length % 4) % 4, in.left()));
  }
  return std::nullopt;
}

std::optional<Carried> linux_cooked(Reader in) {
  in.take(14);
  const std::uint16_t type = in.u16();
  return rest_of(type, in);
}

std::optional<Carried> linux_cooked_2(Reader in) {
  const std::uint16_t type = in.u16();
  in.take(18);
  return rest_of(type, in);
}

std::optional<Carried> link(std::uint16_t link_type, Reader in) {
  switch (link_type) {
    case linktype::ethernet:
      return ethernet(in);
    case linktype::linux_sll:
      return linux_cooked(in);
    case linktype::linux_sll2:
      return linux_cooked_2(in);
    case linktype::null_loopback:
    case linktype::loop:
      return null_or_loop(in);
    case linktype::ppp:
    case linktype::ppp_hdlc:
      return ppp(in);
    case linktype::ppp_ether:
      return pppoe(in);
    case linktype::mpls:
      return mpls(in);
    case linktype::nflog:
      return nflog(in);
    case linktype::raw_bsd:
    case linktype::raw_openbsd:
    case linktype::raw:
    case linktype::ipv4:
    case linktype::ipv6:
      return rest_of(raw_ip, in);
    default:
      return std::nullopt;
  }
}

}  // namespace

bool is_known_link_type(std::uint16_t link_type) {
  constexpr std::uint16_t known[] = {
      linktype::ethernet, linktype::linux_sll,   linktype::linux_sll2, linktype::null_loopback, linktype::loop,
      linktype::ppp,      linktype::ppp_hdlc,    linktype::ppp_ether,  linktype::mpls,          linktype::nflog,
      linktype::raw_bsd,  linktype::raw_openbsd, linktype::raw,        linktype::ipv4,          linktype::ipv6};
  return std::find(std::begin(known), std::end(known), link_type) != std::end(known);
}

std::optional<Carried> carried_by(std::uint16_t link_type, ByteView frame) {
  const auto carried = link(link_type, Reader(frame));
  return carried ? unwrap(*carried) : std::nullopt;
}

std::optional<Carried> unwrap(Carried carried) {
  constexpr int most_layers = 16;
  std::optional<Carried> inner = carried;
  for (int layer = 0; inner && layer < most_layers; ++layer) {
    Reader in(inner->bytes);
    switch (inner->type) {
      case 0x8100:
      case 0x88a8:
      case 0x9100:
      case 0x9200: {
        in.u16();
        const std::uint16_t type = in.u16();
        inner = rest_of(type, in);
        break;
      }
      case 0x8864:
        inner = pppoe(in);
        break;
      case 0x8847:
      case 0x8848:
        inner = mpls(in);
        break;
      case ethertype::bridged:
        inner = ethernet(in);
        break;
      case raw_ip:
        if (ip_version_of(inner->bytes) == raw_ip) return std::nullopt;
        return Carried{ip_version_of(inner->bytes), inner->bytes};
      default:
        return inner;
    }
  }
  return std::nullopt;
}

}  // namespace ti

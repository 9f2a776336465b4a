#include "capture/ip_packet.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace ti {

namespace {

constexpr std::size_t most_pending = 256;
constexpr std::size_t longest_packet = 1 << 16;

IpEndpoint host(ByteView address) {
  IpEndpoint host;
  host.v6 = address.size() == 16;
  std::copy(address.begin(), address.end(), host.address.begin());
  return host;
}

/// A length field of zero means that the sending host's network card was to fill it in.
std::optional<IpPacket> with_payload(IpPacket packet, ByteView rest, std::size_t declared) {
  packet.length = declared == 0 ? rest.size() : declared;
  packet.bytes = rest.first(std::min(rest.size(), packet.length));
  return packet;
}

std::optional<IpPacket> read_ipv4(Reader in) {
  constexpr std::uint16_t more_fragments = 0x2000;
  constexpr std::uint16_t offset_bits = 0x1fff;

  const std::size_t header = (in.u8() & 0x0f) * std::size_t{4};
  in.u8();
  const std::size_t total = in.u16();
  const std::uint16_t id = in.u16();
  const std::uint16_t flags = in.u16();
  in.u8();
  IpPacket packet;
  packet.protocol = in.u8();
  in.u16();
  packet.from = host(in.take(4));
  packet.to = host(in.take(4));
  if (header < in.at() || (total != 0 && total < header)) return std::nullopt;
  in.take(header - in.at());
  if (!in.ok()) return std::nullopt;
  if ((flags & (more_fragments | offset_bits)) != 0)
    packet.fragment = IpPacket::Fragment{id, (flags & offset_bits) * std::size_t{8}, (flags & more_fragments) != 0};
  return with_payload(packet, in.rest(), total == 0 ? 0 : total - header);
}

/// Bytes of an extension header (RFC 8200 4, RFC 4302 2) by its first two; nothing for what is none.
std::optional<std::size_t> extension_bytes(std::uint8_t protocol, std::uint8_t length) {
  switch (protocol) {
    case 0:    // hop-by-hop options
    case 43:   // routing
    case 60:   // destination options
    case 135:  // mobility
    case 139:  // host identity
    case 140:  // shim6
      return (length + std::size_t{1}) * 8;
    case 44:  // fragment
      return 8;
    case 51:  // authentication
      return (length + std::size_t{2}) * 4;
    default:
      return std::nullopt;
  }
}

std::optional<IpPacket> read_ipv6(Reader in) {
  constexpr std::uint8_t fragment_header = 44;

  in.u32();
  std::size_t length = in.u16();
  IpPacket packet;
  packet.protocol = in.u8();
  in.u8();
  packet.from = host(in.take(16));
  packet.to = host(in.take(16));
  while (in.ok() && extension_bytes(packet.protocol, 0) && !(packet.fragment && packet.fragment->offset > 0)) {
    const std::uint8_t next = in.u8();
    const std::size_t bytes = *extension_bytes(packet.protocol, in.u8());
    Reader content(in.take(bytes - 2));
    if (!in.ok() || (length != 0 && length < bytes)) return std::nullopt;
    if (packet.protocol == fragment_header) {
      const std::uint16_t offset = content.u16();
      const IpPacket::Fragment fragment{content.u32(), offset & std::size_t{0xfff8}, (offset & 1) != 0};
      if (fragment.offset != 0 || fragment.more) packet.fragment = fragment;
    }
    if (length != 0) length -= bytes;
    packet.protocol = next;
    if (packet.fragment) break;
  }
  if (!in.ok()) return std::nullopt;
  return with_payload(packet, in.rest(), length);
}

/// The authentication header of IPv4, too, stands before what it protects.
std::optional<IpPacket> without_authentication(std::optional<IpPacket> packet) {
  constexpr std::uint8_t authentication = 51;
  if (!packet || packet->protocol != authentication || packet->fragment) return packet;
  Reader in(packet->bytes);
  const std::uint8_t next = in.u8();
  const std::size_t bytes = *extension_bytes(authentication, in.u8());
  in.take(bytes - 2);
  if (!in.ok() || packet->length < bytes) return std::nullopt;
  packet->protocol = next;
  return with_payload(*packet, in.rest(), packet->length - bytes);
}

}  // namespace

std::string IpEndpoint::address_text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(v6 ? AF_INET6 : AF_INET, address.data(), buffer.data(), buffer.size());
  return buffer.data();
}

std::optional<IpPacket> read_ip(ByteView packet) {
  if (packet.empty()) return std::nullopt;
  switch (packet[0] >> 4) {
    case 4:
      return without_authentication(read_ipv4(Reader(packet)));
    case 6:
      return read_ipv6(Reader(packet));
    default:
      return std::nullopt;
  }
}

std::optional<Bytes> Fragments::join(const Pending& pending) {
  if (!pending.length) return std::nullopt;
  Bytes whole;
  for (const auto& [offset, bytes] : pending.parts) {
    if (offset > whole.size()) return std::nullopt;
    const std::size_t known = std::min(whole.size() - offset, bytes.size());
    whole.insert(whole.end(), bytes.begin() + static_cast<std::ptrdiff_t>(known), bytes.end());
  }
  if (whole.size() < *pending.length) return std::nullopt;
  whole.resize(*pending.length);
  return whole;
}

std::optional<Bytes> Fragments::add(const IpPacket& packet) {
  const IpPacket::Fragment& fragment = *packet.fragment;
  if (fragment.offset + packet.bytes.size() > longest_packet) return std::nullopt;
  const Key key{packet.from, packet.to, packet.protocol, fragment.id};
  const auto [entry, is_new] = pending_.try_emplace(key);
  if (is_new) entry->second.age = ages_.insert(ages_.end(), key);
  Pending& pending = entry->second;
  if (pending.parts.try_emplace(fragment.offset, copy(packet.bytes)).second) ++left_;
  if (!fragment.more) pending.length = fragment.offset + packet.bytes.size();
  std::optional<Bytes> whole = join(pending);
  if (whole) {
    left_ -= pending.parts.size();
    ages_.erase(pending.age);
    pending_.erase(entry);
  } else if (pending_.size() > most_pending) {
    pending_.erase(ages_.front());
    ages_.pop_front();
  }
  return whole;
}

}  // namespace ti

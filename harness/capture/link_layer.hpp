#pragma once
// What stands below IP: frames of every link type, and the tags and tunnels between a frame and its packet.
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace ti {

namespace ethertype {
inline constexpr std::uint16_t ipv4 = 0x0800;
inline constexpr std::uint16_t ipv6 = 0x86dd;
inline constexpr std::uint16_t bridged = 0x6558;  ///< an Ethernet frame
inline constexpr std::uint16_t arp = 0x0806;
}  // namespace ethertype

/// Carried is what a layer carries, called by its EtherType.
struct Carried {
  std::uint16_t type;
  ByteView bytes;
};

/// Whether frames of this link type (LINKTYPE registry) can be read.
bool is_known_link_type(std::uint16_t link_type);

/// What a frame of a known link type carries, VLAN tags, PPPoE, MPLS and frames within frames taken off. Nothing where
/// its headers are cut off.
std::optional<Carried> carried_by(std::uint16_t link_type, ByteView frame);

/// The same, of what a tunnel carries.
std::optional<Carried> unwrap(Carried carried);

}  // namespace ti

#pragma once
// Numbers of the pcapng format (IETF draft-ietf-opsawg-pcapng) and of the LINKTYPE registry.
#include <cstdint>

namespace ti {

namespace pcapng {
inline constexpr std::uint32_t section_header = 0x0a0d0d0a;
inline constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
inline constexpr std::uint32_t interface_description = 1;
inline constexpr std::uint32_t packet = 2;
inline constexpr std::uint32_t simple_packet = 3;
inline constexpr std::uint32_t enhanced_packet = 6;
inline constexpr std::uint32_t decryption_secrets = 10;
inline constexpr std::uint32_t tls_key_log = 0x544c534b;
inline constexpr std::uint16_t opt_endofopt = 0;
inline constexpr std::uint16_t opt_comment = 1;
inline constexpr std::uint16_t if_tsresol = 9;
inline constexpr std::uint16_t if_tsoffset = 14;
}  // namespace pcapng

namespace linktype {
inline constexpr std::uint16_t null_loopback = 0;
inline constexpr std::uint16_t ethernet = 1;
inline constexpr std::uint16_t ppp = 9;
inline constexpr std::uint16_t raw_bsd = 12;
inline constexpr std::uint16_t raw_openbsd = 14;
inline constexpr std::uint16_t ppp_hdlc = 50;
inline constexpr std::uint16_t ppp_ether = 51;
inline constexpr std::uint16_t raw = 101;
inline constexpr std::uint16_t loop = 108;
inline constexpr std::uint16_t linux_sll = 113;
inline constexpr std::uint16_t ieee802_11 = 105;
inline constexpr std::uint16_t ieee802_11_radiotap = 127;
inline constexpr std::uint16_t ipv4 = 228;
inline constexpr std::uint16_t ipv6 = 229;
inline constexpr std::uint16_t mpls = 219;
inline constexpr std::uint16_t nflog = 239;
inline constexpr std::uint16_t linux_sll2 = 276;
}  // namespace linktype

}  // namespace ti

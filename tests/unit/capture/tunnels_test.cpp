// Tags and tunnels between a frame and its TCP segment, IP fragments, and what is no TCP.
#include <gmock/gmock.h>

#include "capture/packets.hpp"

namespace ti {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const Tcp segment{true, 100, ack, hello(50)};

std::size_t connections(const Bytes& packet, std::uint32_t link_type = 1) {
  return read(pcap({packet}, {true, false, link_type})).connections.size();
}

Bytes ipv4_of(std::uint8_t protocol, const Bytes& payload, std::uint16_t id = 0, std::uint16_t fragment = 0) {
  return from_hex("4500") + number(20 + payload.size(), 2) + number(id, 2) + number(fragment, 2) +
         Bytes{64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2} + payload;
}

Bytes ipv6_of(std::uint8_t protocol, const Bytes& payload) {
  return number(0x60000000, 4) + number(payload.size(), 2) + Bytes{protocol, 64} + Bytes(32, 1) + payload;
}

Bytes udp(std::uint16_t port, const Bytes& payload) {
  return number(40001, 2) + number(port, 2) + number(8 + payload.size(), 2) + number(0, 2) + payload;
}

Bytes typed(const char* type, const Bytes& payload) { return Bytes(12) + from_hex(type) + payload; }

TEST(Tunnels, tags_and_sessions_of_the_link) {
  const Bytes ip = ipv4(segment);
  EXPECT_EQ(connections(typed("8864", from_hex("11000001") + number(ip.size() + 2, 2) + from_hex("0021") + ip)), 1u);
  EXPECT_EQ(connections(typed("8847", from_hex("0001014000010140") + ip)), 0u) << "the first label is not the last";
  EXPECT_EQ(connections(typed("8847", from_hex("0001004000010140") + ip)), 1u);
  EXPECT_EQ(connections(typed("8847", from_hex("0001014000000000") + ethernet(ip))), 1u) << "behind a control word";
  EXPECT_EQ(connections(typed("9100", from_hex("0005810000060800") + ip)), 1u);
  EXPECT_EQ(connections(from_hex("ff030021") + ip, 9), 1u);
  EXPECT_EQ(connections(from_hex("0021") + ip, 50), 1u);
  EXPECT_EQ(connections(from_hex("02000000") + number(ip.size() + 4, 2, true) + from_hex("0900") + ip, 239), 1u);
}

TEST(Tunnels, ip_in_whatever) {
  const Bytes inner = ipv4(segment);
  const Bytes inner6 = ipv6(segment);
  const auto over_udp = [&](std::uint16_t port, const Bytes& payload) {
    return connections(ethernet(ipv4_of(17, udp(port, payload))));
  };
  EXPECT_EQ(connections(ethernet(ipv4_of(4, inner))), 1u);
  EXPECT_EQ(connections(ethernet(ipv4_of(41, inner6))), 1u);
  EXPECT_EQ(connections(ethernet(ipv6_of(41, inner6))), 1u);
  EXPECT_EQ(connections(ethernet(ipv6_of(4, inner))), 1u);
  EXPECT_EQ(connections(ethernet(ipv4_of(47, from_hex("00000800") + inner))), 1u);
  EXPECT_EQ(connections(ethernet(ipv4_of(47, from_hex("b0000800000000000000000700000001") + inner))), 1u);
  EXPECT_EQ(connections(ethernet(ipv4_of(47, from_hex("20006558000000ff") + ethernet(inner)))), 1u);
  EXPECT_EQ(connections(ethernet(ipv4_of(47, from_hex("100088be00000001") + Bytes(8) + ethernet(inner)))), 1u);
  EXPECT_EQ(over_udp(4789, from_hex("0800000000002a00") + ethernet(inner)), 1u);
  EXPECT_EQ(over_udp(6081, from_hex("0100655800002a0000000000") + ethernet(inner6)), 1u);
  EXPECT_EQ(over_udp(2152, from_hex("30ff") + number(inner.size(), 2) + from_hex("00000001") + inner), 1u);
  EXPECT_EQ(over_udp(2152, from_hex("34ff") + number(inner.size() + 8, 2) +
                               from_hex("0000000100000085"
                                        "01100100") +
                               inner),
            1u);
  Bytes deep = inner;
  for (int i = 0; i < 50; ++i) deep = ipv4_of(4, deep);
  EXPECT_EQ(connections(ethernet(deep)), 0u) << "there is an end to it";
}

TEST(Tunnels, extension_headers_of_ipv6) {
  const Bytes headers = from_hex("2b00010400000000") + from_hex("3c00000000000000") + from_hex("3300010400000000") +
                        from_hex("06040000") + Bytes(20);
  EXPECT_EQ(connections(ethernet(ipv6_of(0, headers + tcp(segment)))), 1u);
}

TEST(Tunnels, fragments_are_joined_in_any_order) {
  const Bytes whole = tcp(segment);
  const auto part = [&](std::size_t from, std::size_t to) {
    return Bytes(whole.begin() + static_cast<std::ptrdiff_t>(from), whole.begin() + static_cast<std::ptrdiff_t>(to));
  };
  const std::vector<Bytes> v4 = {ethernet(ipv4_of(6, part(32, 48), 7, 0x2004)),
                                 ethernet(ipv4_of(6, part(48, whole.size()), 7, 0x0006)),
                                 ethernet(ipv4_of(6, part(0, 32), 7, 0x2000))};
  const CaptureFile capture = read(pcap(v4));
  ASSERT_THAT(capture.connections, SizeIs(1));
  EXPECT_EQ(stream(capture.connections[0], Side::client), hello(50));
  EXPECT_THAT(capture.unread, IsEmpty());

  const auto v6 = [&](std::uint16_t offset, const Bytes& bytes) {
    return ethernet(ipv6_of(44, from_hex("0600") + number(offset, 2) + number(99, 4) + bytes));
  };
  EXPECT_THAT(read(pcap({v6(33, part(32, 48)), v6(48, part(48, whole.size())), v6(1, part(0, 32))})).connections,
              SizeIs(1));
  EXPECT_THAT(read(pcap({v4[0], v4[1]})).unread, ElementsAre("2 IP fragments of packets that are not whole"));
}

TEST(Tunnels, what_is_no_tcp_is_counted_and_named) {
  const Bytes quic = from_hex("c300000001088394c8f03e51570800") + Bytes(40);
  const Bytes dtls = from_hex("16fefd000000000000000000050100000100");
  const CaptureFile capture =
      read(pcap({ethernet(ipv4_of(17, udp(443, quic))), ethernet(ipv4_of(17, udp(443, Bytes(30, 0x41)))),
                 ethernet(ipv4_of(17, udp(4433, dtls))), ethernet(ipv4_of(1, Bytes(8))),
                 ethernet(ipv4({true, 100, ack, Bytes{'G', 'E', 'T'}}))}));
  EXPECT_THAT(capture.connections, IsEmpty());
  EXPECT_THAT(capture.unread, UnorderedElementsAre("2 packets of QUIC", "1 DTLS connection", "1 packet of ICMP",
                                                   "1 TCP connection without TLS"));
}

}  // namespace
}  // namespace ti

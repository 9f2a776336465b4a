#include "capture/packets.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>

namespace ti {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

std::string error_of(const Bytes& file) {
  const auto capture = read_capture(file);
  return capture ? "no error" : capture.error().text();
}

Recording recording(std::uint16_t client_port, Instant opened) {
  Recording recording;
  recording.client = {"127.0.0.1", client_port};
  recording.server = {"127.0.0.1", 4433};
  recording.opened = opened;
  return recording;
}

constexpr std::chrono::system_clock::time_point epoch{1'700'000'000s};

TEST(Capture, comes_back_as_it_was_written) {
  Recording one = recording(40000, 0ms);
  one.segments = {{Side::client, 1ms, hello(300)},
                  {Side::server, 2ms, reply(5000)},
                  {Side::client, 1234567ns, Bytes{1}},
                  {Side::server, 6ms, Bytes{2}}};
  one.endings = {{Side::client, 5ms, Ending::How::fin, 3}, {Side::server, 7ms, Ending::How::reset, 4}};
  Recording two = recording(40001, 3ms);
  two.segments = {{Side::client, 4ms, hello(20)}};

  const CaptureFile read_back = read(write_pcapng({{one, two}, "CLIENT_RANDOM 00 11\n"}, epoch));

  ASSERT_THAT(read_back.connections, SizeIs(2));
  EXPECT_EQ(read_back.keylog, "CLIENT_RANDOM 00 11\n");
  const Recording& first = read_back.connections[0];
  EXPECT_EQ(first.client.address, "127.0.0.1");
  EXPECT_EQ(first.client.port, 40000);
  EXPECT_EQ(first.server.port, 4433);
  EXPECT_EQ(stream(first, Side::client), stream(one, Side::client));
  EXPECT_EQ(stream(first, Side::server), stream(one, Side::server));
  ASSERT_THAT(first.segments, SizeIs(7));
  EXPECT_EQ(first.segments[0].at, 1ms);
  EXPECT_EQ(first.segments[5].at, 2ms) << "time does not run backwards within a connection";
  EXPECT_EQ(first.segments[6].from, Side::server);
  ASSERT_THAT(first.endings, SizeIs(2));
  EXPECT_EQ(first.endings[0].from, Side::client);
  EXPECT_EQ(first.endings[0].at, 5ms);
  EXPECT_EQ(first.endings[0].how, Ending::How::fin);
  EXPECT_EQ(first.endings[0].after_segment, 6u);
  EXPECT_EQ(first.endings[1].from, Side::server);
  EXPECT_EQ(first.endings[1].how, Ending::How::reset);
  EXPECT_EQ(first.endings[1].after_segment, 7u);
  EXPECT_EQ(read_back.connections[1].opened, 3ms);
  EXPECT_EQ(read_back.connections[1].segments[0].bytes, hello(20));
}

TEST(Capture, two_connections_on_the_same_ports_stay_apart) {
  Recording one = recording(40000, 0ms);
  one.segments = {{Side::client, 1ms, hello(30, 1)}};
  one.endings = {{Side::client, 2ms, Ending::How::fin, 1}, {Side::server, 2ms, Ending::How::fin, 1}};
  Recording two = recording(40000, 3ms);
  two.segments = {{Side::client, 4ms, hello(30, 2)}};
  const CaptureFile capture = read(write_pcapng({{one, two}, ""}, epoch));
  ASSERT_THAT(capture.connections, SizeIs(2));
  EXPECT_EQ(stream(capture.connections[0], Side::client), hello(30, 1));
  EXPECT_EQ(stream(capture.connections[1], Side::client), hello(30, 2));
}

TEST(Capture, the_first_packet_of_data_holds_a_record_header) {
  Recording slow = recording(40000, 0ms);
  for (const std::uint8_t byte : hello(8))
    slow.segments.push_back({Side::client, Instant(slow.segments.size()), {byte}});
  const CaptureFile capture = read(write_pcapng({{slow}, ""}, epoch));
  ASSERT_THAT(capture.connections, SizeIs(1));
  const auto& segments = capture.connections[0].segments;
  ASSERT_THAT(segments, SizeIs(4));
  EXPECT_THAT(segments[0].bytes, SizeIs(5));
  EXPECT_EQ(segments[0].at, 4ns);
  EXPECT_THAT(segments[1].bytes, SizeIs(1));
}

TEST(Capture, keeps_ipv6_addresses) {
  Recording six = recording(40000, 0ms);
  six.client.address = "::1";
  six.server.address = "2001:db8::5";
  six.segments = {{Side::client, 1ms, hello(30)}};
  const CaptureFile capture = read(write_pcapng({{six}, ""}, epoch));
  ASSERT_THAT(capture.connections, SizeIs(1));
  EXPECT_EQ(capture.connections[0].client.address, "::1");
  EXPECT_EQ(capture.connections[0].server.address, "2001:db8::5");
}

TEST(Capture, checksums_are_those_of_rfc_1071) {
  Recording one = recording(40000, 0ms);
  one.segments = {{Side::client, 1ms, hello(31)}};
  const Bytes file = write_pcapng({{one}, ""}, epoch);
  const Bytes payload = hello(31);
  const auto at = std::search(file.begin(), file.end(), payload.begin(), payload.end());
  ASSERT_NE(at, file.end());
  const auto sum = [](ByteView bytes) {
    std::uint32_t total = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) total += i % 2 == 0 ? bytes[i] * 256u : bytes[i];
    return total % 0xffff;
  };
  const Bytes ip(at - 40, at - 20);
  const Bytes segment(at - 20, at + 31);
  EXPECT_EQ(sum(ip), 0u);
  EXPECT_EQ((sum(Bytes(ip.begin() + 12, ip.end())) + 6 + segment.size() + sum(segment)) % 0xffff, 0u);
}

TEST(ReadCapture, pcap_in_both_byte_orders_and_resolutions) {
  const std::vector<Bytes> packets = {
      ethernet(ipv4({true, 99, syn})), ethernet(ipv4({false, 499, syn | ack, {}, 40000, 100})),
      ethernet(ipv4({true, 100, ack, hello(50)})), ethernet(ipv4({false, 500, ack, reply(9)}))};
  for (const Format format : {Format{true, false}, Format{false, false}, Format{true, true}, Format{false, true}}) {
    const CaptureFile capture = read(pcap(packets, format));
    ASSERT_THAT(capture.connections, SizeIs(1));
    const Recording& recording = capture.connections[0];
    EXPECT_EQ(recording.client.address, "10.0.0.1");
    EXPECT_EQ(recording.server.port, 443);
    ASSERT_THAT(recording.segments, SizeIs(2));
    EXPECT_EQ(recording.segments[0].at, 2ms);
    EXPECT_EQ(recording.segments[1].at, 3ms);
    EXPECT_EQ(recording.segments[1].bytes, reply(9));
  }
}

TEST(ReadCapture, every_link_type) {
  const Tcp segment{true, 100, ack, hello(50)};
  const auto connections = [](const Bytes& packet, std::uint32_t link_type) {
    return read(pcap({packet}, {true, false, link_type})).connections.size();
  };
  EXPECT_EQ(connections(ethernet(ipv6(segment)), 1), 1u);
  EXPECT_EQ(connections(ethernet(ipv4(segment), from_hex("81000005")), 1), 1u);
  EXPECT_EQ(connections(ethernet(ipv6(segment), from_hex("88a8000581000006")), 1), 1u);
  EXPECT_EQ(connections(number(2, 4) + ipv4(segment), 0), 1u);
  EXPECT_EQ(connections(number(24, 4) + ipv6(segment), 108), 1u);
  EXPECT_EQ(connections(ipv6(segment), 101), 1u);
  EXPECT_EQ(connections(ipv4(segment), 228), 1u);
  EXPECT_EQ(connections(ipv6(segment), 229), 1u);
  EXPECT_EQ(connections(Bytes(14) + Bytes{8, 0} + ipv4(segment), 113), 1u);
  EXPECT_EQ(connections(Bytes{0x86, 0xdd} + Bytes(18) + ipv6(segment), 276), 1u);
  EXPECT_EQ(connections(ethernet(Bytes(60)), 1), 0u);
  const CaptureFile radio = read(pcap({ipv4(segment)}, {true, false, 127}));
  EXPECT_THAT(radio.connections, IsEmpty());
  EXPECT_THAT(radio.unread, ElementsAre("1 packet of link type 127 (802.11)"));
}

TEST(ReadCapture, ethernet_padding_is_not_payload) {
  const CaptureFile capture = read(pcap({ethernet(ipv4({true, 100, ack, hello(6)})) + Bytes(9)}));
  ASSERT_THAT(capture.connections, SizeIs(1));
  EXPECT_EQ(stream(capture.connections[0], Side::client), hello(6));
}

TEST(ReadCapture, retransmission_overlap_and_order_are_undone) {
  const Bytes bytes = hello(30);
  const auto part = [&](std::size_t from, std::size_t to) { return Bytes(bytes.begin() + from, bytes.begin() + to); };
  const CaptureFile capture = read(pcap_of({{true, 99, syn},
                                            {true, 99, syn},
                                            {true, 110, ack, part(10, 20)},
                                            {true, 100, ack, part(0, 6)},
                                            {true, 100, ack, part(0, 6)},
                                            {true, 103, ack, part(3, 12)},
                                            {true, 130, fin | ack},
                                            {true, 99, ack, Bytes{0xee}},
                                            {true, 115, ack, part(15, 30)}}));
  ASSERT_THAT(capture.connections, SizeIs(1));
  const Recording& recording = capture.connections[0];
  EXPECT_EQ(stream(recording, Side::client), bytes);
  ASSERT_THAT(recording.segments, SizeIs(4));
  EXPECT_EQ(recording.segments[2].at, 5ms) << "a byte counts when all before it are there";
  ASSERT_THAT(recording.endings, SizeIs(1));
  EXPECT_EQ(recording.endings[0].at, 8ms);
}

TEST(ReadCapture, what_was_captured_before_what_it_answers_stands_behind_it) {
  const auto sides = [](const Recording& recording) {
    std::string sides;
    for (const Segment& segment : recording.segments) sides += segment.from == Side::client ? 'c' : 's';
    return sides;
  };
  const std::vector<Tcp> answer_first = {{true, 99, syn},
                                         {false, 499, syn | ack, {}, 40000, 100},
                                         {false, 500, ack, reply(3), 40000, 110},
                                         {true, 100, ack, hello(10), 40000, 500},
                                         {true, 110, ack, Bytes(5), 40000, 503}};
  EXPECT_EQ(sides(read(pcap_of(answer_first)).connections.at(0)), "csc");
  std::vector<Tcp> unasked = answer_first;
  unasked[2].acknowledged = 100;  // it was sent before the hello had come
  EXPECT_EQ(sides(read(pcap_of(unasked)).connections.at(0)), "scc");
}

TEST(ReadCapture, packets_are_taken_in_order_of_time) {
  const std::vector<Bytes> packets = {ipv4({true, 99, syn}), ipv4({true, 100, ack, hello(10)}),
                                      ipv4({false, 500, ack, reply(3)})};
  const Bytes file = pcap(packets, {true, false, 101});
  const std::size_t header = 24;
  const std::size_t first = 16 + packets[0].size();
  const std::size_t second = 16 + packets[1].size();
  const auto part = [&](std::size_t from, std::size_t size) {
    return Bytes(file.begin() + static_cast<std::ptrdiff_t>(from),
                 file.begin() + static_cast<std::ptrdiff_t>(from + size));
  };
  const std::size_t third = file.size() - header - first - second;
  const Bytes shuffled =
      part(0, header) + part(header + first + second, third) + part(header, first) + part(header + first, second);
  const CaptureRecording recording = read(shuffled).connections.at(0);
  ASSERT_THAT(recording.segments, SizeIs(2));
  EXPECT_EQ(recording.segments[0].from, Side::client);
}

TEST(ReadCapture, a_syn_that_comes_again_behind_a_reset_begins_anew) {
  const CaptureFile capture = read(pcap_of({{true, 99, syn},
                                            {true, 100, rst},
                                            {true, 99, syn},
                                            {false, 499, syn | ack, {}, 40000, 100},
                                            {true, 100, ack, hello(10), 40000, 500},
                                            {false, 500, ack, reply(3), 40000, 110}}));
  ASSERT_THAT(capture.connections, SizeIs(1));
  EXPECT_EQ(stream(capture.connections[0], Side::client), hello(10));
}

TEST(ReadCapture, a_hole_stops_its_direction_only) {
  const CaptureFile capture = read(pcap_of({{true, 99, syn},
                                            {true, 100, ack, hello(10)},
                                            {true, 115, ack, Bytes(5)},
                                            {false, 500, ack, reply(3)},
                                            {true, 120, fin | ack},
                                            {false, 503, fin | ack}}));
  ASSERT_THAT(capture.connections, SizeIs(1));
  const Recording& recording = capture.connections[0];
  EXPECT_EQ(stream(recording, Side::client), hello(10));
  EXPECT_EQ(stream(recording, Side::server), reply(3));
  ASSERT_THAT(recording.endings, SizeIs(1));
  EXPECT_EQ(recording.endings[0].from, Side::server);
  EXPECT_THAT(gaps(recording), ElementsAre("client after 1: 5"));
}

TEST(ReadCapture, a_gap_stands_before_what_acknowledges_its_bytes) {
  const std::vector<Tcp> packets = {{true, 99, syn},
                                    {false, 499, syn | ack, {}, 40000, 100},
                                    {true, 100, ack, hello(10), 40000, 500},
                                    {false, 500, ack, reply(3), 40000, 110},
                                    {true, 110, ack, Bytes(7), 40000, 503},
                                    {false, 503, ack, Bytes(4), 40000, 117},
                                    {true, 117, fin | ack, {}, 40000, 507},
                                    {false, 507, fin | ack, {}, 40000, 118}};
  EXPECT_THAT(gaps(read(pcap_of(packets)).connections.at(0)), IsEmpty());

  std::vector<Tcp> lossy = packets;
  lossy.erase(lossy.begin() + 4);
  EXPECT_THAT(gaps(read(pcap_of(lossy)).connections.at(0)), ElementsAre("client after 2: 7"));
  lossy.resize(5);
  EXPECT_THAT(gaps(read(pcap_of(lossy)).connections.at(0)), ElementsAre("client after 2: 7"));
  lossy.push_back(packets[4]);
  EXPECT_THAT(gaps(read(pcap_of(lossy)).connections.at(0)), IsEmpty()) << "it came late";

  lossy = packets;
  lossy.erase(lossy.begin() + 3);
  EXPECT_THAT(gaps(read(pcap_of(lossy)).connections.at(0)), ElementsAre("server after 1: 3"));
  lossy = packets;
  lossy.erase(lossy.begin() + 6);
  EXPECT_THAT(gaps(read(pcap_of(lossy)).connections.at(0)), IsEmpty()) << "no byte is missing but the end";
}

TEST(ReadCapture, a_hello_that_is_missing_leaves_what_answers_it) {
  const Bytes server_hello = {22, 3, 3, 0, 4, 2, 0, 0, 0};
  const Tcp syns[] = {{true, 99, syn}, {false, 499, syn | ack, {}, 40000, 100}};
  const Tcp answer{false, 500, ack, server_hello, 40000, 300};
  const Tcp later{true, 300, ack, Bytes(7), 40000, 509};
  const CaptureRecording lost = read(pcap_of({syns[0], syns[1], answer, later})).connections.at(0);
  EXPECT_EQ(lost.client.port, 40000);
  EXPECT_EQ(stream(lost, Side::server), server_hello);
  EXPECT_THAT(gaps(lost), ElementsAre("client after 0: 200"));

  const CaptureRecording begun = read(pcap_of({answer, later})).connections.at(0);
  EXPECT_EQ(begun.client.port, 40000);
  EXPECT_EQ(stream(begun, Side::client), Bytes()) << "what the ClientHello said is not known";
  EXPECT_THAT(gaps(begun), ElementsAre("client after 0: 0"));
}

TEST(ReadCapture, a_connection_from_its_middle_on_has_nothing_but_gaps) {
  const Bytes data = {23, 3, 3, 0, 2, 1, 1, 23, 3, 3, 0, 9};
  const CaptureFile capture = read(pcap_of({{false, 500, ack, data}, {true, 100, ack, Bytes(3)}}));
  ASSERT_THAT(capture.connections, SizeIs(1));
  EXPECT_EQ(capture.connections[0].client.port, 40000);
  EXPECT_THAT(capture.connections[0].segments, IsEmpty());
  EXPECT_THAT(gaps(capture.connections[0]), UnorderedElementsAre("client after 0: 0", "server after 0: 0"));
  EXPECT_THAT(read(pcap_of({{false, 500, ack, Bytes{23, 3, 3, 0, 1, 1, 'x', 3, 3, 0, 9}}})).connections, IsEmpty());
}

TEST(ReadCapture, tls_may_begin_behind_plaintext) {
  Bytes hello = {22, 3, 1, 0, 60, 1, 0, 0, 56, 3, 3};
  hello.resize(65);
  const Bytes server_hello = {22, 3, 3, 0, 4, 2, 0, 0, 0};
  const auto text = [](const char* words) { return Bytes(words, words + std::strlen(words)); };
  std::vector<Tcp> smtp = {{true, 99, syn},
                           {false, 499, syn | ack, {}, 40000, 100},
                           {false, 500, ack, text("220 ready\r\n")},
                           {true, 100, ack, text("STARTTLS\r\n")},
                           {false, 511, ack, text("220 go\r\n")},
                           {true, 110, ack, hello},
                           {false, 519, ack, server_hello},
                           {true, 175, rst}};
  for (const std::size_t lost : {0, 2}) {
    const CaptureRecording recording = read(pcap_of({smtp.begin() + lost, smtp.end()})).connections.at(0);
    EXPECT_EQ(recording.client.port, 40000);
    EXPECT_EQ(stream(recording, Side::client), hello);
    EXPECT_EQ(stream(recording, Side::server), server_hello);
    EXPECT_EQ(recording.plaintext_bytes.at(Side::client), 10u);
    EXPECT_EQ(recording.plaintext_bytes.at(Side::server), 19u);
    EXPECT_EQ(recording.endings.at(0).after_segment, 2u);
  }
  smtp[6].payload = text("250 this was a file");
  EXPECT_THAT(read(pcap_of(smtp)).connections, IsEmpty());
}

TEST(ReadCapture, sequence_numbers_wrap) {
  const CaptureFile capture = read(pcap_of(
      {{true, 0xfffffff0, syn}, {true, 0xfffffff1, ack, hello(20)}, {true, 5, ack, Bytes(3, 1)}, {true, 8, rst}}));
  ASSERT_THAT(capture.connections, SizeIs(1));
  EXPECT_EQ(stream(capture.connections[0], Side::client), hello(20) + Bytes(3, 1));
  EXPECT_EQ(capture.connections[0].endings.at(0).how, Ending::How::reset);
}

TEST(ReadCapture, the_client_is_who_sent_the_syn_or_the_hello) {
  const CaptureFile by_syn_ack = read(pcap_of({{false, 499, syn | ack, {}, 40000, 100}, {true, 100, ack, hello(3)}}));
  ASSERT_THAT(by_syn_ack.connections, SizeIs(1));
  EXPECT_EQ(by_syn_ack.connections[0].client.port, 40000);

  const CaptureFile by_hello = read(pcap_of({{false, 500, ack, Bytes{22, 3, 1, 0, 9, 2}}, {true, 100, ack, hello(9)}}));
  ASSERT_THAT(by_hello.connections, SizeIs(1));
  EXPECT_EQ(by_hello.connections[0].client.port, 40000);
}

TEST(ReadCapture, only_tls_is_returned) {
  const CaptureFile capture = read(pcap_of({{true, 99, syn},
                                            {true, 100, ack, Bytes{'G', 'E', 'T', ' ', '/'}},
                                            {true, 7, syn, {}, 40001},
                                            {true, 8, ack, hello(9), 40001}}));
  ASSERT_THAT(capture.connections, SizeIs(1));
  EXPECT_EQ(capture.connections[0].client.port, 40001);
}

TEST(ReadCapture, what_a_snap_length_cut_off_is_a_hole) {
  Bytes cut = ipv4({true, 100, ack, hello(50)});
  cut.resize(cut.size() - 30);
  const CaptureFile capture = read(pcap({cut, ipv4({true, 150, ack, Bytes(5)})}, {true, false, 101}));
  ASSERT_THAT(capture.connections, SizeIs(1));
  EXPECT_EQ(stream(capture.connections[0], Side::client), hello(20));
  EXPECT_THAT(gaps(capture.connections[0]), ElementsAre("client after 1: 30"));
  EXPECT_THAT(gaps(read(pcap({cut}, {true, false, 101})).connections.at(0)), ElementsAre("client after 1: 30"));
}

TEST(ReadCapture, fragments_are_left_out) {
  Bytes fragment = ipv4({true, 100, ack, hello(50)});
  fragment[6] = 0x20;
  EXPECT_THAT(read(pcap({fragment}, {true, false, 101})).connections, IsEmpty());
}

TEST(ReadCapture, pcapng_in_both_byte_orders) {
  const Bytes packet = ipv4({true, 100, ack, hello(20)});
  const Bytes next = ipv4({true, 120, ack, Bytes{1}});
  for (const bool little : {true, false}) {
    const Bytes nanoseconds = number(9, 2, little) + number(1, 2, little) + Bytes{9, 0, 0, 0};
    const Bytes binary = number(9, 2, little) + number(1, 2, little) + Bytes{0x8a, 0, 0, 0};
    const auto two = [&](const Bytes& options, std::uint64_t later) {
      return section(little) + interface(little, 101, options) + block(0xbad, Bytes(8), little) +
             enhanced(little, 0x500000000, packet) + enhanced(little, 0x500000000 + later, next);
    };
    EXPECT_EQ(read(two({}, 250)).connections.at(0).segments.at(1).at, 250us);
    EXPECT_EQ(read(two(nanoseconds, 250)).connections.at(0).segments.at(1).at, 250ns);
    EXPECT_EQ(read(two(binary, 512)).connections.at(0).segments.at(1).at, 500ms);
  }
}

TEST(ReadCapture, a_new_section_begins_anew) {
  const Bytes file = section(true) + interface(true, 1) + section(false) + interface(false, 101) +
                     enhanced(false, 5, ipv4({true, 100, ack, hello(20)}));
  EXPECT_THAT(read(file).connections, SizeIs(1));
}

TEST(ReadCapture, all_secrets_are_joined) {
  const auto secrets = [](std::uint32_t type, const char* text) {
    return block(10, number(type, 4, true) + number(std::strlen(text), 4, true) + as_bytes(text), true);
  };
  const Bytes file =
      section(true) + secrets(0x544c534b, "A b c") + secrets(0x57474b4c, "wireguard") + secrets(0x544c534b, "D e f\n");
  EXPECT_EQ(read(file).keylog, "A b c\nD e f\n");
}

TEST(ReadCapture, a_cut_file_gives_what_stands_before_the_cut) {
  Recording one = recording(40000, 0ms);
  one.segments = {{Side::client, 1ms, hello(300)}, {Side::server, 2ms, reply(3000)}};
  const Bytes ng = write_pcapng({{one}, "A b c\n"}, epoch);
  const Bytes old = pcap_of({{true, 99, syn}, {true, 100, ack, hello(300)}, {false, 500, ack, reply(3000)}});
  for (const Bytes& file : {ng, old}) {
    std::size_t last = 0;
    for (std::size_t size = 4; size <= file.size(); ++size) {
      const CaptureFile capture = read(Bytes(file.begin(), file.begin() + size));
      std::size_t bytes = 0;
      for (const Recording& recording : capture.connections)
        bytes += stream(recording, Side::client).size() + stream(recording, Side::server).size();
      EXPECT_GE(bytes, last);
      last = bytes;
    }
    EXPECT_EQ(last, 3300u);
  }
}

TEST(ReadCapture, errors_say_what_and_where) {
  const Bytes begin = section(true) + interface(true, 101);
  const std::string at = "offset " + std::to_string(begin.size());
  EXPECT_THAT(error_of({}), HasSubstr("not a capture file"));
  EXPECT_THAT(error_of({'>', '>', '>', ' '}), HasSubstr("begins with 3e3e3e20"));
  EXPECT_THAT(error_of({0x1f, 0x8b, 8, 0}), HasSubstr("gzip"));
  EXPECT_THAT(error_of(begin + block(3, Bytes(8), true)), HasSubstr(at + ": Simple Packet Block"));
  EXPECT_THAT(error_of(begin + enhanced(true, 0, {}, 7)), HasSubstr(at + ": packet of undescribed interface 7"));
  EXPECT_THAT(error_of(begin + block(6, Bytes(12) + number(99, 4, true) + Bytes(4), true)), HasSubstr("99 bytes"));
  EXPECT_THAT(error_of(begin + number(6, 4, true) + number(13, 4, true) + Bytes(4)), HasSubstr("block of 13 bytes"));
  EXPECT_THAT(error_of(begin + number(6, 4, true) + number(12, 4, true) + number(16, 4, true)), HasSubstr("two"));
  EXPECT_THAT(error_of(number(0x0a0d0d0a, 4) + Bytes(24)), HasSubstr("byte-order magic"));
}

}  // namespace
}  // namespace ti

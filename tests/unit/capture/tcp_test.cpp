// TCP as it is: what retransmits, begins twice, ends early, or is captured from one side only.
#include <gmock/gmock.h>

#include "capture/packets.hpp"

namespace ti {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Tcp client_syn{true, 99, syn};
const Tcp server_syn{false, 499, syn | ack, {}, 40000, 100};

Bytes flight() { return reply(205); }

CaptureRecording only(const std::vector<Tcp>& packets) {
  const CaptureFile capture = read(pcap_of(packets));
  EXPECT_THAT(capture.connections, SizeIs(1));
  return capture.connections.empty() ? CaptureRecording() : capture.connections[0];
}

TEST(Tcp, the_syn_ack_that_the_client_acknowledges_counts) {
  for (const std::uint32_t other : {199u, 4999u}) {
    const CaptureRecording recording = only({client_syn,
                                             {false, other, syn | ack, {}, 40000, 100},
                                             server_syn,
                                             {true, 100, ack, hello(50), 40000, 500},
                                             {false, 500, ack, flight(), 40000, 150}});
    EXPECT_EQ(stream(recording, Side::server), flight());
    EXPECT_THAT(gaps(recording), IsEmpty());
  }
}

TEST(Tcp, of_two_syn_acks_and_no_acknowledgement_the_one_that_the_data_fits_counts) {
  const CaptureRecording recording =
      only({{false, 9, syn | ack, {}, 40000, 100}, server_syn, {false, 500, ack, flight(), 40000, 150}});
  EXPECT_EQ(stream(recording, Side::server), flight());
}

std::string senders(const CaptureRecording& recording) {
  std::string names;
  for (const Segment& segment : recording.segments) names += segment.from == Side::client ? 'c' : 's';
  return names;
}

TEST(Tcp, what_was_acknowledged_before_the_syn_ack_was_chosen_stands_in_its_numbers) {
  for (const std::uint32_t other : {199u, 4999u}) {
    const Tcp second = {true, 150, ack, Bytes(7, 1), 40000, 705};
    const Tcp last = {false, 705, ack, Bytes(9, 2), 40000, 157};
    const CaptureRecording recording = only({client_syn,
                                             {false, other, syn | ack, {}, 40000, 100},
                                             server_syn,
                                             second,
                                             {false, 500, ack, flight(), 40000, 150},
                                             {true, 100, ack, hello(50), 40000, 500},
                                             last});
    EXPECT_EQ(senders(recording), "cscs") << other;
    EXPECT_THAT(gaps(recording), IsEmpty());
    const CaptureRecording without_flight = only({client_syn,
                                                  {false, other, syn | ack, {}, 40000, 100},
                                                  second,
                                                  server_syn,
                                                  {true, 100, ack, hello(50), 40000, 500}});
    EXPECT_THAT(gaps(without_flight), ElementsAre("server after 0: 205")) << other;
  }
}

TEST(Tcp, what_a_longer_repetition_brings_besides_was_sent_with_it) {
  const CaptureRecording recording = only({client_syn,
                                           server_syn,
                                           {true, 100, ack, hello(50), 40000, 500},
                                           {false, 600, ack, Bytes(105, 7), 40000, 150},
                                           {false, 600, ack, Bytes(114, 7), 40000, 157},
                                           {false, 500, ack, reply(100), 40000, 150},
                                           {true, 150, ack, Bytes(7, 1), 40000, 705}});
  EXPECT_EQ(senders(recording), "csscs");
  EXPECT_THAT(gaps(recording), IsEmpty());
}

TEST(Tcp, a_fin_may_stand_behind_the_packet_that_acknowledges_it) {
  const CaptureRecording recording = only({client_syn,
                                           server_syn,
                                           {true, 100, ack, hello(50), 40000, 500},
                                           {false, 500, ack, flight(), 40000, 150},
                                           {true, 150, fin | ack, {}, 40000, 706},
                                           {false, 705, fin | ack, {}, 40000, 151}});
  EXPECT_THAT(gaps(recording), IsEmpty());
  EXPECT_THAT(recording.endings, SizeIs(2));
}

TEST(Tcp, a_keep_alive_is_no_data) {
  const CaptureRecording recording = only({client_syn,
                                           server_syn,
                                           {true, 100, ack, hello(50), 40000, 500},
                                           {true, 149, ack, Bytes{0}, 40000, 500},
                                           {false, 500, ack, flight(), 40000, 150},
                                           {false, 704, ack, {}, 40000, 150},
                                           {false, 704, ack, Bytes{0}, 40000, 150},
                                           {true, 150, ack, Bytes(7, 1), 40000, 705}});
  EXPECT_EQ(stream(recording, Side::client), hello(50) + Bytes(7, 1));
  EXPECT_EQ(stream(recording, Side::server), flight());
  EXPECT_THAT(recording.remarks, IsEmpty());
}

TEST(Tcp, a_syn_may_bring_data) {
  const CaptureRecording recording = only(
      {{true, 99, syn, hello(50)}, {false, 499, syn | ack, {}, 40000, 150}, {false, 500, ack, flight(), 40000, 150}});
  EXPECT_EQ(stream(recording, Side::client), hello(50));
  const CaptureRecording again = only({{true, 99, syn, hello(50)},
                                       server_syn,
                                       {true, 100, ack, hello(50), 40000, 500},
                                       {false, 500, ack, flight(), 40000, 150}});
  EXPECT_EQ(stream(again, Side::client), hello(50)) << "the server had not taken it, and it came again";
}

TEST(Tcp, bytes_that_came_again_as_others_are_told) {
  Bytes other = hello(50);
  other[40] ^= 1;
  const std::vector<Tcp> doubtful = {client_syn,
                                     server_syn,
                                     {true, 100, ack, hello(50), 40000, 500},
                                     {true, 100, ack, other, 40000, 500},
                                     {false, 500, ack, flight(), 40000, 150}};
  const CaptureRecording recording = only(doubtful);
  ASSERT_THAT(recording.remarks, SizeIs(1));
  EXPECT_TRUE(recording.remarks[0].in_doubt);
  EXPECT_THAT(recording.remarks[0].what, HasSubstr("which of them the peer took is not known"));
  EXPECT_EQ(stream(recording, Side::client), hello(50));

  std::vector<Tcp> taken = doubtful;
  std::swap(taken[3], taken[4]);
  const CaptureRecording late = only(taken);
  ASSERT_THAT(late.remarks, SizeIs(1));
  EXPECT_FALSE(late.remarks[0].in_doubt) << "the server had acknowledged the first";
}

TEST(Tcp, who_goes_on_beyond_a_reset_did_not_send_it) {
  const CaptureRecording recording = only({client_syn,
                                           server_syn,
                                           {true, 100, ack, hello(50), 40000, 500},
                                           {true, 150, rst},
                                           {false, 500, ack, flight(), 40000, 150},
                                           {true, 150, ack, Bytes(7, 1), 40000, 705}});
  EXPECT_EQ(stream(recording, Side::client), hello(50) + Bytes(7, 1));
  EXPECT_THAT(recording.endings, IsEmpty());
}

TEST(Tcp, one_direction_alone_is_a_connection_with_a_gap) {
  const CaptureRecording client =
      only({client_syn, {true, 100, ack, hello(50), 40000, 500}, {true, 150, ack, {}, 40000, 705}});
  EXPECT_EQ(stream(client, Side::client), hello(50));
  EXPECT_THAT(gaps(client), ElementsAre("server after 1: 205"));
  const CaptureRecording server = only({server_syn, {false, 500, ack, flight(), 40000, 150}});
  EXPECT_EQ(stream(server, Side::server), flight());
  EXPECT_THAT(gaps(server), ElementsAre("client after 0: 50"));
}

TEST(Tcp, a_connection_of_which_both_beginnings_are_lost_is_not_dropped) {
  const Bytes data = {23, 3, 3, 0, 2, 1, 1, 23, 3, 3, 0, 9};
  const CaptureRecording recording =
      only({client_syn, server_syn, {true, 700, ack, data, 40000, 900}, {false, 900, ack, data, 40000, 712}});
  EXPECT_EQ(recording.client.port, 40000);
  EXPECT_THAT(recording.segments, IsEmpty());
  EXPECT_THAT(recording.gaps, SizeIs(2));
}

TEST(TlsStart, what_a_proxy_is_told_may_stand_in_one_segment_with_the_hello) {
  const auto text = [](const std::string& words) { return Bytes(words.begin(), words.end()); };
  const Bytes whole = from_hex(
                          "16030100"
                          "2f"
                          "0100002b0303") +
                      Bytes(32, 5) +
                      from_hex(
                          "00000213010100"
                          "0000");
  const Bytes preambles[] = {text("PROXY TCP4 192.0.2.1 192.0.2.2 4000 443\r\n"),
                             from_hex("0d0a0d0a000d0a515549540a2111000cc0000201c00002020fa001bb"),
                             text("CONNECT www.example:443 HTTP/1.1\r\nHost: www.example\r\n\r\n"),
                             from_hex("050100") + from_hex("05010001c000020101bb"), from_hex("0000000804d2162f")};
  for (const Bytes& preamble : preambles) {
    const auto size = static_cast<std::uint32_t>(preamble.size());
    const CaptureRecording recording =
        only({client_syn, server_syn, {true, 100, ack, preamble + whole, 40000, 500}, {false, 500, ack, flight()}});
    EXPECT_EQ(stream(recording, Side::client), whole);
    EXPECT_EQ(recording.plaintext_bytes.at(Side::client), size);
    const CaptureRecording answered = only({client_syn,
                                            server_syn,
                                            {true, 100, ack, preamble + whole, 40000, 500},
                                            {false, 500, ack, text("220 go\r\n")},
                                            {false, 508, ack, flight()}});
    EXPECT_EQ(stream(answered, Side::server), flight()) << "an answer in plaintext comes first";
  }
}

TEST(TlsStart, a_server_that_speaks_no_tls_is_named_and_a_look_alike_is_none) {
  const Bytes whole = from_hex(
                          "16030100"
                          "2f"
                          "0100002b0303") +
                      Bytes(32, 5) +
                      from_hex(
                          "00000213010100"
                          "0000");
  const std::string http = "HTTP/1.1 400 Bad Request\r\n";
  const Bytes answer(http.begin(), http.end());
  const CaptureRecording recording =
      only({client_syn, server_syn, {true, 100, ack, whole, 40000, 500}, {false, 500, ack, answer, 40000, 152}});
  EXPECT_EQ(recording.plain_answer, http);
  EXPECT_EQ(stream(recording, Side::server), Bytes());
  Bytes alike = whole;
  alike[50] = 9;
  EXPECT_THAT(read(pcap_of({client_syn, server_syn, {true, 100, ack, alike, 40000, 500}, {false, 500, ack, answer}}))
                  .connections,
              IsEmpty());
}

}  // namespace
}  // namespace ti

// The table of formats: what is read, what is only named, and texts that hold several.
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "pasted/pasted.hpp"
#include "where/where.hpp"

namespace ti {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string sample(const std::string& name) {
  std::ifstream in(where::source() / "tests/golden/pasted" / name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string error_of(std::string_view text) {
  const auto pasted = read_pasted(text);
  return pasted ? "no error" : pasted.error().text();
}

TEST(Formats, OneThatIsKnownAndNotReadIsNamed) {
  EXPECT_THAT(error_of("wolfSSL Entering wolfSSL_connect\nwolfSSL Leaving SendClientHello, return 0\n"),
              AllOf(HasSubstr("wolfSSL's debug output"), HasSubstr("known and not read")));
  EXPECT_THAT(error_of("Source: Schannel\nEvent ID: 36874"), HasSubstr("Schannel's events"));
  EXPECT_THAT(error_of("nothing of the kind"), HasSubstr("Looked for what these print: openssl"));
}

TEST(Formats, NginxTellsWhatItDidWithTickets) {
  const auto pasted = read_pasted(sample("nginx/debug.txt"));
  ASSERT_TRUE(pasted);
  EXPECT_THAT(pasted->notes, Contains(AllOf(HasSubstr("*4: resumed TLSv1.3,"), HasSubstr("opened a ticket of key"),
                                            HasSubstr("sealed a ticket with key"))));
  EXPECT_THAT(pasted->notes, Contains(AllOf(HasSubstr("*6: failed to shake hands"), HasSubstr("no shared cipher"))));
  EXPECT_THAT(pasted->notes, Contains(HasSubstr("a capture shows them")));
}

TEST(Formats, BesideOneThatIsReadTheOtherIsNamed) {
  const auto pasted = read_pasted(sample("openssl/msg-1_2.txt") + "wolfSSL Entering wolfSSL_connect\n");
  ASSERT_TRUE(pasted);
  EXPECT_THAT(pasted->connections, SizeIs(2));
  EXPECT_THAT(pasted->notes, Contains(HasSubstr("not read: what is of wolfSSL's debug output")));
}

TEST(Formats, SeveralInOneMailAreAllRead) {
  const auto pasted = read_pasted("The client says:\n\n" + sample("openssl/msg-1_2.txt") + "\nand with curl:\n\n" +
                                  sample("curl/trace-1_3.txt"));
  ASSERT_TRUE(pasted);
  EXPECT_THAT(pasted->formats, ElementsAre("openssl s_client and s_server", "curl -v and --trace"));
  EXPECT_THAT(pasted->connections, SizeIs(3));
}

TEST(Formats, AConnectionThatIsToldTwiceCountsOnce) {
  const std::string text = sample("openssl/msg-1_2.txt");
  const auto pasted = read_pasted(text + "\n> and again:\n" + text);
  ASSERT_TRUE(pasted);
  EXPECT_THAT(pasted->connections, SizeIs(2));
  EXPECT_THAT(pasted->notes, Contains(HasSubstr("2 connections are told twice")));
}

TEST(Formats, PacketsBecomeACapture) {
  const auto pasted = read_pasted(sample("tshark_fields/json-1_2.txt"));
  ASSERT_TRUE(pasted);
  EXPECT_THAT(pasted->connections, IsEmpty());
  EXPECT_EQ(to_hex(ByteView(pasted->capture).first(4)), "a1b23c4d");
}

TEST(Formats, AFrameWhoseHardwareAddressLooksLikeIpIsAPacketToo) {
  const std::string ip = "450000280000400040063cce7f0000017f0000019c45ad2a00400000000000005002ffff68300000";
  const auto capture_of = [](const std::string& frame) {
    const auto pasted =
        read_pasted("{\"layers\":{\"frame_raw\":\"" + frame + "\",\"frame\":{\"frame_frame_time_epoch\":\"17.5\"}}}");
    return pasted ? to_hex(pasted->capture) : pasted.error().text();
  };
  const std::string bare = capture_of(ip);
  EXPECT_THAT(bare, testing::EndsWith(ip));
  EXPECT_EQ(capture_of("4500aabbccdd"
                       "6000aabbccdd"
                       "0800" +
                       ip),
            bare);
}

TEST(Formats, ASessionAloneSaysHowConnectionsEnded) {
  const auto pasted = read_pasted(sample("session/plain-1_2.txt"));
  ASSERT_TRUE(pasted);
  ASSERT_THAT(pasted->connections, SizeIs(2));
  EXPECT_FALSE(pasted->connections[0].sessions.at(0).reused);
  EXPECT_TRUE(pasted->connections[1].sessions.at(0).reused);
  EXPECT_FALSE(pasted->connections[1].sessions.at(0).ticket.empty());
}

TEST(Formats, ASessionOfAServerSaysWhetherItIsAnOldOne) {
  const auto pasted = read_pasted(sample("session/server-1_3.txt"));
  ASSERT_TRUE(pasted);
  ASSERT_THAT(pasted->connections, SizeIs(2));
  EXPECT_FALSE(pasted->connections[0].sessions.at(0).reused);
  EXPECT_TRUE(pasted->connections[1].sessions.at(0).reused);
  EXPECT_EQ(pasted->connections[1].sessions.at(0).cipher, "TLS_AES_256_GCM_SHA384");
}

TEST(Formats, AServersErrorIsToldToo) {
  const auto pasted = read_pasted(
      "ACCEPT\nERROR\n4067C6FE367F0000:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert "
      "unknown ca:../ssl/record/rec_layer_s3.c:1601:SSL alert number 48\n");
  ASSERT_TRUE(pasted) << pasted.error().text();
  ASSERT_THAT(pasted->connections, SizeIs(1));
  EXPECT_THAT(pasted->connections[0].errors, Contains(HasSubstr("unknown ca")));
}

/// What -debug prints and what the peer sent go to one terminal, and may stand amid each other.
TEST(Formats, ADumpGoesOnBehindWhatWasPrintedAmidIt) {
  const std::string whole = sample("openssl/debug-1_2.txt");
  const std::size_t row = whole.find("\n0010 - ", whole.find("read from"));
  ASSERT_NE(row, std::string::npos);
  std::string page = "HTTP/1.0 200 ok\r\nContent-type: text/html\r\n\r\n";
  for (int i = 0; i < 200; ++i) page += "<p>Secure Renegotiation IS supported</p>\n";
  std::string interrupted = whole;
  interrupted.insert(row, page);
  const auto a = read_pasted(whole);
  const auto b = read_pasted(interrupted);
  ASSERT_TRUE(a && b);
  ASSERT_EQ(a->connections.size(), b->connections.size());
  EXPECT_EQ(a->connections[0].transcript.messages.size(), b->connections[0].transcript.messages.size());
  EXPECT_EQ(b->connections[0].transcript.problems.size(), a->connections[0].transcript.problems.size());
}

TEST(Formats, AMegabyteTakesNoTimeToSpeakOf) {
  std::string text;
  constexpr std::size_t megabyte = 1 << 20;
  while (text.size() < megabyte) text += sample("openssl/msg-debug-state-1_2.txt");
  EXPECT_TRUE(read_pasted(text));
  EXPECT_FALSE(read_pasted(std::string(megabyte, '>')));
  EXPECT_FALSE(read_pasted(std::string(megabyte, '\n')));
}

}  // namespace
}  // namespace ti

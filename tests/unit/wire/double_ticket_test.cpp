// Two tickets in one renewal: the flight of a server that begins its keys anew.
#include <gmock/gmock.h>

#include "cbc_sealer.hpp"
#include "golden.hpp"
#include "hand_made.hpp"
#include "wire/decoder.hpp"

namespace ti {
namespace {

using namespace hand_made;
using golden::ladder;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// A server's second NewSessionTicket, ChangeCipherSpec and Finished after a renewed resumption: the ticket under the
/// keys in use, the Finished under the same keys begun anew (OpenSSL 1.0.0; BUGS.md 1).
TEST(DoubleTicket, IsOpened) {
  const Capture capture = golden::capture("tls10-cbc-renewed");
  const KeyLog keys(capture.keylog);
  Recording recording = capture.connections[1];
  const auto reaches_client_finished = [](const Message& message) {
    return message.from == Side::client && message.type == MessageType::finished;
  };
  Transcript first = decode(recording, keys);
  const auto last = std::find_if(first.messages.begin(), first.messages.end(), reaches_client_finished);
  first.messages.erase(last + 1, first.messages.end());
  std::erase_if(recording.segments, [&](const Segment& segment) { return segment.at > last->at; });
  recording.endings.clear();

  const Suite suite = *suite_of(first.suite);
  const auto& client_random = first.messages[0].as<ClientHello>()->random;
  const auto& server_random = first.messages[1].as<ServerHello>()->random;
  const ByteView master = keys.find("CLIENT_RANDOM", client_random);
  const Bytes block =
      prf(Version::tls10, suite, master, "key expansion",
          join({Bytes(server_random.begin(), server_random.end()), Bytes(client_random.begin(), client_random.end())}),
          2 * (20 + suite.key_bytes + 16));
  const ByteView mac_key = ByteView(block).subspan(20, 20);
  const ByteView key = ByteView(block).subspan(40 + suite.key_bytes, suite.key_bytes);
  const ByteView iv = ByteView(block).last(16);

  Bytes messages;
  Bytes server_finished;
  for (const Message& message : first.messages) {
    if (message.type == MessageType::change_cipher_spec) continue;
    messages.insert(messages.end(), message.raw.begin(), message.raw.end());
    if (message.from == Side::server && message.type == MessageType::finished) server_finished = message.raw;
  }
  const Bytes ticket = new_session_ticket(text("the second ticket"));
  messages = join({messages, ticket});
  const Bytes finished =
      handshake(MessageType::finished, finished_verify_data(Version::tls10, suite, master, Side::server, messages));

  CbcSealer in_use(suite, key, iv, mac_key);
  in_use.seal(ContentType::handshake, server_finished);
  CbcSealer anew(suite, key, iv, mac_key);
  recording.segments.push_back(
      {Side::server, last->at + Instant(1),
       join({in_use.seal(ContentType::handshake, ticket), in_use.seal(ContentType::change_cipher_spec, {1}),
             anew.seal(ContentType::handshake, finished)})});

  const Transcript transcript = decode(recording, keys);
  EXPECT_THAT(transcript.problems, IsEmpty());
  EXPECT_EQ(ladder(transcript),
            "c ClientHello | s ServerHello | s NewSessionTicket | s ChangeCipherSpec | s Finished | "
            "c ChangeCipherSpec | c Finished | s NewSessionTicket | s ChangeCipherSpec | s Finished");
  EXPECT_EQ(transcript.messages.back().as<Finished>()->verified, true);
  const auto handshakes = handshakes_of(transcript);
  ASSERT_THAT(handshakes, SizeIs(1));
  EXPECT_EQ(handshakes[0].kind, HandshakeKind::resumed);
  EXPECT_THAT(handshakes[0].new_tickets, ElementsAre(2, 7));
  EXPECT_EQ(handshakes[0].server_finished, 4u);
}

TEST(DoubleTicket, IsOpenedAsAServerReallySendsIt) {
  const Capture capture = golden::capture("tls10-double-ticket");
  const Transcript transcript = decode(capture.connections[0], KeyLog(capture.keylog));
  EXPECT_THAT(transcript.problems, IsEmpty());
  EXPECT_EQ(ladder(transcript),
            "c ClientHello | s ServerHello | s NewSessionTicket | s ChangeCipherSpec | s Finished | "
            "c ChangeCipherSpec | c Finished | s NewSessionTicket | s ChangeCipherSpec | s Finished | c Alert");
  EXPECT_EQ(transcript.messages[9].as<Finished>()->verified, true);
  const auto handshakes = handshakes_of(transcript);
  ASSERT_THAT(handshakes, SizeIs(1));
  EXPECT_EQ(handshakes[0].kind, HandshakeKind::resumed);
  EXPECT_THAT(handshakes[0].new_tickets, ElementsAre(2, 7));
}

}  // namespace
}  // namespace ti

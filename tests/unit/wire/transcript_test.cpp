// The shape of handshakes, from records alone.
#include "wire/transcript.hpp"

#include <gmock/gmock.h>

#include "hand_made.hpp"
#include "wire/decoder.hpp"

namespace ti {
namespace {

using namespace hand_made;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const Bytes ticket_a = text("ticket A");
const Bytes ticket_b = text("ticket B");

Transcript seen(const Tape& tape) { return decode(tape.recording(), KeyLog()); }

Bytes offering(const Bytes& ticket, const Bytes& session_id = {}) {
  return record(client_hello(extension(ext::session_ticket, ticket), session_id));
}

Bytes renewing_flight(const Bytes& ticket) {
  return join({record(server_hello(extension(ext::session_ticket, {}))), record(new_session_ticket(ticket)),
               change_cipher_spec(), sealed_finished()});
}

Bytes finishing() { return join({change_cipher_spec(), sealed_finished()}); }

TEST(Handshakes, NoneWithoutAClientHello) { EXPECT_THAT(handshakes_of(Transcript()), IsEmpty()); }

TEST(Handshakes, FullWithATicketByShape) {
  const Transcript transcript = seen(full_handshake(ticket_a));
  const auto handshakes = handshakes_of(transcript);
  ASSERT_THAT(handshakes, SizeIs(1));
  EXPECT_EQ(handshakes[0].kind, HandshakeKind::full);
  EXPECT_FALSE(handshakes[0].abbreviated);
  EXPECT_FALSE(handshakes[0].finished_visible);
  EXPECT_EQ(handshakes[0].resumed_by, ResumedBy::nothing);
  ASSERT_THAT(handshakes[0].new_tickets, SizeIs(1));
  EXPECT_EQ(transcript.messages[handshakes[0].new_tickets[0]].as<NewSessionTicket>()->ticket, ticket_a);
  EXPECT_THAT(transcript.problems, SizeIs(2)) << "one a side: no key";
}

TEST(Handshakes, RenewedResumptionByTicket) {
  Tape tape;
  tape.client(offering(ticket_a, repeat(7, 32))).server(renewing_flight(ticket_b)).client(finishing());
  const auto handshakes = handshakes_of(seen(tape));
  ASSERT_THAT(handshakes, SizeIs(1));
  EXPECT_EQ(handshakes[0].kind, HandshakeKind::resumed);
  EXPECT_EQ(handshakes[0].resumed_by, ResumedBy::ticket);
  EXPECT_THAT(handshakes[0].new_tickets, ElementsAre(2));
}

TEST(Handshakes, ResumptionBySessionIdWhenNoTicketWasOffered) {
  Tape tape;
  tape.client(offering({}, repeat(7, 32)))
      .server(join({record(server_hello({}, repeat(7, 32))), finishing()}))
      .client(finishing());
  const auto handshakes = handshakes_of(seen(tape));
  ASSERT_THAT(handshakes, SizeIs(1));
  EXPECT_EQ(handshakes[0].kind, HandshakeKind::resumed);
  EXPECT_EQ(handshakes[0].resumed_by, ResumedBy::session_id);
}

TEST(Handshakes, EchoedSessionIdAloneIsNoResumption) {
  Tape tape;
  tape.client(offering(ticket_a, repeat(7, 32)))
      .server(join({record(server_hello({}, repeat(7, 32))), record(handshake(MessageType::certificate, {0, 0, 0})),
                    record(handshake(MessageType::server_hello_done, {}))}))
      .client(client_flight())
      .server(finishing());
  EXPECT_EQ(handshakes_of(seen(tape))[0].kind, HandshakeKind::full);
}

TEST(Handshakes, CertificateStatusDoesNotHideAnAbbreviation) {
  Tape tape;
  tape.client(offering(ticket_a))
      .server(join(
          {record(server_hello({})), record(handshake(MessageType::certificate_status, {1, 0, 0, 0})), finishing()}))
      .client(finishing());
  EXPECT_EQ(handshakes_of(seen(tape))[0].kind, HandshakeKind::resumed);
}

TEST(Handshakes, AnAlertAfterTheServersFlightMeansFailedButAbbreviated) {
  Tape tape;
  tape.client(offering(ticket_a)).server(renewing_flight(ticket_b)).client(alert(2, alert_unexpected_message));
  const auto handshakes = handshakes_of(seen(tape));
  ASSERT_THAT(handshakes, SizeIs(1));
  EXPECT_EQ(handshakes[0].kind, HandshakeKind::failed);
  EXPECT_TRUE(handshakes[0].abbreviated);
  EXPECT_EQ(handshakes[0].resumed_by, ResumedBy::ticket);
  EXPECT_FALSE(handshakes[0].client_finished.has_value());
  EXPECT_TRUE(handshakes[0].server_finished.has_value());
}

TEST(Handshakes, CutAfterTheTicketOfARenewalIsStillAbbreviated) {
  Tape tape;
  tape.client(offering(ticket_a))
      .server(join({record(server_hello(extension(ext::session_ticket, {}))), record(new_session_ticket(ticket_b))}));
  const auto handshakes = handshakes_of(seen(tape));
  EXPECT_TRUE(handshakes[0].abbreviated);
  EXPECT_EQ(handshakes[0].kind, HandshakeKind::failed);
}

TEST(Handshakes, NoAnswerMeansFailed) {
  Tape tape;
  tape.client(offering(ticket_a)).server(alert(2, 40));
  const auto handshakes = handshakes_of(seen(tape));
  ASSERT_THAT(handshakes, SizeIs(1));
  EXPECT_EQ(handshakes[0].kind, HandshakeKind::failed);
  EXPECT_FALSE(handshakes[0].server_hello.has_value());
}

TEST(Handshakes, SealedRecordsAfterAnErrorAlertDoNotCompleteOne) {
  Tape tape;
  tape.client(offering({})).server(server_flight()).client(alert(2, 48)).client(client_flight()).server(finishing());
  EXPECT_EQ(handshakes_of(seen(tape))[0].kind, HandshakeKind::failed);
}

TEST(Handshakes, TheSecondFlightOfADoubleTicketStaysInTheHandshake) {
  Tape tape;
  tape.client(offering(ticket_a))
      .server(renewing_flight(ticket_b))
      .client(finishing())
      .server(join({sealed_finished(), change_cipher_spec(), sealed_finished()}))
      .client(alert(2, alert_unexpected_message));
  const Transcript transcript = seen(tape);
  const auto handshakes = handshakes_of(transcript);
  ASSERT_THAT(handshakes, SizeIs(1));
  EXPECT_EQ(handshakes[0].kind, HandshakeKind::resumed);
  EXPECT_EQ(handshakes[0].server_finished, 4u);
  EXPECT_EQ(handshakes[0].end, transcript.messages.size());
}

Message hand_written(Side from, MessageType type, Body body = {}) {
  Message message;
  message.from = from;
  message.type = type;
  message.body = std::move(body);
  message.protection = Protection::opened;
  return message;
}

ServerHello hello_in(Version version) {
  ServerHello hello;
  hello.version = version;
  return hello;
}

/// The seed report's connection as s_client -msg printed it: the client's ClientHello stands before the ticket that
/// provoked it.
Transcript seed_story(Vantage vantage) {
  ClientHello hello;
  hello.ticket = ticket_a;
  Transcript transcript;
  transcript.vantage = vantage;
  transcript.messages = {hand_written(Side::client, MessageType::client_hello, hello),
                         hand_written(Side::server, MessageType::server_hello, hello_in(Version::tls10)),
                         hand_written(Side::server, MessageType::new_session_ticket, NewSessionTicket()),
                         hand_written(Side::server, MessageType::change_cipher_spec),
                         hand_written(Side::server, MessageType::finished, Finished()),
                         hand_written(Side::client, MessageType::change_cipher_spec),
                         hand_written(Side::client, MessageType::finished, Finished()),
                         hand_written(Side::client, MessageType::client_hello, hello),
                         hand_written(Side::server, MessageType::new_session_ticket, NewSessionTicket()),
                         hand_written(Side::client, MessageType::alert, Alert{2, alert_unexpected_message})};
  return transcript;
}

TEST(Handshakes, AStrayTicketProcessedAfterAClientHelloBelongsToTheHandshakeBefore) {
  const auto handshakes = handshakes_of(seed_story(Vantage::client_callback));
  ASSERT_THAT(handshakes, SizeIs(2));
  EXPECT_EQ(handshakes[0].kind, HandshakeKind::resumed);
  EXPECT_TRUE(handshakes[0].finished_visible);
  EXPECT_THAT(handshakes[0].new_tickets, ElementsAre(2, 8));
  EXPECT_EQ(handshakes[0].end, 9u);
  EXPECT_EQ(handshakes[1].kind, HandshakeKind::failed);
  EXPECT_THAT(handshakes[1].new_tickets, IsEmpty());
}

TEST(Handshakes, OnTheWireWhatFollowsAClientHelloIsOfItsHandshake) {
  const auto handshakes = handshakes_of(seed_story(Vantage::wire));
  ASSERT_THAT(handshakes, SizeIs(2));
  EXPECT_THAT(handshakes[0].new_tickets, ElementsAre(2));
  EXPECT_THAT(handshakes[1].new_tickets, ElementsAre(8));
}

TEST(Handshakes, ARenegotiationIsASecondHandshake) {
  Transcript transcript = seed_story(Vantage::client_callback);
  transcript.messages.resize(8);
  for (const MessageType type : {MessageType::server_hello, MessageType::certificate, MessageType::server_hello_done,
                                 MessageType::change_cipher_spec, MessageType::finished})
    transcript.messages.push_back(
        hand_written(Side::server, type, type == MessageType::server_hello ? Body(hello_in(Version::tls10)) : Body()));
  transcript.messages.push_back(hand_written(Side::client, MessageType::finished));
  const auto handshakes = handshakes_of(transcript);
  ASSERT_THAT(handshakes, SizeIs(2));
  EXPECT_EQ(handshakes[0].end, 7u);
  EXPECT_EQ(handshakes[1].client_hello, 7u);
  EXPECT_EQ(handshakes[1].kind, HandshakeKind::full);
}

ServerHello psk_hello(bool selected) {
  ServerHello hello = hello_in(Version::tls13);
  if (selected) hello.selected_psk = 0;
  return hello;
}

Transcript tls13_story(bool resumed) {
  Transcript transcript;
  transcript.version = Version::tls13;
  transcript.messages = {hand_written(Side::client, MessageType::client_hello, ClientHello()),
                         hand_written(Side::server, MessageType::hello_retry_request, hello_in(Version::tls13)),
                         hand_written(Side::client, MessageType::client_hello, ClientHello()),
                         hand_written(Side::server, MessageType::server_hello, psk_hello(resumed)),
                         hand_written(Side::server, MessageType::finished),
                         hand_written(Side::client, MessageType::finished),
                         hand_written(Side::server, MessageType::new_session_ticket),
                         hand_written(Side::server, MessageType::application_data),
                         hand_written(Side::server, MessageType::new_session_ticket)};
  return transcript;
}

TEST(Handshakes, ARetriedHandshakeIsOneAndKeepsItsLateTickets) {
  const auto handshakes = handshakes_of(tls13_story(false));
  ASSERT_THAT(handshakes, SizeIs(1));
  EXPECT_EQ(handshakes[0].first_client_hello, 0u);
  EXPECT_EQ(handshakes[0].client_hello, 2u);
  EXPECT_EQ(handshakes[0].kind, HandshakeKind::full);
  EXPECT_THAT(handshakes[0].new_tickets, ElementsAre(6, 8));
}

TEST(Handshakes, ASelectedPskIsAResumptionByTicket) {
  const auto handshakes = handshakes_of(tls13_story(true));
  EXPECT_EQ(handshakes[0].kind, HandshakeKind::resumed);
  EXPECT_EQ(handshakes[0].resumed_by, ResumedBy::ticket);
}

Bytes sealed_13(std::size_t bytes) { return record(ContentType::application_data, repeat(0xab, bytes)); }

Tape tls13_flight() {
  Tape tape;
  tape.client(record(client_hello(extension(ext::supported_versions, {2, 3, 4}))))
      .server(join({record(server_hello(extension(ext::supported_versions, {3, 4}), {}, 0x0303, 0x1301)),
                    change_cipher_spec(), sealed_13(500)}));
  return tape;
}

TEST(Handshakes, WithoutKeysALongSealedAnswerCompletesTls13) {
  Tape tape = tls13_flight();
  tape.client(join({change_cipher_spec(), sealed_13(53)}));
  const auto handshakes = handshakes_of(seen(tape));
  EXPECT_EQ(handshakes[0].kind, HandshakeKind::full);
  EXPECT_FALSE(handshakes[0].finished_visible);
  EXPECT_EQ(handshakes[0].server_finished, 3u);
  EXPECT_EQ(handshakes[0].client_finished, 5u);
}

TEST(Handshakes, WithoutKeysASealedAlertDoesNotCompleteTls13) {
  Tape tape = tls13_flight();
  tape.client(join({change_cipher_spec(), sealed_13(19)}));
  EXPECT_EQ(handshakes_of(seen(tape))[0].kind, HandshakeKind::failed);
}

TEST(Sha256, NamesBytes) {
  EXPECT_EQ(sha256_hex(as_bytes("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace ti

#include <gmock/gmock.h>

#include "model/results.hpp"

namespace ti {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

Bytes ticket(std::uint8_t filler) { return Bytes(192, filler); }
std::string sha(std::uint8_t filler) { return sha256_hex(ticket(filler)); }

Message message(Side from, MessageType type, Body body = {}) {
  Message made;
  made.from = from;
  made.type = type;
  made.at = 1500us;
  made.bytes = 40;
  made.body = std::move(body);
  return made;
}

Message client_hello(std::optional<Bytes> offered) {
  ClientHello hello;
  hello.ticket = std::move(offered);
  return message(Side::client, MessageType::client_hello, hello);
}

Message server_hello(bool promised) {
  ServerHello hello;
  hello.version = Version::tls12;
  hello.ticket_promised = promised;
  return message(Side::server, MessageType::server_hello, hello);
}

Message new_ticket(Bytes bytes, std::uint32_t lifetime = 7200, std::optional<std::uint32_t> age_add = {}) {
  NewSessionTicket ticket;
  ticket.lifetime = lifetime;
  ticket.age_add = age_add;
  ticket.ticket = std::move(bytes);
  return message(Side::server, MessageType::new_session_ticket, ticket);
}

Message alert(std::uint8_t description) { return message(Side::client, MessageType::alert, Alert{2, description}); }

ObservedConnection connection(std::vector<Message> messages, HandshakeKind kind = HandshakeKind::full) {
  ObservedConnection made;
  made.at = 15s;
  made.transcript.version = Version::tls12;
  made.transcript.suite = 0x0039;
  made.transcript.messages = std::move(messages);
  Handshake handshake{};
  handshake.kind = kind;
  handshake.resumed_by = kind == HandshakeKind::resumed ? ResumedBy::ticket : ResumedBy::nothing;
  made.handshakes = {handshake};
  return made;
}

std::vector<std::string> notes(const ConnectionSummary& summary) {
  std::vector<std::string> all;
  for (const MessageSummary& message : summary.messages) all.push_back(message.note);
  return all;
}

TEST(Summarise, SaysWhatMattersOfEachMessage) {
  TicketNames names;
  summarise(connection({client_hello(Bytes{}), new_ticket(ticket(1))}), names);
  const ConnectionSummary summary = summarise(connection({client_hello(ticket(1)), server_hello(true),
                                                          new_ticket(ticket(2), 0), alert(alert_unexpected_message)},
                                                         HandshakeKind::resumed),
                                              names);
  EXPECT_THAT(notes(summary), ElementsAre("offers A", "promises a ticket", "ticket B, lifetime hint 0 s, 192 bytes",
                                          "unexpected_message"));
  EXPECT_EQ(summary.at_s, 15);
  EXPECT_EQ(summary.handshake, "resumed");
  EXPECT_EQ(summary.resumed_by, "ticket");
  EXPECT_EQ(summary.version, "1.2");
  EXPECT_EQ(summary.cipher, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA");
  EXPECT_EQ(summary.offered, sha(1));
  EXPECT_EQ(summary.messages[0].type, "ClientHello");
  EXPECT_EQ(summary.messages[0].at_ms, 1.5);
  ASSERT_EQ(summary.new_tickets.size(), 1U);
  EXPECT_EQ(summary.new_tickets[0].sha256, sha(2));
  EXPECT_EQ(summary.new_tickets[0].lifetime_s, 0U);
  EXPECT_EQ(summary.new_tickets[0].bytes, 192U);
}

TEST(Summarise, TellsAskingFromOfferingAndFromNeither) {
  TicketNames names;
  EXPECT_THAT(notes(summarise(connection({client_hello(Bytes{})}), names)), ElementsAre("asks for a ticket"));
  EXPECT_THAT(notes(summarise(connection({client_hello({})}), names)), ElementsAre(""));
  EXPECT_THAT(notes(summarise(connection({client_hello(ticket(9))}), names)),
              ElementsAre("offers a ticket that never came"));
}

TEST(Summarise, CallsTicketsAsTheScenarioDoesAndNumbersThoseOfOneConnection) {
  TicketNames names;
  ObservedConnection first = connection({new_ticket(ticket(1), 7200, 5), new_ticket(ticket(2), 7200, 6)});
  first.expect.new_ticket = "old";
  EXPECT_THAT(notes(summarise(first, names)),
              ElementsAre("ticket old, lifetime 7200 s, 192 bytes", "ticket old2, lifetime 7200 s, 192 bytes"));
  ObservedConnection second = connection({new_ticket(ticket(3))});
  second.expect.new_ticket = "any";
  summarise(second, names);
  EXPECT_EQ(*names.find(sha(3)), "A");
  ObservedConnection third = connection({new_ticket(ticket(4)), new_ticket(ticket(3))});
  third.expect.new_ticket = "A";
  summarise(third, names);
  EXPECT_EQ(*names.find(sha(4)), "A'");
  EXPECT_EQ(*names.find(sha(3)), "A");
}

TEST(Summarise, LettersDoNotRunOut) {
  TicketNames names;
  for (int i = 0; i < 60; ++i) summarise(connection({new_ticket(ticket(static_cast<std::uint8_t>(i)))}), names);
  EXPECT_EQ(*names.find(sha(25)), "Z");
  EXPECT_EQ(*names.find(sha(26)), "AA");
  EXPECT_EQ(*names.find(sha(59)), "BH");
}

TEST(Summarise, SaysWhatCouldNotBeReadAndWhere) {
  TicketNames names;
  ObservedConnection cut = connection({client_hello(Bytes{})});
  cut.transcript.problems = {{Side::server, 4, 1, "a record is cut off", false}};
  const ConnectionSummary summary = summarise(cut, names);
  ASSERT_EQ(summary.problems.size(), 1U);
  EXPECT_EQ(summary.problems[0].from, Side::server);
  EXPECT_EQ(summary.problems[0].before_message, 1U);
  EXPECT_EQ(summary.problems[0].what, "a record is cut off");
}

TEST(Summarise, AnEmptyTicketIsNotNamed) {
  TicketNames names;
  EXPECT_THAT(notes(summarise(connection({new_ticket({})}), names)), ElementsAre("empty ticket"));
  EXPECT_EQ(names.letter(), "A");
}

TEST(Summarise, AConnectionWithoutAHandshakeFailed) {
  TicketNames names;
  const ConnectionSummary summary = summarise(ObservedConnection{}, names);
  EXPECT_EQ(summary.handshake, "failed");
  EXPECT_EQ(summary.version, "");
  EXPECT_EQ(summary.cipher, "");
  EXPECT_EQ(summary.offered, "");
}

TEST(Summarise, SaysWhatASealedRecordIsAndThatAFinishedDoesNotVerify) {
  TicketNames names;
  Message sealed = message(Side::server, MessageType::encrypted);
  sealed.protection = Protection::sealed;
  const ConnectionSummary summary =
      summarise(connection({sealed, message(Side::server, MessageType::finished, Finished{{}, false}),
                            message(Side::server, MessageType::finished, Finished{{}, true})}),
                names);
  EXPECT_THAT(notes(summary), ElementsAre("a sealed handshake record", "does not verify", ""));
  EXPECT_TRUE(summary.messages[0].sealed);
  EXPECT_FALSE(summary.messages[1].sealed);
}

}  // namespace
}  // namespace ti

// Connections judged one by one: their numbers, their standings, and what bears on which.
#include "rules/docket.hpp"

#include "rules/verdicts.hpp"

namespace ti {
namespace {

using made::ticket;
using made::Wire;

ObservedConnection done(Wire& wire) {
  wire.c.handshakes = handshakes_of(wire.c.transcript);
  return wire.c;
}

Wire two_tickets() {
  Wire wire;
  wire.full(ticket('A', 1)).new_ticket(ticket('A', 2)).data();
  return wire;
}

TEST(Docket, CountsConnectionsAndThoseWithoutMessages) {
  Docket docket;
  Wire first, second;
  EXPECT_EQ(docket.judged(), 0U);
  EXPECT_EQ(docket.judge(done(first.full({}).data()), "s").number, 1U);
  docket.pass_over();
  EXPECT_EQ(docket.judge(done(second.full({}).data()), "s").number, 3U);
  EXPECT_EQ(docket.judged(), 3U);
}

TEST(Docket, CallsAConnectionByItsNumberThroughout) {
  Docket docket;
  Wire first, second, offering;
  docket.judge(done(first.full({}).data()), "one");
  docket.judge(done(second.full(ticket('A', 1)).data()), "two");
  docket.judge(done(offering.resumed(ticket('A', 1), ticket('A', 2)).data()), "two");
  Wire bad = two_tickets();
  const Judgement judgement = docket.judge(done(bad), "two");
  EXPECT_EQ(judgement.standing, Standing::fail);
  ASSERT_TRUE(judgement.verdict.at);
  EXPECT_EQ(judgement.verdict.at->connection, 4U);
}

TEST(Docket, AccusesOnlyOnceForWhatCameBefore) {
  Docket docket;
  Wire bad = two_tickets(), good;
  EXPECT_EQ(docket.judge(done(bad), "s").standing, Standing::fail);
  const Judgement judgement = docket.judge(done(good.full(ticket('A', 3)).data()), "s");
  EXPECT_EQ(judgement.standing, Standing::pass) << judgement.reason;
  EXPECT_TRUE(judgement.verdict.findings.empty());
}

/// A server that resumes with another suite than the session's: to be told only beside the session.
Judgement resumed_with_other_suite(Docket& docket, const std::string& first_server, const std::string& server) {
  Wire session, again;
  docket.judge(done(session.full(ticket('A', 1)).data()), first_server);
  again.resumed(ticket('A', 1)).data();
  again.body<ServerHello>(1).suite = 0x0035;
  again.body<ClientHello>(0).suites.push_back(0x0035);
  again.c.transcript.suite = 0x0035;
  return docket.judge(done(again), server);
}

TEST(Docket, FollowsATicketToWhereItWasIssued) {
  Docket docket;
  const Judgement judgement = resumed_with_other_suite(docket, "one", "two");
  EXPECT_EQ(judgement.standing, Standing::fail);
  EXPECT_EQ(judgement.verdict.rule, "rfc5246-7.4.1.3-suite-kept");
}

TEST(Docket, ForgetsTheOldestOfThousands) {
  Docket docket;
  Wire session;
  docket.judge(done(session.full(ticket('A', 1)).data()), "s");
  for (int i = 0; i < 4200; ++i) {
    Wire other;
    docket.judge(done(other.client_hello()), "s");
  }
  Docket fresh;
  EXPECT_EQ(resumed_with_other_suite(fresh, "s", "s").standing, Standing::fail);
  Wire again;
  again.resumed(ticket('A', 1)).data();
  again.body<ServerHello>(1).suite = 0x0035;
  again.body<ClientHello>(0).suites.push_back(0x0035);
  EXPECT_NE(docket.judge(done(again), "s").standing, Standing::fail);
}

TEST(Docket, AClientThatLeavesInTheHandshakeHasGivenUp) {
  Docket docket;
  Wire wire;
  const Judgement judgement = docket.judge(done(wire.client_hello().end(Side::client).end(Side::server)), "s");
  EXPECT_EQ(judgement.standing, Standing::given_up) << judgement.reason;
}

TEST(Docket, AHandshakeWithoutAnEndIsIncomplete) {
  Docket docket;
  Wire open, lost;
  EXPECT_EQ(docket.judge(done(open.client_hello().server_hello(false)), "s").standing, Standing::incomplete);
  lost.client_hello();
  lost.c.transcript.problems.push_back({Side::server, 0, 1, "100 bytes are missing", false, Missing::messages});
  const Judgement judgement = docket.judge(done(lost), "s");
  EXPECT_EQ(judgement.standing, Standing::incomplete);
  EXPECT_THAT(judgement.reason, testing::HasSubstr("100 bytes are missing"));
}

TEST(Docket, AVersionOfNoDocumentIsNotJudged) {
  Docket docket;
  Wire wire(static_cast<Version>(0x7f1c));
  wire.client_hello().server_hello(false).new_ticket(ticket('A', 1)).new_ticket(ticket('A', 2));
  wire.body<ClientHello>(0).versions = {0x7f1c};
  const Judgement judgement = docket.judge(done(wire), "s");
  EXPECT_EQ(judgement.standing, Standing::not_judged);
  EXPECT_THAT(judgement.reason, testing::HasSubstr("draft 28 of TLS 1.3"));
  EXPECT_TRUE(judgement.verdict.findings.empty());
}

TEST(Docket, Ssl3IsNotJudgedByTheDocumentsOfTls) {
  Docket docket;
  Wire wire(Version::ssl30);
  wire.client_hello().server_hello(false).new_ticket(ticket('A', 1)).new_ticket(ticket('A', 2));
  const Judgement judgement = docket.judge(done(wire), "s");
  EXPECT_EQ(judgement.standing, Standing::not_judged);
  EXPECT_THAT(judgement.reason, testing::HasSubstr("SSL 3.0"));
}

TEST(Docket, AServerWithoutTlsIsNamedSo) {
  Docket docket;
  Wire wire;
  wire.client_hello().end(Side::client);
  wire.c.transcript.problems.push_back({Side::server, 0, 1, "the server does not speak TLS", false});
  const Judgement judgement = docket.judge(done(wire), "s", false);
  EXPECT_EQ(judgement.standing, Standing::no_tls);
  EXPECT_EQ(judgement.reason, "the server does not speak TLS");
}

// --- texts, of which lines may be lost without a trace ---

TEST(Docket, OfATextOnlyWhatThePeerMindedIsABreach) {
  Docket docket;
  Wire minded, taken;
  minded.full(ticket('A', 1)).new_ticket(ticket('A', 2)).alert(Side::client, 10);
  taken.full(ticket('A', 1)).new_ticket(ticket('A', 2)).data();
  for (Wire* wire : {&minded, &taken}) wire->c.transcript.vantage = Vantage::untimed;
  for (Wire* wire : {&minded, &taken})
    for (Message& message : wire->c.transcript.messages)
      if (auto* finished = std::get_if<Finished>(&message.body)) finished->verified.reset();
  EXPECT_EQ(docket.judge(done(minded), "").standing, Standing::fail);
  const Judgement judgement = docket.judge(done(taken), "");
  EXPECT_EQ(judgement.standing, Standing::inconclusive);
  EXPECT_THAT(judgement.reason, testing::HasSubstr("lines may be lost without a trace"));
}

TEST(Docket, OfATextWhatAFinishedProvesIsABreach) {
  for (const bool proven : {true, false}) {
    Docket docket;
    Wire wire;
    wire.full(ticket('A', 1)).data();
    wire.body<ServerHello>(1).ticket_promised = false;
    wire.c.transcript.vantage = Vantage::untimed;
    for (Message& message : wire.c.transcript.messages)
      if (auto* finished = std::get_if<Finished>(&message.body); finished != nullptr && !proven)
        finished->verified.reset();
    EXPECT_EQ(docket.judge(done(wire), "").standing, proven ? Standing::fail : Standing::inconclusive);
  }
}

TEST(Docket, OfATextAnAlertAccusesNobody) {
  Docket docket;
  Wire wire;
  wire.resumption_flight(ticket('A', 1), ticket('A', 2)).alert(Side::client, 10).end(Side::client);
  wire.c.transcript.vantage = Vantage::client_callback;
  EXPECT_EQ(docket.judge(done(wire), "").standing, Standing::inconclusive);
}

}  // namespace
}  // namespace ti

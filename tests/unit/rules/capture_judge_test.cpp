// Connections judged one by one: their numbers, their outcomes, and what bears on which.
#include "rules/capture_judge.hpp"

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

TEST(CaptureJudge, CountsConnectionsAndThoseWithoutMessages) {
  CaptureJudge capture_judge;
  Wire first, second;
  EXPECT_EQ(capture_judge.judged(), 0U);
  EXPECT_EQ(capture_judge.judge(done(first.full({}).data()), "s").number, 1U);
  capture_judge.pass_over();
  EXPECT_EQ(capture_judge.judge(done(second.full({}).data()), "s").number, 3U);
  EXPECT_EQ(capture_judge.judged(), 3U);
}

TEST(CaptureJudge, CallsAConnectionByItsNumberThroughout) {
  CaptureJudge capture_judge;
  Wire first, second, offering;
  capture_judge.judge(done(first.full({}).data()), "one");
  capture_judge.judge(done(second.full(ticket('A', 1)).data()), "two");
  capture_judge.judge(done(offering.resumed(ticket('A', 1), ticket('A', 2)).data()), "two");
  Wire bad = two_tickets();
  const Judgement judgement = capture_judge.judge(done(bad), "two");
  EXPECT_EQ(judgement.outcome, JudgementOutcome::fail);
  ASSERT_TRUE(judgement.verdict.at);
  EXPECT_EQ(judgement.verdict.at->connection, 4U);
}

TEST(CaptureJudge, AccusesOnlyOnceForWhatCameBefore) {
  CaptureJudge capture_judge;
  Wire bad = two_tickets(), good;
  EXPECT_EQ(capture_judge.judge(done(bad), "s").outcome, JudgementOutcome::fail);
  const Judgement judgement = capture_judge.judge(done(good.full(ticket('A', 3)).data()), "s");
  EXPECT_EQ(judgement.outcome, JudgementOutcome::pass) << judgement.reason;
  EXPECT_TRUE(judgement.verdict.breaches.empty());
}

TEST(CaptureJudge, KnowsAllTicketsOfACellOnlyByOurOwnTap) {
  Wire first, foreign;
  first.full(ticket('A', 1)).data();
  foreign.resumed(ticket('X', 7)).data();
  CaptureJudge elsewhere, ours;
  elsewhere.judge(done(first), "s");
  EXPECT_EQ(elsewhere.judge(done(foreign), "s").outcome, JudgementOutcome::pass) << "it may have come before";
  ours.judge_tapped(done(first), "s");
  const Judgement judgement = ours.judge_tapped(done(foreign), "s");
  EXPECT_EQ(judgement.outcome, JudgementOutcome::fail);
  EXPECT_EQ(judgement.verdict.rule, "rfc5077-3.2-only-issued-tickets");
}

/// A server that resumes with another suite than the session's: to be told only beside the session.
Judgement resumed_with_other_suite(CaptureJudge& capture_judge, const std::string& first_server,
                                   const std::string& server) {
  Wire session, again;
  capture_judge.judge(done(session.full(ticket('A', 1)).data()), first_server);
  again.resumed(ticket('A', 1)).data();
  again.body<ServerHello>(1).suite = 0x0035;
  again.body<ClientHello>(0).suites.push_back(0x0035);
  again.c.transcript.suite = 0x0035;
  return capture_judge.judge(done(again), server);
}

TEST(CaptureJudge, FollowsATicketToWhereItWasIssued) {
  CaptureJudge capture_judge;
  const Judgement judgement = resumed_with_other_suite(capture_judge, "one", "two");
  EXPECT_EQ(judgement.outcome, JudgementOutcome::fail);
  EXPECT_EQ(judgement.verdict.rule, "rfc5246-7.4.1.3-suite-kept");
}

TEST(CaptureJudge, ForgetsTheOldestOfThousands) {
  CaptureJudge capture_judge;
  Wire session;
  capture_judge.judge(done(session.full(ticket('A', 1)).data()), "s");
  for (int i = 0; i < 4200; ++i) {
    Wire other;
    capture_judge.judge(done(other.client_hello()), "s");
  }
  CaptureJudge fresh;
  EXPECT_EQ(resumed_with_other_suite(fresh, "s", "s").outcome, JudgementOutcome::fail);
  Wire again;
  again.resumed(ticket('A', 1)).data();
  again.body<ServerHello>(1).suite = 0x0035;
  again.body<ClientHello>(0).suites.push_back(0x0035);
  EXPECT_NE(capture_judge.judge(done(again), "s").outcome, JudgementOutcome::fail);
}

TEST(CaptureJudge, AClientThatLeavesInTheHandshakeHasGivenUp) {
  CaptureJudge capture_judge;
  Wire wire;
  const Judgement judgement = capture_judge.judge(done(wire.client_hello().end(Side::client).end(Side::server)), "s");
  EXPECT_EQ(judgement.outcome, JudgementOutcome::given_up) << judgement.reason;
}

TEST(CaptureJudge, AHandshakeWithoutAnEndIsIncomplete) {
  CaptureJudge capture_judge;
  Wire open, lost;
  EXPECT_EQ(capture_judge.judge(done(open.client_hello().server_hello(false)), "s").outcome,
            JudgementOutcome::incomplete);
  lost.client_hello();
  lost.c.transcript.problems.push_back({Side::server, 0, 1, "100 bytes are missing", false, Missing::messages});
  const Judgement judgement = capture_judge.judge(done(lost), "s");
  EXPECT_EQ(judgement.outcome, JudgementOutcome::incomplete);
  EXPECT_THAT(judgement.reason, testing::HasSubstr("100 bytes are missing"));
}

TEST(CaptureJudge, AVersionOfNoDocumentIsNotJudged) {
  CaptureJudge capture_judge;
  Wire wire(static_cast<Version>(0x7f1c));
  wire.client_hello().server_hello(false).new_ticket(ticket('A', 1)).new_ticket(ticket('A', 2));
  wire.body<ClientHello>(0).versions = {0x7f1c};
  const Judgement judgement = capture_judge.judge(done(wire), "s");
  EXPECT_EQ(judgement.outcome, JudgementOutcome::not_judged);
  EXPECT_THAT(judgement.reason, testing::HasSubstr("draft 28 of TLS 1.3"));
  EXPECT_TRUE(judgement.verdict.breaches.empty());
}

TEST(CaptureJudge, Ssl3IsNotJudgedByTheDocumentsOfTls) {
  CaptureJudge capture_judge;
  Wire wire(Version::ssl30);
  wire.client_hello().server_hello(false).new_ticket(ticket('A', 1)).new_ticket(ticket('A', 2));
  const Judgement judgement = capture_judge.judge(done(wire), "s");
  EXPECT_EQ(judgement.outcome, JudgementOutcome::not_judged);
  EXPECT_THAT(judgement.reason, testing::HasSubstr("SSL 3.0"));
}

TEST(CaptureJudge, AServerWithoutTlsIsNamedSo) {
  CaptureJudge capture_judge;
  Wire wire;
  wire.client_hello().end(Side::client);
  wire.c.transcript.problems.push_back({Side::server, 0, 1, "the server does not speak TLS", false});
  const Judgement judgement = capture_judge.judge(done(wire), "s", false);
  EXPECT_EQ(judgement.outcome, JudgementOutcome::no_tls);
  EXPECT_EQ(judgement.reason, "the server does not speak TLS");
}

// --- texts, of which lines may be lost without a trace ---

TEST(CaptureJudge, OfATextOnlyWhatThePeerMindedIsABreach) {
  CaptureJudge capture_judge;
  Wire minded, taken;
  minded.full(ticket('A', 1)).new_ticket(ticket('A', 2)).alert(Side::client, 10);
  taken.full(ticket('A', 1)).new_ticket(ticket('A', 2)).data();
  for (Wire* wire : {&minded, &taken}) wire->c.transcript.vantage = Vantage::untimed;
  for (Wire* wire : {&minded, &taken})
    for (Message& message : wire->c.transcript.messages)
      if (auto* finished = std::get_if<Finished>(&message.body)) finished->verified.reset();
  EXPECT_EQ(capture_judge.judge(done(minded), "").outcome, JudgementOutcome::fail);
  const Judgement judgement = capture_judge.judge(done(taken), "");
  EXPECT_EQ(judgement.outcome, JudgementOutcome::inconclusive);
  EXPECT_THAT(judgement.reason, testing::HasSubstr("lines may be lost without a trace"));
}

TEST(CaptureJudge, OfATextWhatAFinishedProvesIsABreach) {
  for (const bool proven : {true, false}) {
    CaptureJudge capture_judge;
    Wire wire;
    wire.full(ticket('A', 1)).data();
    wire.body<ServerHello>(1).ticket_promised = false;
    wire.c.transcript.vantage = Vantage::untimed;
    for (Message& message : wire.c.transcript.messages)
      if (auto* finished = std::get_if<Finished>(&message.body); finished != nullptr && !proven)
        finished->verified.reset();
    EXPECT_EQ(capture_judge.judge(done(wire), "").outcome,
              proven ? JudgementOutcome::fail : JudgementOutcome::inconclusive);
  }
}

TEST(CaptureJudge, OfATextAnAlertAccusesNobody) {
  CaptureJudge capture_judge;
  Wire wire;
  wire.resumption_flight(ticket('A', 1), ticket('A', 2)).alert(Side::client, 10).end(Side::client);
  wire.c.transcript.vantage = Vantage::client_callback;
  EXPECT_EQ(capture_judge.judge(done(wire), "").outcome, JudgementOutcome::inconclusive);
}

}  // namespace
}  // namespace ti

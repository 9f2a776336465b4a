// Every reason to doubt a verdict, both ways: where it bears on it, and where it does not.
#include "run/soundness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ti {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

constexpr const char* document = "rfc5077-3.3-one-ticket";
constexpr const char* ending = "harness-connection-completes";
constexpr const char* wanted = "expect-handshake";
constexpr const char* words = "witness-client-answers";

class Soundness : public testing::Test {
 protected:
  Soundness() { cell_.connections = {at(0s), at(15s), at(25s)}; }

  static ObservedConnection at(std::chrono::seconds time) {
    ObservedConnection connection;
    connection.at = time;
    Handshake handshake{};
    handshake.kind = HandshakeKind::full;
    connection.handshakes = {handshake};
    return connection;
  }

  Verdict of(Outcome outcome) const {
    Verdict verdict;
    verdict.outcome = outcome;
    if (outcome != Outcome::pass) verdict.reason = "what the wire shows";
    return in_circumstances(verdict, seen_, cell_);
  }

  Verdict of_fail(const char* rule, std::size_t connection = 2) const {
    Verdict verdict;
    verdict.outcome = Outcome::fail;
    verdict.fault = Side::client;
    verdict.rule = rule;
    verdict.reason = "what the wire shows";
    verdict.at = Place{connection, std::nullopt};
    return in_circumstances(verdict, seen_, cell_);
  }

  /// What becomes of each: pass, inconclusive, and the fails by a document, an ending, an expectation.
  std::string outcomes() const {
    std::string text;
    for (const Verdict& verdict :
         {of(Outcome::pass), of(Outcome::inconclusive), of_fail(document), of_fail(ending), of_fail(wanted)})
      text += std::string(text.empty() ? "" : " ") + std::string(name(verdict.outcome));
    return text;
  }

  Circumstances seen_;
  Observation cell_;
  static constexpr const char* untouched = "pass inconclusive fail fail fail";
  static constexpr const char* only_fails_stand = "error error fail fail fail";
};

TEST_F(Soundness, NothingIsBelievedOfAServerThatIsNotHooked) {
  EXPECT_EQ(outcomes(), "pass inconclusive fail fail fail");
  seen_.unhooked = "the ticket hook is not in place in server nginx";
  EXPECT_EQ(outcomes(), "error error error error error");
  EXPECT_EQ(of(Outcome::pass).reason, seen_.unhooked);
  EXPECT_EQ(of_fail(document).reason, seen_.unhooked + "; else it would be: what the wire shows");
}

TEST_F(Soundness, WhereNothingCameAboutEachVerdictStands) {
  EXPECT_EQ(outcomes(), untouched);
  EXPECT_EQ(of_fail(document).fault, Side::client);
}

TEST_F(Soundness, WhatBrokeProvesNothingGoodAndTakesNoFailBack) {
  seen_.broken = "server x did not say \"ACCEPT\"";
  EXPECT_EQ(outcomes(), only_fails_stand);
  EXPECT_EQ(of(Outcome::pass).reason, seen_.broken);
}

TEST_F(Soundness, WhatAnAdapterDoesNotImplementIsUnsupportedUnlessTheWireShowedAFail) {
  seen_.unimplemented = "the adapter does not implement \"offer\"";
  EXPECT_EQ(outcomes(), "unsupported unsupported fail fail fail");
  EXPECT_EQ(of(Outcome::pass).reason, seen_.unimplemented);
}

TEST_F(Soundness, ATimelineThatWasCutShortProvesNothingGood) {
  seen_.cut_short = "the client was gone";
  EXPECT_EQ(outcomes(), only_fails_stand);
  EXPECT_EQ(of(Outcome::pass).reason, "the timeline was not run to its end: the client was gone");
}

TEST_F(Soundness, ALoaderThatComplainsOrAKilledServerProvesNothingGood) {
  seen_.loader = "ERROR: ld.so: object 'x' cannot be preloaded" + std::string(100000, 'x');
  EXPECT_EQ(outcomes(), only_fails_stand);
  EXPECT_THAT(of(Outcome::pass).reason, AllOf(HasSubstr("ld.so"), SizeIs(testing::Lt(500U))));
  seen_.server_killed = "killed by signal 9 (Killed)";
  EXPECT_EQ(of(Outcome::pass).reason, "the server was killed by signal 9 (Killed)");
}

TEST_F(Soundness, ALogThatWasCutLeavesAPassOpenAndNothingElse) {
  seen_.log_cut = true;
  EXPECT_EQ(outcomes(), "inconclusive inconclusive fail fail fail");
}

TEST_F(Soundness, AFullFolderProvesNothingBad) {
  seen_.full_folder = "/t/x";
  EXPECT_EQ(outcomes(), "pass error error error error");
  EXPECT_THAT(of_fail(document).reason,
              AllOf(HasSubstr("/t/x is full"), HasSubstr("else it would be: what the wire shows")));
}

TEST_F(Soundness, ADeadlineThatStruckWhileTheHarnessStoodStillProvesNothingOfEndings) {
  seen_.deadline_struck = true;
  EXPECT_EQ(outcomes(), untouched);
  seen_.stood_still = 1500ms;
  EXPECT_EQ(outcomes(), "pass error fail error error");
  EXPECT_THAT(of_fail(ending).reason, HasSubstr("stood still for 1500 ms"));
  seen_.deadline_struck = false;
  EXPECT_EQ(outcomes(), untouched);
}

TEST_F(Soundness, AKilledClientIsBlamedForNoEnding) {
  cell_.connections[1].client.killed = "killed by signal 9 (Killed)";
  EXPECT_EQ(of_fail(ending, 2).outcome, Outcome::error);
  EXPECT_EQ(of_fail(words, 2).outcome, Outcome::error);
  EXPECT_THAT(of_fail(words, 2).reason, HasSubstr("the client was killed by signal 9"));
  EXPECT_EQ(of_fail(words, 1).outcome, Outcome::fail);
  EXPECT_EQ(of_fail(document, 2).outcome, Outcome::fail);
}

TEST_F(Soundness, ASlowStepMattersToAnExpectationWhereItCarriesAKeyOverABorder) {
  cell_.policy.values["expire_after"] = 20s;
  seen_.took = {{0s, 5ms}, {15s, 2s}, {25s, 5ms}};
  EXPECT_EQ(outcomes(), untouched);
  seen_.took[1].took = 5s;
  EXPECT_EQ(outcomes(), "pass inconclusive fail fail inconclusive");
  EXPECT_THAT(of_fail(wanted).reason, StartsWith("the connection at 15 s took 5000 ms"));
}

TEST_F(Soundness, WhatCameAfterAnExpectationDidNotBringItAbout) {
  cell_.policy.values["expire_after"] = 20s;
  seen_.took = {{0s, 5ms}, {15s, 5s}, {25s, 5ms}};
  EXPECT_EQ(of_fail(wanted, 1).outcome, Outcome::fail);
  EXPECT_EQ(of_fail(wanted, 2).outcome, Outcome::inconclusive);
  EXPECT_EQ(of_fail("expect-offered", 2).outcome, Outcome::fail);
  EXPECT_EQ(of_fail("expect-offered", 3).outcome, Outcome::inconclusive);
}

TEST_F(Soundness, ADisturbanceThatWasNotCarriedOutProvesNothingButWhatTheWireShows) {
  ObservedConnection& second = cell_.connections[1];
  second.connect.disturb.flip = DisturbPlan::Flip{MessageType::new_session_ticket, Side::server, 200};
  EXPECT_EQ(outcomes(), "error error fail error error");
  EXPECT_EQ(of(Outcome::pass).reason,
            "the harness could not change bit 200 of the server's NewSessionTicket in the connection at 15 s: none so "
            "long passed in plaintext");
  EXPECT_EQ(of_fail(wanted, 1).outcome, Outcome::fail);
  EXPECT_EQ(of_fail("expect-offered", 2).outcome, Outcome::fail);
  EXPECT_EQ(of_fail("expect-offered", 3).outcome, Outcome::error);
  second.applied.flipped = 1;
  EXPECT_EQ(outcomes(), untouched);
}

TEST_F(Soundness, OneThatCouldNotBeCarriedOutInTimeLeavesAPassOpen) {
  ObservedConnection& second = cell_.connections[1];
  second.connect.disturb.cut = DisturbPlan::Cut{MessageType::new_session_ticket, Side::server};
  second.handshakes[0].kind = HandshakeKind::failed;
  EXPECT_EQ(outcomes(), "inconclusive inconclusive fail fail fail");
  EXPECT_THAT(of(Outcome::pass).reason, HasSubstr("could not cut after the server's NewSessionTicket"));
}

TEST_F(Soundness, MergingIsDoneIfAnythingWasMergedAtAll) {
  for (ObservedConnection& each : cell_.connections) each.connect.disturb.records = DisturbPlan::Records::merge;
  EXPECT_EQ(outcomes(), "error error fail error error");
  EXPECT_THAT(undone(cell_), SizeIs(1));
  cell_.connections[0].applied.merged = 1;
  EXPECT_EQ(outcomes(), untouched);
  cell_.connections[0].applied = {.as_merged = 1};
  EXPECT_EQ(outcomes(), untouched);
}

TEST(TooLate, AfterTheDeadlineOfAllSteps) {
  Timing timing{.now = 60s, .most = 60s, .late = 250ms};
  EXPECT_EQ(too_late_for(15s, timing), "");
  timing.now += 1ms;
  EXPECT_EQ(too_late_for(15s, timing), "its deadline of 60 s struck");
}

TEST(TooLate, WhereTheStepBeforeRanIntoThisOneByTheRealClockOnly) {
  Timing timing{.now = 15250ms, .most = 60s, .late = 250ms, .real_clock = true};
  EXPECT_EQ(too_late_for(15s, timing), "");
  timing.now += 1ms;
  EXPECT_EQ(too_late_for(15s, timing), "the step before that at 15 s had not ended by then");
  timing.real_clock = false;
  EXPECT_EQ(too_late_for(15s, timing), "");
}

TEST(Overload, IsAStepThatBeganLateByTheRealClock) {
  const Timing real{.late = 250ms, .real_clock = true};
  EXPECT_EQ(overload(1500ms, 250ms, real), "");
  EXPECT_THAT(overload(1500ms, 300ms, real), HasSubstr("the step at 1.5 s began 300 ms late"));
  EXPECT_EQ(overload(1500ms, 300ms, {.late = 250ms}), "");
}

}  // namespace
}  // namespace ti

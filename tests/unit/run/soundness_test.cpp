// Every reason to doubt a verdict, both ways: where it bears on it, and where it does not.
#include "run/soundness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ti {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

Verdict verdict(Outcome outcome) {
  Verdict verdict;
  verdict.outcome = outcome;
  verdict.reason = outcome == Outcome::pass ? "" : "what the wire shows";
  if (outcome == Outcome::fail) verdict.fault = Side::client;
  return verdict;
}

class Soundness : public testing::Test {
 protected:
  Verdict of(Outcome outcome) const { return in_circumstances(verdict(outcome), seen_, cell_); }

  /// The outcomes of pass, inconclusive and fail in these circumstances.
  std::string outcomes() const {
    std::string text;
    for (const Outcome outcome : {Outcome::pass, Outcome::inconclusive, Outcome::fail})
      text += std::string(text.empty() ? "" : " ") + std::string(name(of(outcome).outcome));
    return text;
  }

  void decided(std::chrono::seconds at, bool encrypt, std::int64_t age, std::size_t generation = 0) {
    ObservedConnection connection;
    connection.at = at;
    connection.generation = generation;
    connection.server.decisions = {{encrypt, "ab", age, 1}};
    cell_.connections.push_back(connection);
  }

  Circumstances seen_;
  Observation cell_;
  static constexpr const char* untouched = "pass inconclusive fail";
  static constexpr const char* only_fail_stands = "error error fail";
  static constexpr const char* only_pass_stands = "pass error error";
};

TEST_F(Soundness, WhereNothingCameAboutEachVerdictStands) {
  EXPECT_EQ(outcomes(), untouched);
  EXPECT_EQ(of(Outcome::fail).fault, Side::client);
}

TEST_F(Soundness, WhatBrokeIsAnErrorWhateverWasSeen) {
  seen_.broken = "server x did not say \"ACCEPT\"";
  EXPECT_EQ(outcomes(), "error error error");
  EXPECT_EQ(of(Outcome::fail).reason, seen_.broken);
  EXPECT_FALSE(of(Outcome::fail).fault);
}

TEST_F(Soundness, ATimelineThatWasCutShortProvesNothingGood) {
  seen_.cut_short = "the client was gone";
  EXPECT_EQ(outcomes(), only_fail_stands);
  EXPECT_EQ(of(Outcome::pass).reason, "the timeline was not run to its end: the client was gone");
}

TEST_F(Soundness, StrayWordsProveNothingGood) {
  seen_.stray = "warning: cache full";
  EXPECT_EQ(outcomes(), only_fail_stands);
  EXPECT_THAT(of(Outcome::pass).reason, HasSubstr("warning: cache full"));
  seen_.stray = std::string(100000, 'x');
  EXPECT_LT(of(Outcome::pass).reason.size(), 500U);
}

TEST_F(Soundness, AServerThatEndedOrASanitizersReportProveNothingGood) {
  seen_.server_ended = "exited with 0";
  EXPECT_EQ(outcomes(), only_fail_stands);
  EXPECT_EQ(of(Outcome::pass).reason, "the server exited with 0 by itself");
  seen_.sanitizer = "==1==ERROR: AddressSanitizer: heap-use-after-free";
  EXPECT_THAT(of(Outcome::pass).reason, HasSubstr("AddressSanitizer"));
}

TEST_F(Soundness, AFullFolderProvesNothingBad) {
  seen_.full_folder = "/t/x";
  EXPECT_EQ(outcomes(), only_pass_stands);
  EXPECT_THAT(of(Outcome::fail).reason,
              AllOf(HasSubstr("/t/x is full"), HasSubstr("else it would be: what the wire shows")));
}

TEST_F(Soundness, ADeadlineThatStruckWhileTheHarnessStoodStillProvesNothing) {
  seen_.deadline_struck = true;
  EXPECT_EQ(outcomes(), untouched);
  seen_.stood_still = 1500ms;
  EXPECT_EQ(outcomes(), only_pass_stands);
  EXPECT_THAT(of(Outcome::fail).reason, HasSubstr("stood still for 1500 ms"));
  seen_.deadline_struck = false;
  EXPECT_EQ(outcomes(), untouched);
}

TEST_F(Soundness, ASlowStepMattersWhereItCarriesAKeyOverABorder) {
  cell_.policy.values["expire_after"] = 20s;
  seen_.took = {{0s, 5ms}, {15s, 2s}, {25s, 5ms}};
  EXPECT_EQ(outcomes(), untouched);
  seen_.took[1].took = 5s;
  EXPECT_EQ(outcomes(), only_pass_stands);
  EXPECT_THAT(of(Outcome::fail).reason, StartsWith("the connection at 15 s took 5000 ms"));
}

TEST_F(Soundness, AServersClockGoesWithTheTimeline) {
  decided(0s, true, 0);
  decided(15s, false, 15);
  EXPECT_EQ(outcomes(), untouched);
}

TEST_F(Soundness, AServersClockThatDoesNotGoWithTheTimelineMakesAllDoubtful) {
  decided(0s, true, 0);
  decided(15s, false, 0);
  EXPECT_EQ(outcomes(), "error error error");
  EXPECT_THAT(of(Outcome::pass).reason, HasSubstr("an age of 0 s for a key born at 0 s"));
  seen_.took = {{0s, 12s}};
  EXPECT_EQ(outcomes(), untouched);
}

TEST_F(Soundness, AKeyOfAnotherGenerationIsAnotherKey) {
  decided(0s, true, 0, 0);
  decided(15s, true, 0, 1);
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

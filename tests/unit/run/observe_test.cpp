// What was captured becomes what the rules look at: by hand, without a process or a socket.
#include "run/observe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/hand_made.hpp"

namespace ti {
namespace {

using testing::ElementsAre;

constexpr const char* renewal = R"({
  "title": "t", "spec": ["RFC 5077 3.3"], "why": "w", "tls": ["1.2"],
  "policy": {"renew_after": "10s", "expire_after": "20s"},
  "timeline": [
    {"at": "0s", "connect": {}, "expect": {"handshake": "full", "new_ticket": "A"}},
    {"at": "15s", "connect": {}, "expect": {"handshake": "resumed", "offered": "A", "new_ticket": "B"}}]})";

class Observe : public testing::Test {
 protected:
  Observe() : scenario_(parse_scenario(renewal, "renew", "renew.json", {}).value()) {
    captured_.steps = {step(0), step(1)};
  }

  static CapturedConnection hello() {
    return {.sent = hand_made::full_handshake(hand_made::repeat(7, 32)).recording()};
  }
  static CapturedConnection silence() { return {}; }

  static CapturedStep step(std::size_t index) {
    CapturedStep step;
    step.index = index;
    step.connections = {hello()};
    step.client.answered = true;
    step.client.ok = true;
    return step;
  }

  Observation observed() const { return observe(scenario_, Version::tls12, true, captured_); }

  Scenario scenario_;
  Captured captured_;
};

TEST_F(Observe, WhatTheScenarioSaysGoesWithEachConnection) {
  const Observation cell = observed();
  EXPECT_EQ(cell.tls, Version::tls12);
  EXPECT_TRUE(cell.server_logs_decisions);
  EXPECT_EQ(*cell.policy.duration("renew_after"), std::chrono::seconds(10));
  ASSERT_EQ(cell.connections.size(), 2U);
  EXPECT_EQ(cell.connections[1].at, std::chrono::seconds(15));
  EXPECT_EQ(cell.connections[1].expect.offered, "A");
  EXPECT_TRUE(cell.connections[1].sole);
  EXPECT_TRUE(cell.connections[1].connected);
  EXPECT_EQ(cell.connections[1].handshakes.size(), 1U);
}

TEST_F(Observe, AStepWithoutAConnectionIsOneThatWasNotMade) {
  captured_.steps[1].connections.clear();
  captured_.steps[1].timed_out = true;
  const Observation cell = observed();
  ASSERT_EQ(cell.connections.size(), 2U);
  EXPECT_FALSE(cell.connections[1].connected);
  EXPECT_TRUE(cell.connections[1].timed_out);
  EXPECT_EQ(cell.connections[1].expect.offered, "A");
}

TEST_F(Observe, WordsOfAStepAreAboutTheConnectionInWhichTlsBegan) {
  captured_.steps[1].connections = {silence(), hello()};
  captured_.steps[1].connections[1].timed_out = true;
  captured_.steps[1].server_log = {{{}, "ticket-key op=encrypt key=ab age=0 result=1"}};
  const Observation cell = observed();
  ASSERT_EQ(cell.connections.size(), 3U);
  EXPECT_FALSE(cell.connections[1].expect.offered);
  EXPECT_TRUE(cell.connections[1].server.decisions.empty());
  EXPECT_FALSE(cell.connections[1].timed_out);
  EXPECT_FALSE(cell.connections[1].sole);
  EXPECT_EQ(cell.connections[2].expect.offered, "A");
  EXPECT_EQ(cell.connections[2].server.decisions.size(), 1U);
  EXPECT_TRUE(cell.connections[2].timed_out);
  EXPECT_TRUE(cell.connections[2].client.ok);
}

TEST_F(Observe, WhereTlsBeganNowhereTheyAreAboutTheFirst) {
  captured_.steps[1].connections = {silence(), silence()};
  const Observation cell = observed();
  EXPECT_EQ(cell.connections[1].expect.offered, "A");
  EXPECT_FALSE(cell.connections[2].expect.offered);
}

TEST_F(Observe, TheLogIsReadForDecisionsAndErrors) {
  captured_.steps[0].server_log = {
      {{}, "2030/01/01 ticket-key op=decrypt key=cd age=- result=0"}, {{}, "ERROR"}, {{}, "shutting down"}};
  const ServerWord server = observed().connections[0].server;
  ASSERT_EQ(server.decisions.size(), 1U);
  EXPECT_FALSE(server.decisions[0].age);
  EXPECT_THAT(server.errors, ElementsAre("ERROR"));
}

TEST_F(Observe, AServerThatEndedDidSoAfterTheLastHandshakeThatItCompleted) {
  captured_.server_ended = "exited with 0";
  EXPECT_THAT(observed().connections[1].server.errors, ElementsAre("the server exited with 0"));
  captured_.steps[1].connections.clear();
  const Observation cell = observed();
  EXPECT_TRUE(cell.connections[0].server.errors.empty());
  EXPECT_THAT(cell.connections[1].server.errors, ElementsAre("the server exited with 0"));
}

TEST_F(Observe, WhatTheServerDidByItselfIsItsAct) {
  captured_.server_ended = "exited with 0";
  captured_.steps[1].refused = "the server runs and takes no connection: Connection refused";
  captured_.steps[1].server_log = {{{}, "==7==ERROR: AddressSanitizer: heap-use-after-free"}};
  ServerWord server = observed().connections[1].server;
  EXPECT_EQ(server.ended, "exited with 0");
  EXPECT_THAT(server.sanitizer, testing::HasSubstr("AddressSanitizer"));
  captured_.steps[1].server_log = {{{}, "x.c:7:9: runtime error: signed integer overflow"}};
  EXPECT_THAT(observed().connections[1].server.sanitizer, testing::HasSubstr("signed integer overflow"));
  captured_.steps[1].server_log = {{{}, "no runtime error: all is well"}};
  EXPECT_EQ(observed().connections[1].server.sanitizer, "");
  EXPECT_THAT(server.errors, testing::Contains(captured_.steps[1].refused));
  captured_.server_killed = true;
  server = observed().connections[1].server;
  EXPECT_EQ(server.ended, "");
  EXPECT_THAT(server.errors, testing::Contains("the server exited with 0"));
}

TEST_F(Observe, OfALogThatWasCutNoDecisionCounts) {
  captured_.steps[0].server_log = {{{}, "ticket-key op=encrypt key=ab age=0 result=1"}};
  captured_.server_log_cut = true;
  const Observation cell = observed();
  EXPECT_FALSE(cell.server_logs_decisions);
  EXPECT_TRUE(cell.connections[0].server.decisions.empty());
}

TEST_F(Observe, WhatTheTapDidIsTold) {
  captured_.steps[1].connections[0].applied.flipped = 1;
  captured_.steps[1].connections[0].flooded = Side::server;
  const Observation cell = observed();
  EXPECT_EQ(cell.connections[0].applied.flipped, 0U);
  EXPECT_EQ(cell.connections[1].applied.flipped, 1U);
  EXPECT_EQ(cell.connections[1].flooded, Side::server);
}

TEST_F(Observe, ACutConnectionIsSeenAsItsEndsSawIt) {
  CapturedConnection& captured = captured_.steps[1].connections[0];
  captured.delivered = Recording{};
  EXPECT_EQ(observed().connections[1].handshakes.size(), 1U);
  captured.applied.cut = true;
  EXPECT_TRUE(observed().connections[1].handshakes.empty());
}

TEST_F(Observe, ARestartBeginsANewGeneration) {
  Step restart;
  scenario_.timeline.insert(scenario_.timeline.begin() + 1, restart);
  captured_.steps[1].index = 2;
  const Observation cell = observed();
  EXPECT_EQ(cell.connections[0].generation, 0U);
  EXPECT_EQ(cell.connections[1].generation, 1U);
  EXPECT_EQ(restarts_before(scenario_, 1), 0U);
  EXPECT_EQ(restarts_before(scenario_, 3), 1U);
}

TEST_F(Observe, NothingCapturedIsNothingObserved) {
  EXPECT_TRUE(observe(scenario_, Version::tls12, false, {}).connections.empty());
}

}  // namespace
}  // namespace ti

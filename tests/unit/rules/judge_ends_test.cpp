// Whose fault it is that a connection comes to no good end.
#include <gmock/gmock.h>

#include "verdicts.hpp"

namespace ti {
namespace {

using namespace made;

// --- connections that come to no good end ---

TEST(Judge, BlamesAClientThatDoesNotConnect) {
  Wire none;
  none.c.connected = false;
  expect_fail(judge(cell({none.failed("connect")})), Side::client, "harness-connection-completes", {1, std::nullopt});
}

TEST(Judge, BlamesWhoeverKeepsSilentWhenTheDeadlineStrikes) {
  Wire server = wire().client_hello();
  server.c.timed_out = true;
  server.end(Side::client, Ending::How::fin, true).failed();
  expect_fail(judge(cell({server})), Side::server, "harness-connection-completes", {1, std::nullopt});

  Wire client = wire().client_hello().server_hello(true).server(MessageType::certificate);
  client.server(MessageType::server_hello_done).c.timed_out = true;
  client.c.client.answered = false;
  expect_fail(judge(cell({client})), Side::client, "harness-connection-completes", {1, std::nullopt});

  Wire after = wire().full(a).end(Side::server);
  after.c.timed_out = true;
  after.c.client.answered = false;
  expect_fail(judge(cell({after})), Side::client, "harness-connection-completes", {1, std::nullopt});

  Wire client_closed_first = wire().full(a).end(Side::client).end(Side::server);
  client_closed_first.c.timed_out = true;
  client_closed_first.c.client.answered = false;
  expect_fail(judge(cell({client_closed_first})), Side::client, "harness-connection-completes", {1, std::nullopt});

  Wire unanswered = wire().full(a).client(MessageType::application_data);
  unanswered.c.timed_out = true;
  unanswered.c.client.answered = false;
  expect_fail(judge(cell({unanswered})), Side::server, "harness-connection-completes", {1, std::nullopt});
}

TEST(Judge, LooksForTheSilentOneWhereTheConnectionWasLeftOpen) {
  Wire done = first().among_others(0).failed();
  done.c.client.answered = false;
  Wire silent = wire().client_hello(a).end(Side::client, Ending::How::fin, true).among_others(0).failed();
  silent.c.client.answered = false;
  silent.c.timed_out = true;
  expect_fail(judge(cell({done, silent})), Side::server, "harness-connection-completes", {2, std::nullopt});
  expect_fail(judge(cell({done})), Side::client, "witness-client-answers", {1, std::nullopt});
}

TEST(Judge, MindsNoConnectionThatTheClientOpensBesideAndDoesNotUse) {
  Wire unused = wire(Version::none).end(Side::client).end(Side::server);
  Wire beside = unused.among_others(0);
  const Wire used = first().among_others(0);
  EXPECT_EQ(judge(cell({used, beside})).outcome, Outcome::pass);
  EXPECT_EQ(judge(cell({beside, used})).outcome, Outcome::pass);
  expect_fail(judge(cell({beside})), Side::client, "harness-connection-completes", {1, std::nullopt});
  expect_fail(judge(cell({beside, beside})), Side::client, "harness-connection-completes", {1, std::nullopt});
  expect_fail(judge(cell({used, unused.among_others(1)})), Side::client, "harness-connection-completes",
              {2, std::nullopt});
  beside.c.timed_out = true;
  expect_fail(judge(cell({used, beside})), Side::client, "harness-connection-completes", {2, std::nullopt});
  const Wire closed = wire(Version::none).end(Side::server).end(Side::client).among_others(0);
  expect_fail(judge(cell({used, closed})), Side::server, "harness-connection-completes", {2, std::nullopt});
}

// --- words about a step with several connections ---

/// A connection that the client opens beside and does not use.
Wire beside(std::size_t step) { return wire(Version::none).end(Side::client).end(Side::server).among_others(step); }

TEST(Judge, HearsTheWordsAboutAStepInWhichAClientOpensAnotherConnection) {
  Wire lying = wire().resumed(a, b).data().at(seconds(5)).among_others(1);
  lying.c.client.resumed = false;
  for (const auto& connections : {std::vector<Wire>{first(), lying, beside(1).at(seconds(5))},
                                  std::vector<Wire>{first(), beside(1).at(seconds(5)), lying}}) {
    Observation seen = cell(connections);
    for (ObservedConnection& each : seen.connections)
      if (each.step == 1) each.client.resumed = false;
    EXPECT_EQ(judge(seen).rule, "witness-client-resumed") << judge(seen).reason;
    EXPECT_EQ(judge(seen).fault, Side::client);
  }
  Wire logged = wire().resumed(a, b).data().at(seconds(5)).among_others(1).decided(false, 5, 0).decided(true, 0, 1);
  Observation seen = cell({first().decided(true, 0, 1), logged, beside(1).at(seconds(5))});
  seen.server_logs_decisions = true;
  expect_fail(judge(seen), Side::server, "witness-refused-but-resumed", {2, 1});
  seen.connections[1].server.decisions[0].result = 2;
  EXPECT_EQ(judge(seen).outcome, Outcome::pass) << judge(seen).reason;
}

TEST(Judge, TakesAWordForFalseOnlyIfItFitsNoConnectionOfItsStep) {
  const auto both = [](bool resumed) {
    Wire one = wire().resumed(a, b).data().at(seconds(5)).among_others(1);
    Wire other = wire().full(c).data().at(seconds(5)).among_others(1);
    one.c.client.resumed = other.c.client.resumed = resumed;
    one.c.client.response_bytes = other.c.client.response_bytes = 120;
    one.decided(false, 5, 2).decided(true, b, 0, 1).decided(true, c, 0, 1);
    Observation seen = cell({first().decided(true, 0, 1), one, other});
    seen.server_logs_decisions = true;
    return seen;
  };
  EXPECT_EQ(judge(both(true)).outcome, Outcome::pass) << judge(both(true)).reason;
  EXPECT_EQ(judge(both(false)).outcome, Outcome::pass) << judge(both(false)).reason;
  Observation less = both(true);
  less.connections[1].client.response_bytes = 61;
  expect_fail(judge(less), Side::client, "witness-client-response", {2, std::nullopt});
  Observation unlogged = both(true);
  unlogged.connections[1].server.decisions.pop_back();
  expect_fail(judge(unlogged), Side::server, "witness-tickets-logged", {3, 7});
}

TEST(Judge, LinesThatCameLateAreNotHeldAgainstTheNextConnection) {
  const auto judged = [](bool server_ended) {
    Wire left = wire().full(a).client(MessageType::application_data).end(Side::client, Ending::How::reset);
    if (server_ended) left.end(Side::server);
    Wire next = wire().full(b).data().at(seconds(5));
    next.decided(true, 4, 1).decided(true, 5, 1);
    Observation seen = cell({left.decided(true, 0, 1), next});
    seen.connections[0].connect.read_response = false;
    seen.server_logs_decisions = true;
    return judge(seen);
  };
  EXPECT_NE(judged(false).rule, "witness-tickets-logged") << judged(false).reason;
  EXPECT_EQ(judged(true).rule, "witness-tickets-logged") << judged(true).reason;
}

TEST(Judge, BlamesWhoeverBreaksOffFirst) {
  Wire broken = wire().client_hello().server_hello(true).end(Side::client).end(Side::server).failed();
  expect_fail(judge(cell({broken})), Side::client, "harness-connection-completes", {1, std::nullopt});
}

TEST(Judge, DoesNotGuessWhyAHandshakeStopsWhenNothingTells) {
  const Verdict verdict = judge(cell({wire().client_hello().failed()}));
  EXPECT_EQ(verdict.outcome, Outcome::inconclusive);
}

TEST(Judge, DoesNotJudgeWhatTheHarnessItselfDid) {
  Wire cut = wire().client_hello().server_hello(true);
  cut.c.connect.disturb.cut = DisturbPlan::Cut{MessageType::server_hello, Side::server};
  cut.c.applied.cut = true;
  cut.c.expect.handshake = HandshakeKind::failed;
  cut.end(Side::server, Ending::How::fin, true).failed();
  EXPECT_EQ(judge(cell({cut})).outcome, Outcome::pass);

  Wire flip = wire().resumption_flight(a, b).alert(Side::client, 51).at(seconds(15)).failed();
  flip.c.connect.disturb.flip = DisturbPlan::Flip{MessageType::new_session_ticket, Side::server, 0};
  flip.c.applied.flipped = 1;
  flip.c.expect.handshake = HandshakeKind::failed;
  EXPECT_EQ(judge(cell({first(), flip})).outcome, Outcome::pass);
}

TEST(Judge, ExcusesNoSilenceByWhatTheHarnessDid) {
  Wire cut = wire().client_hello().server_hello(true);
  cut.c.connect.disturb.cut = DisturbPlan::Cut{MessageType::server_hello, Side::server};
  cut.c.applied.cut = true;
  cut.c.expect.handshake = HandshakeKind::failed;
  cut.end(Side::server, Ending::How::fin, true).c.timed_out = true;
  cut.c.client.answered = false;
  expect_fail(judge(cell({cut})), Side::client, "harness-connection-completes", {1, std::nullopt});

  // The bit was flipped for the client, which neither goes on nor complains.
  Wire flip = wire().resumption_flight(a, b).at(seconds(15)).failed();
  flip.c.connect.disturb.flip = DisturbPlan::Flip{MessageType::new_session_ticket, Side::server, 0};
  flip.c.applied.flipped = 1;
  flip.c.expect.handshake = HandshakeKind::failed;
  flip.c.timed_out = true;
  expect_fail(judge(cell({first(), flip})), Side::client, "harness-connection-completes", {2, std::nullopt});

  // The server, told to abort, does so, and the client waits for ever; or it does not.
  Wire aborted = wire().client_hello(a).alert(Side::server, 80).end(Side::server).decided(false, std::nullopt, -1);
  aborted.c.timed_out = true;
  aborted.c.client.answered = false;
  Observation seen = cell({first().decided(true, 0, 1), aborted.at(seconds(5))});
  seen.server_logs_decisions = true;
  seen.policy.values["callback_results"] = std::vector<std::int64_t>{-1};
  expect_fail(judge(seen), Side::client, "harness-connection-completes", {2, std::nullopt});
  Wire silent = wire().client_hello(a).failed().at(seconds(5));
  silent.c.expect.handshake = HandshakeKind::failed;
  silent.c.timed_out = true;
  expect_fail(judge(cell({first(), silent})), Side::server, "harness-connection-completes", {2, std::nullopt});

  // Neither side closes behind an alert that was wanted: whose turn it is nobody says.
  Wire open = wire().client_hello(a).alert(Side::server, 80).failed().at(seconds(5));
  open.c.expect.handshake = HandshakeKind::failed;
  open.c.timed_out = true;
  EXPECT_EQ(judge(cell({first(), open})).outcome, Outcome::inconclusive);

  Wire lingering = wire().client_hello(a).alert(Side::server, 80).end(Side::client).failed().at(seconds(5));
  lingering.c.expect.handshake = HandshakeKind::failed;
  lingering.c.timed_out = true;
  expect_fail(judge(cell({first(), lingering})), Side::server, "harness-connection-completes", {2, std::nullopt});
}

TEST(Judge, SurvivesAHelloThatNobodyCanRead) {
  Wire unread = wire().full(a).data();
  unread[0].body = std::monostate{};
  unread.c.expect.handshake = HandshakeKind::full;
  judge(cell({unread}));
  unread.c.expect.handshake = HandshakeKind::resumed;
  expect_doubt(judge(cell({unread})),
               "the handshake was full, should have been resumed, the client having offered what nobody could read");
}

TEST(Judge, LooksForTheAlertThatAFlippedBitOughtToDraw) {
  Wire flip = wire().resumed(a, b).data().at(seconds(15));
  flip.c.connect.disturb.flip = DisturbPlan::Flip{MessageType::new_session_ticket, Side::server, 0};
  flip.c.applied.flipped = 1;
  flip.c.expect.handshake = HandshakeKind::failed;
  expect_fail(judge(cell({first(), flip})), Side::client, "expect-handshake", {2, 0});
}

TEST(Judge, DoesNotBlameAServerThatWasToldToAbort) {
  Wire aborted = wire().client_hello(a).alert(Side::server, 80).failed().decided(false, 5, -1);
  Observation seen = cell({first().decided(true, 0, 1), aborted.at(seconds(5))});
  seen.server_logs_decisions = true;
  seen.policy.values["callback_results"] = std::vector<std::int64_t>{-1, 0};
  EXPECT_EQ(judge(seen).outcome, Outcome::pass) << judge(seen).reason;
  seen.server_logs_decisions = false;
  EXPECT_EQ(judge(seen).outcome, Outcome::pass) << judge(seen).reason;
  seen.server_logs_decisions = true;
  seen.connections[1].server.decisions[0].result = 0;
  expect_fail(judge(seen), Side::server, "rfc5077-3.2-unusable-ticket", {2, 1});
}

// What the log says excuses nothing: the policy must have told the server to abort at that very decision.
TEST(Judge, BlamesAServerThatOnlyItsLogExcuses) {
  const auto aborted = [](std::optional<std::int64_t> age) {
    Observation seen =
        cell({first().decided(true, 0, 1),
              wire().client_hello(a).alert(Side::server, 80).failed().decided(false, age, -1).at(seconds(5))});
    seen.server_logs_decisions = true;
    return seen;
  };
  for (const std::optional<std::int64_t> age : {std::optional<std::int64_t>(5), std::optional<std::int64_t>()}) {
    Observation seen = aborted(age);
    expect_fail(judge(seen), Side::server, "rfc5077-3.2-unusable-ticket", {2, 1});
    seen.policy.values["callback_results"] = std::vector<std::int64_t>{1, -1};
    expect_fail(judge(seen), Side::server, "rfc5077-3.2-unusable-ticket", {2, 1});
  }
  // A decision on a ticket that nobody offered brings no script forward.
  Observation padded = aborted(5);
  padded.policy.values["callback_results"] = std::vector<std::int64_t>{1, -1};
  padded.connections[0].server.decisions.insert(padded.connections[0].server.decisions.begin(),
                                                {.encrypt = false, .key = "00", .age = 0, .result = 1});
  expect_fail(judge(padded), Side::server, "witness-opening-key", {1, 1});
}

/// A server aborts what the client begins in step 1, where its log has this result, and once more in a later
/// connection.
Observation aborted_twice(int result, Wire again) {
  Wire once = wire().client_hello(a).alert(Side::server, 80).at(seconds(5)).failed().among_others(1);
  once.decided(false, 5, result);
  once.c.expect.handshake = HandshakeKind::failed;
  Observation seen = cell({first().decided(true, 0, 1), once, again.alert(Side::server, 80).at(seconds(5)).failed()});
  seen.server_logs_decisions = true;
  seen.policy.values["callback_results"] = std::vector<std::int64_t>{result};
  return seen;
}

TEST(Judge, LooksForWordOfAnAbortInTheWholeStep) {
  const auto trying_again = [](const Bytes& offered, std::size_t step) {
    return wire().client_hello(offered).among_others(step);
  };
  const Verdict verdict = judge(aborted_twice(-1, trying_again(a, 1)));
  EXPECT_EQ(verdict.outcome, Outcome::pass) << verdict.reason;
  expect_fail(judge(aborted_twice(0, trying_again(a, 1))), Side::server, "rfc5077-3.2-unusable-ticket", {3, 1});
  expect_fail(judge(aborted_twice(-1, trying_again(a, 2))), Side::server, "rfc5077-3.2-unusable-ticket", {3, 1});
  expect_fail(judge(aborted_twice(-1, trying_again({}, 1))), Side::server, "harness-legal-flight-accepted", {3, 1});
}

/// A renewal of A is cut, and then A is refused at 16 s, by a server restarted so often before each connection.
Observation refused_after_cut_renewal(std::size_t before_the_cut, std::size_t before_the_last) {
  Wire cut = wire().resumption_flight(a, b).at(seconds(15)).failed();
  cut.c.connect.disturb.cut = DisturbPlan::Cut{MessageType::finished, Side::server};
  cut.c.applied.cut = true;
  cut.c.generation = before_the_cut;
  Wire last = wire().full(c, a).data().at(seconds(16));
  last.c.generation = before_the_last;
  Observation seen = cell({first(), cut, last});
  seen.policy.values["expire_after"] = seconds(20);
  return seen;
}

TEST(Judge, ExpectsNoKeyToOutliveARestart) {
  EXPECT_EQ(judge(refused_after_cut_renewal(0, 1)).outcome, Outcome::pass);
  EXPECT_EQ(judge(refused_after_cut_renewal(1, 1)).outcome, Outcome::pass);
  expect_fail(judge(refused_after_cut_renewal(0, 0)), Side::server, "rfc5077-3.3-old-ticket-lives", {3, 1});
}

}  // namespace
}  // namespace ti

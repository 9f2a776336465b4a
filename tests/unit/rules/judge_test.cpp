#include <gmock/gmock.h>

#include "verdicts.hpp"

namespace ti {
namespace {

using namespace made;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// The seed's timeline: a renewal is expected at 15 s.
void expect_renewal(Wire& wire) {
  wire.at(seconds(15));
  wire.c.expect.handshake = HandshakeKind::resumed;
  wire.c.expect.new_ticket = "B";
  wire.c.expect.no_client_hello = true;
}

// --- the two bugs that end in the same alert ---

TEST(Judge, BlamesTheServerForASecondTicketThatTheClientRejects) {
  Wire renewal = wire().resumed(a, b).new_ticket(c).change(Side::server).finished(Side::server, false);
  renewal.alert(Side::client, alert_unexpected_message).end(Side::client, Ending::How::reset);
  expect_renewal(renewal);
  renewal.failed("read", "unexpected message");
  renewal.c.server.errors = {"sslv3 alert unexpected message"};
  const Verdict verdict = judge(cell({first(), renewal}));
  expect_fail(verdict, Side::server, "rfc5077-3.3-one-ticket", {2, 7});
  EXPECT_THAT(verdict.consequences, Contains(consequence(10, "alert unexpected_message")));
  EXPECT_THAT(verdict.consequences, Contains(Field(&Consequence::what, HasSubstr("the client said"))));
  EXPECT_THAT(verdict.consequences, Contains(Field(&Consequence::what, HasSubstr("the server's log"))));
  EXPECT_THAT(verdict.consequences, Contains(Field(&Consequence::what, HasSubstr("reset"))));
  for (const Breach& breach : verdict.breaches) EXPECT_NE(breach.rule, "harness-legal-flight-accepted");
}

TEST(Judge, BlamesTheServerForASecondTicketThatDrawsAClientHello) {
  Wire renewal = wire().resumed(a, b).new_ticket(c).change(Side::server).finished(Side::server);
  renewal.client_hello().alert(Side::client, alert_unexpected_message);
  expect_renewal(renewal);
  const Verdict verdict = judge(cell({first(), renewal.failed()}));
  expect_fail(verdict, Side::server, "rfc5077-3.3-one-ticket", {2, 7});
  EXPECT_THAT(verdict.consequences, Contains(consequence(10, "ClientHello")));
  EXPECT_THAT(verdict.consequences, Contains(consequence(11, "unexpected_message")));
}

TEST(Judge, TellsTheStoryOfThe2012ReportFromTheClientsOwnView) {
  Wire renewal = wire(Version::tls10).resumed(a, b).client_hello().new_ticket(c).alert(Side::client, 10);
  renewal.c.transcript.vantage = Vantage::client_callback;
  Observation seen = cell({renewal});
  seen.has_expectations = seen.by_our_tap = false;
  seen.tls = Version::none;
  const Verdict verdict = judge(seen);
  expect_fail(verdict, Side::server, "rfc5077-3.3-one-ticket", {1, 8});
  EXPECT_THAT(verdict.consequences, Contains(consequence(7, "ClientHello")));
  EXPECT_THAT(verdict.consequences, Contains(consequence(9, "unexpected_message")));
}

TEST(Judge, BlamesTheClientThatRejectsTheFirstLegalRenewal) {
  Wire renewal = wire().resumption_flight(a, b).alert(Side::client, alert_unexpected_message).end(Side::client);
  expect_renewal(renewal);
  const Verdict verdict = judge(cell({first(), renewal.failed()}));
  expect_fail(verdict, Side::client, "rfc5077-3.3-renewal-accepted", {2, 5});
  EXPECT_THAT(verdict.reason, HasSubstr("unexpected_message"));
}

TEST(Judge, BlamesThatClientAlsoWhenNobodyCanReadTheServersFinished) {
  Wire renewal = wire().client_hello(a).server_hello(true, Bytes(32, 7)).new_ticket(b).change(Side::server);
  renewal.sealed(Side::server, ContentType::handshake, 40).alert(Side::client, alert_unexpected_message);
  expect_fail(judge(cell({first(), renewal.at(seconds(15)).failed()})), Side::client, "rfc5077-3.3-renewal-accepted",
              {2, 5});
}

TEST(Judge, SaysThatAComplaintAboutUnreadableBytesCannotBeDecided) {
  constexpr std::uint8_t decrypt_error = 51;
  Wire renewal = wire().client_hello(a).server_hello(true, Bytes(32, 7)).new_ticket(b).change(Side::server);
  renewal.sealed(Side::server, ContentType::handshake, 40).alert(Side::client, decrypt_error);
  const Verdict verdict = judge(cell({first(), renewal.at(seconds(15)).failed()}));
  EXPECT_EQ(verdict.outcome, Outcome::inconclusive) << verdict.rule;
  EXPECT_FALSE(verdict.fault);
}

// The server's key log proves that the server agrees with itself; that it has the session's secret, another log must
// say.
TEST(Judge, TellsWhoseSecretIsWrongByTheSessionThatIsResumed) {
  constexpr std::uint8_t bad_record_mac = 20;
  Wire renewal = wire().resumption_flight(a, b).alert(Side::client, bad_record_mac).at(seconds(15)).failed();
  expect_fail(judge(cell({first(), renewal})), Side::client, "rfc5077-3.3-renewal-accepted", {2, 5});

  Wire other_secret = renewal;
  other_secret.c.transcript.master_secret = Bytes(48, 'x');
  expect_fail(judge(cell({first(), other_secret})), Side::server, "rfc5246-F.1.4-same-master-secret", {2, 4});

  Wire unknown_secret = renewal;
  unknown_secret.c.transcript.master_secret.clear();
  EXPECT_EQ(judge(cell({first(), unknown_secret})).outcome, Outcome::inconclusive);
}

TEST(Judge, CannotTellWhetherABinderWasWrong) {
  constexpr std::uint8_t illegal_parameter = 47;
  Wire refused =
      wire_13().client_hello(a, aged(a, 5000)).alert(Side::server, illegal_parameter).failed().at(seconds(5));
  EXPECT_EQ(judge(cell({first_13(), refused})).outcome, Outcome::inconclusive);
  Wire without = wire_13().client_hello().alert(Side::server, illegal_parameter).failed();
  expect_fail(judge(cell({without})), Side::server, "harness-legal-flight-accepted", {1, 1});
}

TEST(Judge, AnAlertIsNoLessOneForComingBehindThePeersEnd) {
  for (const bool late : {false, true}) {
    Wire full = wire_13().full_13(a);
    if (late) full.send(Side::server, MessageType::alert, Alert{.level = 1, .description = 0}, 2).end(Side::server);
    full.alert(Side::client, 10).failed("read");
    if (!late) full.end(Side::server);
    expect_fail(judge(cell({full})), Side::client,
                late ? "harness-legal-flight-accepted" : "rfc8446-4.6.1-ticket-accepted", {1, late ? 9U : 8U});
  }
  // What a client makes of an end that it did not expect is no fault of its own.
  Wire early = wire_13().client_hello().server_hello(false).end(Side::server).alert(Side::client, 10).failed();
  expect_fail(judge(cell({early})), Side::server, "harness-connection-completes", {1, 2});
  for (const std::uint8_t alert : {alert_decode_error, alert_unexpected_message}) {
    Wire unfinished = wire_13().full_13(a).end(Side::server).alert(Side::client, alert).failed("read");
    expect_fail(judge(cell({unfinished})), Side::server, "witness-server-farewell", {1, std::nullopt});
  }
}

TEST(Judge, DoesNotBlameAServerForAnEndThatFollowsTheClients) {
  Wire bare = wire().full(a).end(Side::client).end(Side::server).failed("read");
  expect_fail(judge(cell({bare})), Side::client, "witness-client-error", {1, std::nullopt});
  Wire left = wire().full(a).send(Side::client, MessageType::alert, Alert{.level = 1, .description = 0}, 2);
  expect_pass(judge(cell({left.end(Side::server).end(Side::client).failed("read")})));
  Wire cut_off = wire().full(a).end(Side::server).end(Side::client).failed("read");
  expect_fail(judge(cell({cut_off})), Side::server, "witness-server-farewell", {1, std::nullopt});
}

TEST(Judge, DoesNotTellWhyASideCancelsOrCloses) {
  for (const std::uint8_t alert : {0, 90}) {  // close_notify, user_canceled
    Wire cancelled = wire().client_hello().server_hello(true).server(MessageType::certificate);
    cancelled.send(Side::client, MessageType::alert, Alert{.level = 1, .description = alert}, 2);
    cancelled.end(Side::client).failed();
    const Verdict verdict = judge(cell({cancelled}));
    EXPECT_EQ(verdict.outcome, Outcome::inconclusive) << verdict.rule;
    EXPECT_THAT(verdict.reason, HasSubstr(alert_name(alert)));
  }
  Wire other_side = wire().client_hello().server_hello(true).server(MessageType::certificate);
  other_side.send(Side::server, MessageType::alert, Alert{.level = 1, .description = 112}, 2);
  expect_fail(judge(cell({other_side.end(Side::client).failed()})), Side::client, "harness-connection-completes",
              {1, std::nullopt});
}

// --- expectations ---

TEST(Judge, NamesTheTicketThatWasOfferedAndTheOneThatShouldHaveBeen) {
  Wire full = first();
  full.c.expect.new_ticket = "A";
  Wire renewal = wire().resumed(a, b).data().at(seconds(15));
  renewal.c.expect.new_ticket = "B";
  Wire third = wire().full(c, a).data().at(seconds(25));
  third.c.expect.offered = "B";
  third.c.expect.handshake = HandshakeKind::resumed;
  const Verdict verdict = judge(cell({full, renewal, third}));
  expect_fail(verdict, Side::client, "expect-offered", {3, 0});
  EXPECT_EQ(verdict.reason, "the client offered A (issued at 0 s), should have offered B (issued at 15 s)");
  EXPECT_THAT(verdict.consequences, Contains(Field(&Consequence::what, HasSubstr("should have been resumed"))));
}

TEST(Judge, AcceptsAnyTicketThatCameWithTheNamedOne) {
  Wire full = wire_13().full_13(a).new_ticket(b).data();
  full.c.expect.new_ticket = "A";
  for (const Bytes& offered : {a, b}) {
    Wire second = wire_13().resumed_13(offered, aged(offered, 5000), c).data().at(seconds(5));
    second.c.expect.offered = "A";
    EXPECT_EQ(judge(cell({full, second})).outcome, Outcome::pass);
  }
}

TEST(Judge, LaysAnEarlierBreachBeforeALaterOne) {
  Wire full = first();
  full.c.expect.new_ticket = "A";
  Wire renewal = wire().resumed(a).data().at(seconds(15));
  renewal.c.expect.new_ticket = "B";
  Wire third = wire().full(c, a).data().at(seconds(25));
  third.c.expect.offered = "B";
  expect_fail(judge(cell({full, renewal, third})), Side::server, "expect-new-ticket", {2, 2});
}

TEST(Judge, DoesNotTakeAResumptionBySessionIdForOneByTicket) {
  Wire second = wire().resumed(a).data().at(seconds(5));
  second.body<ClientHello>(0).ticket = Bytes{};
  second.c.expect.handshake = HandshakeKind::resumed;
  const Verdict verdict = judge(cell({first(), second}));
  expect_fail(verdict, Side::client, "expect-handshake", {2, 0});
  EXPECT_THAT(verdict.reason, HasSubstr("session ID"));
}

TEST(Judge, AHintOfZeroSaysNothing) {
  Wire renewal = wire().resumed(a, b).data().at(seconds(15));
  const Verdict verdict = judge(cell({first(), renewal, wire().resumed(b).data().at(seconds(600))}));
  EXPECT_EQ(verdict.outcome, Outcome::pass);
  EXPECT_THAT(verdict.breaches, IsEmpty());
}

TEST(Judge, BlamesAClientThatAskedForNoTicket) {
  Wire full = wire().full({}).data();
  full.body<ClientHello>(0).ticket.reset();
  full.c.expect.new_ticket = "A";
  expect_fail(judge(cell({full})), Side::client, "expect-new-ticket", {1, 0});
}

TEST(Judge, SaysWhatItCouldNotSee) {
  Wire full = wire_13().client_hello().server_hello(false).sealed(Side::server, ContentType::application_data, 900);
  full.sealed(Side::client, ContentType::application_data, 74);
  full.sealed(Side::server, ContentType::application_data, 300).end(Side::server).end(Side::client);
  EXPECT_EQ(judge(cell({full})).outcome, Outcome::pass);
  full.c.expect.new_ticket = "A";
  const Verdict verdict = judge(cell({full}));
  EXPECT_EQ(verdict.outcome, Outcome::inconclusive);
  EXPECT_THAT(verdict.reason, HasSubstr("keys are not known"));
}

// --- order and scope ---

TEST(Judge, PutsTheDocumentsBeforeTheScenarioAtOnePlace) {
  Wire second = wire().resumed(a).data().at(seconds(5));
  second.body<ServerHello>(1).session_id = Bytes(32, 9);
  second.c.expect.handshake = HandshakeKind::full;
  const Verdict verdict = judge(cell({first(), second}));
  expect_fail(verdict, Side::server, "rfc5077-3.4-echo-session-id", {2, 1});
  EXPECT_THAT(verdict.breaches, Not(Contains(Field(&Breach::rule, "expect-handshake"))));
  EXPECT_THAT(verdict.consequences, Contains(consequence(1, "should have been full")));
}

TEST(Judge, TellsOfOneFaultOnce) {
  Wire renewal = wire().resumed(a, b).new_ticket(c).change(Side::server).finished(Side::server);
  renewal.alert(Side::client, alert_unexpected_message).end(Side::client, Ending::How::reset);
  expect_renewal(renewal);
  renewal.c.expect.ticket_count = 1;
  renewal.failed("read", "unexpected message").c.client.resumed = false;
  const Verdict verdict = judge(cell({first(), renewal}));
  expect_fail(verdict, Side::server, "rfc5077-3.3-one-ticket", {2, 7});
  EXPECT_THAT(verdict.breaches, ElementsAre(Field(&Breach::rule, "rfc5077-3.3-one-ticket")));
  EXPECT_THAT(verdict.consequences, Contains(consequence(7, "2 tickets came")));
  EXPECT_THAT(verdict.consequences, Contains(consequence(10, "the client sent the alert unexpected_message")));
}

TEST(Judge, AppliesToACaptureFromElsewhereOnlyWhatHoldsForAll) {
  Wire second = wire().resumed(ticket('z', 'z')).data();
  second.c.client.answered = false;
  second.c.client.resumed = false;
  second.c.expect.handshake = HandshakeKind::full;
  Observation seen = cell({second});
  seen.has_expectations = seen.by_our_tap = false;
  EXPECT_EQ(judge(seen).outcome, Outcome::pass) << judge(seen).reason;
}

TEST(Judge, PassesACellInWhichAllIsWell) {
  Wire full = first();
  full.c.expect.handshake = HandshakeKind::full;
  full.c.expect.new_ticket = "A";
  Wire renewal = wire().resumed(a, b).data();
  expect_renewal(renewal);
  renewal.c.expect.offered = "A";
  Wire third = wire().resumed(b).data().at(seconds(25));
  third.c.expect.offered = "B";
  third.c.expect.handshake = HandshakeKind::resumed;
  const Verdict verdict = judge(cell({full, renewal, third}));
  EXPECT_EQ(verdict.outcome, Outcome::pass) << verdict.reason;
  EXPECT_THAT(verdict.breaches, IsEmpty());
  EXPECT_THAT(verdict.consequences, IsEmpty());
}

// --- evidence that is missing ---

Observation lacking(Wire wire, Missing missing, std::size_t before_message) {
  wire.c.transcript.problems = {{.from = Side::server,
                                 .offset = 0,
                                 .before_message = before_message,
                                 .what = "something is missing",
                                 .malformed = false,
                                 .missing = missing}};
  Observation lacking = cell({std::move(wire)});
  lacking.has_expectations = lacking.by_our_tap = false;
  return lacking;
}

Wire second_ticket() {
  Wire renewal = wire().resumed(a, b).new_ticket(c).change(Side::server).finished(Side::server);
  return renewal.alert(Side::client, alert_unexpected_message).end(Side::client);
}

TEST(Judge, TakesAFlightOfTheServersForAnAnswerToWhatAGapMayHold) {
  Wire renewal = wire().client_hello(a).server_hello(true, Bytes(32, 7)).new_ticket(b).change(Side::server);
  renewal.sealed(Side::server, ContentType::handshake, 40).change(Side::client);
  renewal.sealed(Side::client, ContentType::handshake, 40).sealed(Side::server, ContentType::handshake, 240);
  renewal.c.transcript.problems.push_back({.from = Side::client,
                                           .offset = 435,
                                           .before_message = renewal.size(),
                                           .what = "bytes are missing",
                                           .malformed = false,
                                           .missing = Missing::messages});
  renewal.change(Side::server).sealed(Side::server, ContentType::handshake, 40).data().at(seconds(15));
  EXPECT_NE(judge(cell({first(), renewal})).outcome, Outcome::fail);
  renewal.c.transcript.problems.clear();
  expect_fail(judge(cell({first(), renewal})), Side::server, "rfc5246-7.4-nothing-after-finished", {2, 7});
}

TEST(Judge, AccusesNobodyBehindAGap) {
  for (const std::size_t gap : {0U, 2U, 7U}) {
    const Verdict verdict = judge(lacking(second_ticket(), Missing::messages, gap));
    EXPECT_EQ(verdict.outcome, Outcome::inconclusive) << gap;
    EXPECT_THAT(verdict.reason, HasSubstr("something is missing"));
    EXPECT_THAT(verdict.breaches, IsEmpty());
  }
  Wire unfinished = wire().client_hello().end(Side::server);
  EXPECT_EQ(judge(lacking(unfinished, Missing::messages, 1)).outcome, Outcome::inconclusive);
  EXPECT_EQ(judge(lacking(first(), Missing::messages, 3)).outcome, Outcome::inconclusive);
}

TEST(Judge, JudgesWhatPrecedesAGap) {
  expect_fail(judge(lacking(second_ticket(), Missing::messages, 8)), Side::server, "rfc5077-3.3-one-ticket", {1, 7});
}

TEST(Judge, RestsOnTypesAloneWhereTheContentIsMissing) {
  expect_fail(judge(lacking(second_ticket(), Missing::content, 1)), Side::server, "rfc5077-3.3-one-ticket", {1, 7});
  Wire rejected = wire().client_hello(a).server_hello(true).new_ticket(b).alert(Side::client, alert_unexpected_message);
  EXPECT_EQ(judge(lacking(rejected, Missing::nothing, 1)).outcome, Outcome::fail);
  const Verdict verdict = judge(lacking(rejected, Missing::content, 1));
  EXPECT_EQ(verdict.outcome, Outcome::inconclusive) << verdict.rule;
  EXPECT_THAT(verdict.breaches, IsEmpty());
}

TEST(Judge, SurvivesACellWithoutConnections) { EXPECT_EQ(judge(Observation{}).outcome, Outcome::pass); }

}  // namespace
}  // namespace ti

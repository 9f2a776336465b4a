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

auto consequence(std::size_t message, const std::string& what) {
  return AllOf(Field(&Consequence::what, HasSubstr(what)),
               Field(&Consequence::at, Field(&Place::message, std::optional(message))));
}

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
  for (const Finding& finding : verdict.findings) EXPECT_NE(finding.rule, "harness-legal-flight-accepted");
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
  seen.has_expectations = false;
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
    if (late) full.end(Side::server);
    full.alert(Side::client, 10).failed("read");
    if (!late) full.end(Side::server);
    expect_fail(judge(cell({full})), Side::client, "rfc8446-4.6.1-ticket-accepted", {1, 8});
  }
  // What a client makes of an end that it did not expect is no fault of its own.
  Wire early = wire_13().client_hello().server_hello(false).end(Side::server).alert(Side::client, 10).failed();
  expect_fail(judge(cell({early})), Side::server, "harness-connection-completes", {1, 2});
  Wire unfinished = wire_13().full_13(a).end(Side::server).alert(Side::client, 50).failed("read");
  expect_fail(judge(cell({unfinished})), Side::server, "witness-server-farewell", {1, std::nullopt});
}

TEST(Judge, DoesNotBlameAServerForAnEndThatFollowsTheClients) {
  Wire bare = wire().full(a).end(Side::client).end(Side::server).failed("read");
  expect_fail(judge(cell({bare})), Side::client, "witness-client-error", {1, std::nullopt});
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

// --- alerts for a side's own reasons ---

constexpr std::uint8_t handshake_failure = 40;
constexpr std::uint8_t unknown_ca = 48;
constexpr std::uint8_t protocol_version = 70;
constexpr std::uint8_t internal_error = 80;
constexpr std::uint8_t illegal_parameter_alert = 47;

TEST(Judge, AccusesNobodyOfAnAlertThatClaimsNoFaultInThePeer) {
  const Wire certified = wire().client_hello().server_hello(true).server(MessageType::certificate);
  for (const std::uint8_t alert : {42, 43, 44, 45, 46, 48, 49})
    expect_doubt(judge(cell({Wire(certified).alert(Side::client, alert).failed()})),
                 "the client sent the alert " + alert_name(alert));
  for (const std::uint8_t alert : {40, 70, 71, 86, 112, 115, 116, 120})
    expect_doubt(judge(cell({wire().client_hello().alert(Side::server, alert).failed()})),
                 "the server sent the alert " + alert_name(alert));
  expect_doubt(judge(cell({wire_13().full_13({}).alert(Side::server, 116).failed()})), "certificate_required");
}

TEST(Judge, AccusesTheSenderOfAnAlertThatClaimsAFaultWhereThereIsNone) {
  const Wire promised = wire().client_hello().server_hello(true);
  for (const std::uint8_t alert : {10, 20, 22, 30, 47, 50, 51, 80, 109, 110})
    expect_fail(judge(cell({Wire(promised).alert(Side::client, alert).failed()})), Side::client,
                "harness-legal-flight-accepted", {1, 2});
}

// Nothing in a Certificate of the builder can be read: then no check of it was made.
TEST(Judge, SaysWhichCheckWasMissingWhereNotAllThatBearsOnAnAlertWasChecked) {
  const Wire certified = wire().client_hello().server_hello(true).server(MessageType::certificate);
  for (const std::uint8_t alert : {30, 47, 50, 80, 109, 110})
    expect_doubt(judge(cell({Wire(certified).alert(Side::client, alert).failed()})),
                 "the content of the Certificate of the server");
  for (const std::uint8_t alert : {10, 22})
    expect_fail(judge(cell({Wire(certified).alert(Side::client, alert).failed()})), Side::client,
                "harness-legal-flight-accepted", {1, 3});
  Wire unknown = wire().client_hello().server_hello(true);
  unknown.body<ClientHello>(0).extensions.push_back({0x4321, {}});
  unknown.body<ServerHello>(1).extensions.push_back({0x4321, {1}});
  expect_doubt(judge(cell({unknown.alert(Side::client, illegal_parameter_alert).failed()})), "extension 17185");
}

TEST(Judge, LaysAnAlertForOwnReasonsAtTheDoorOfWhoseActDrewItWhereTheScenarioWantsAHandshake) {
  const auto asked = [](Wire refused) {
    refused.failed().c.expect.handshake = HandshakeKind::full;
    return judge(cell({refused}));
  };
  const Wire certified = wire().client_hello().server_hello(true).server(MessageType::certificate);
  expect_doubt(asked(Wire(certified).alert(Side::client, unknown_ca)), "whom the client trusts");
  const auto refused = [](std::uint8_t alert) { return wire().client_hello().alert(Side::server, alert); };
  expect_doubt(asked(refused(handshake_failure)), "handshake_failure");
  expect_fail(asked(refused(protocol_version)), Side::server, "expect-handshake", {1, 1});
  expect_fail(asked(refused(120)), Side::server, "expect-handshake", {1, 1});  // no ALPN was offered

  Wire fallback = refused(86);
  fallback.body<ClientHello>(0).suites.push_back(0x5600);
  expect_fail(asked(fallback), Side::client, "expect-handshake", {1, 1});
  Wire nothing_sound = refused(handshake_failure);
  nothing_sound.body<ClientHello>(0).suites = {0x0001, 0x00ff};
  expect_fail(asked(nothing_sound), Side::client, "expect-handshake", {1, 1});
  Wire not_secure = wire().client_hello().server_hello(true).alert(Side::client, handshake_failure);
  expect_fail(asked(not_secure), Side::client, "expect-handshake", {1, 2});
  not_secure.body<ClientHello>(0).suites.push_back(0x00ff);
  expect_fail(asked(not_secure), Side::server, "expect-handshake", {1, 2});
}

TEST(Judge, PinsARefusalOnTheTicketOnlyIfTheSameHelloWithoutOneWasAccepted) {
  for (const std::uint8_t alert : {handshake_failure, protocol_version}) {
    Wire refused = wire().client_hello(a).alert(Side::server, alert).failed().at(seconds(25));
    Observation alone = cell({refused});
    alone.has_expectations = false;
    expect_doubt(judge(alone), alert_name(alert));
    expect_fail(judge(cell({first(), refused})), Side::server, "rfc5077-3.2-unusable-ticket", {2, 1});
    refused.body<ClientHello>(0).suites.push_back(0x0005);
    expect_doubt(judge(cell({first(), refused})), alert_name(alert));
    refused.body<ClientHello>(0).suites.pop_back();
    expect_doubt(judge(cell({first(), refused.extended(true, false)})), alert_name(alert));
  }
}

TEST(Judge, DoesNotTellWhetherASignatureWasWrong) {
  constexpr std::uint8_t decrypt_error = 51;
  Wire full = wire_13().client_hello().server_hello(false);
  full.server(MessageType::encrypted_extensions, EncryptedExtensions{}).server(MessageType::certificate);
  full.server(MessageType::certificate_verify).finished(Side::server).change(Side::client);
  expect_doubt(judge(cell({full.alert(Side::client, decrypt_error).failed()})), "decrypt_error");
}

TEST(Judge, DoesNotAccuseAServerThatRefusesToRenegotiate) {
  Wire again = wire().full(a).client_hello().alert(Side::server, alert_unexpected_message);
  expect_doubt(judge(cell({again.failed()})), "unexpected_message");
}

TEST(Judge, BlamesTheClientThatSpeaksAgainAfterTls13WasAgreed) {
  Wire again = wire_13().full_13(a).client_hello().alert(Side::server, alert_unexpected_message);
  expect_fail(judge(cell({again.failed()})), Side::client, "rfc8446-4.1.2-no-renegotiation", {1, 8});
}

TEST(Judge, BlamesTheClientThatRejectsAFullHandshakeInAnswerToItsTicket) {
  Wire second = wire().client_hello(a).server_hello(true).server(MessageType::certificate);
  second.alert(Side::client, alert_unexpected_message).at(seconds(25)).failed();
  expect_fail(judge(cell({first(), second})), Side::client, "harness-legal-flight-accepted", {2, 3});
}

TEST(Judge, DoesNotBlameATicketForAnAlertThatOtherThingsMayHaveDrawn) {
  const Wire full = wire_13().full_13(a).client(MessageType::application_data).server(MessageType::application_data);
  expect_fail(judge(cell({Wire(full).alert(Side::client, internal_error).failed()})), Side::client,
              "harness-legal-flight-accepted", {1, 10});
}

TEST(Judge, NeverPassesAnAlertThatCameOutOfTheMiddleOfAConnection) {
  Wire torn = wire().server(MessageType::new_session_ticket).alert(Side::client, alert_unexpected_message);
  Observation seen = cell({torn});
  seen.has_expectations = false;
  expect_doubt(judge(seen), "");
}

TEST(Judge, DoesNotBlameTheClientForABitThatTheHarnessChangedInItsHello) {
  const auto flipped = [](Wire second) {
    second.c.connect.disturb.flip = DisturbPlan::Flip{MessageType::client_hello, Side::client, 0};
    second.c.deed.flipped = 1;
    return second.data().at(seconds(15));
  };
  expect_fail(judge(cell({first_13(), flipped(wire_13().resumed_13(b, 0, c))})), Side::server,
              "rfc8446-4.2.11.2-binder-checked", {2, 1});
  expect_fail(judge(cell({first(), flipped(wire().resumed(b))})), Side::server, "rfc5077-5.2-own-tickets-only", {2, 1});
}

TEST(Judge, TakesATicketForAsOldAsTheClientMayThinkItIs) {
  Wire slow = wire_13().full_13(a).data();
  slow.c.transcript.messages.back().at = seconds(60);
  const Wire second = wire_13().resumed_13(a, aged(a, 12000), b).data().at(seconds(70));
  EXPECT_EQ(judge(cell({slow, second})).outcome, Outcome::pass);
  expect_fail(judge(cell({first_13(), second})), Side::client, "rfc8446-4.2.11.1-age", {2, 0});
}

// --- alerts that answer a resumption with other parameters than the session's ---

constexpr std::uint8_t illegal_parameter = 47;
constexpr std::uint8_t answers[] = {alert_unexpected_message, handshake_failure, illegal_parameter};

/// The breach decides, whichever alert answers it, and the alert is no more than its consequence.
void expect_answered(const Wire& before, const Wire& second, Side sender, Side fault, std::string_view rule, Place at) {
  for (const std::uint8_t description : answers) {
    SCOPED_TRACE(alert_name(description));
    Wire ended = Wire(second).alert(sender, description).end(sender).at(seconds(5)).failed();
    const Verdict verdict = judge(cell({before, ended}));
    expect_fail(verdict, fault, rule, at);
    EXPECT_THAT(verdict.findings, Not(Contains(Field(&Finding::actor, sender))));
    EXPECT_THAT(verdict.consequences, Contains(consequence(second.size(), alert_name(description))));
  }
}

TEST(Judge, BlamesTheClientThatDropsTheExtendedMasterSecretNotTheServerThatAborts) {
  expect_answered(first_extended(), wire().client_hello(a), Side::server, Side::client, "rfc7627-5.3-asked-again",
                  {2, 0});
}

TEST(Judge, BlamesTheServerThatDropsTheExtendedMasterSecretNotTheClientThatAborts) {
  const Wire flight = wire().resumption_flight(a, b).extended(true, false);
  expect_answered(first_extended(), flight, Side::client, Side::server, "rfc7627-5.3-answered", {2, 1});
  const Wire hello = wire().client_hello(a).server_hello(true, Bytes(32, 7)).extended(true, false);
  expect_answered(first_extended(), hello, Side::client, Side::server, "rfc7627-5.3-answered", {2, 1});
}

TEST(Judge, BlamesTheServerThatResumesAPlainSessionAsAnExtendedOneNotTheClientThatAborts) {
  expect_answered(first(), wire().resumption_flight(a, b).extended(true, true), Side::client, Side::server,
                  "rfc7627-5.3-not-resumed-with", {2, 1});
}

TEST(Judge, BlamesWhoeverChangesTheSuiteNotThePeerThatAborts) {
  Wire hello = wire().client_hello(a);
  hello.body<ClientHello>(0).suites = {0x0035};
  expect_answered(first(), hello, Side::server, Side::client, "rfc5246-7.4.1.2-suite-offered", {2, 0});
  Wire flight = wire().resumption_flight(a, b);
  flight.body<ServerHello>(1).suite = 0x0035;
  flight.body<ClientHello>(0).suites.push_back(0x0035);
  expect_answered(first(), flight, Side::client, Side::server, "rfc5246-7.4.1.3-suite-kept", {2, 1});
}

TEST(Judge, BlamesTheServerThatRepeatsTheSessionIdAndDoesNotResumeNotTheClientThatAborts) {
  Wire full = wire().client_hello(a).server_hello(true, Bytes(32, 7)).server(MessageType::certificate);
  expect_answered(first(), full.server(MessageType::server_hello_done), Side::client, Side::server,
                  "rfc5246-7.4.1.3-straight-to-finished", {2, 2});
}

TEST(Judge, AsksNothingOfAHelloThatCannotResumeTheSession) {
  Wire newer = wire_13().full_13(c).data().at(seconds(5));
  newer.body<ClientHello>(0).ticket = a;
  newer.body<ClientHello>(0).session_id = Bytes(32, 7);
  newer.body<ClientHello>(0).suites = {aes_128_sha256};
  newer.body<ServerHello>(1).session_id = Bytes(32, 7);
  Observation seen = cell({first_extended(), newer});
  seen.tls = Version::none;
  const Verdict only_13 = judge(seen);
  EXPECT_EQ(only_13.outcome, Outcome::pass) << only_13.rule;
  std::get<ClientHello>(seen.connections[1].transcript.messages[0].body).versions = {0x0304, 0x0303};
  expect_fail(judge(seen), Side::client, "rfc5246-7.4.1.2-suite-offered", {2, 0});
}

TEST(Judge, AsksForTheSuiteOfASessionOnlyBesideASessionId) {
  Wire second = wire().full(b, a).data().at(seconds(5));
  second.body<ClientHello>(0).suites = {0x0035};
  second.body<ServerHello>(1).suite = 0x0035;
  second.body<ClientHello>(0).session_id.clear();
  EXPECT_EQ(judge(cell({first(), second})).outcome, Outcome::pass);
}

TEST(Judge, DoesNotTellWhatASessionWasWhoseHellosNobodySaw) {
  Wire unread = first_extended();
  unread[1].body = {};
  for (const Wire& origin : {unread, wire().full(b).data()}) {
    Observation seen = cell({origin, wire().resumed(a).data().at(seconds(5))});
    seen.has_expectations = false;
    const Verdict verdict = judge(seen);
    EXPECT_THAT(verdict.findings, IsEmpty()) << verdict.rule;
  }
}

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
  cut.c.deed.cut = true;
  cut.c.expect.handshake = HandshakeKind::failed;
  cut.end(Side::server, Ending::How::fin, true).failed();
  EXPECT_EQ(judge(cell({cut})).outcome, Outcome::pass);

  Wire flip = wire().resumption_flight(a, b).alert(Side::client, 51).at(seconds(15)).failed();
  flip.c.connect.disturb.flip = DisturbPlan::Flip{MessageType::new_session_ticket, Side::server, 0};
  flip.c.deed.flipped = 1;
  flip.c.expect.handshake = HandshakeKind::failed;
  EXPECT_EQ(judge(cell({first(), flip})).outcome, Outcome::pass);
}

TEST(Judge, ExcusesNoSilenceByWhatTheHarnessDid) {
  Wire cut = wire().client_hello().server_hello(true);
  cut.c.connect.disturb.cut = DisturbPlan::Cut{MessageType::server_hello, Side::server};
  cut.c.deed.cut = true;
  cut.c.expect.handshake = HandshakeKind::failed;
  cut.end(Side::server, Ending::How::fin, true).c.timed_out = true;
  cut.c.client.answered = false;
  expect_fail(judge(cell({cut})), Side::client, "harness-connection-completes", {1, std::nullopt});

  // The bit was flipped for the client, which neither goes on nor complains.
  Wire flip = wire().resumption_flight(a, b).at(seconds(15)).failed();
  flip.c.connect.disturb.flip = DisturbPlan::Flip{MessageType::new_session_ticket, Side::server, 0};
  flip.c.deed.flipped = 1;
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
  flip.c.deed.flipped = 1;
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
  cut.c.deed.cut = true;
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
  EXPECT_THAT(verdict.findings, IsEmpty());
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
  EXPECT_THAT(verdict.findings, Not(Contains(Field(&Finding::rule, "expect-handshake"))));
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
  EXPECT_THAT(verdict.findings, ElementsAre(Field(&Finding::rule, "rfc5077-3.3-one-ticket")));
  EXPECT_THAT(verdict.consequences, Contains(consequence(7, "2 tickets came")));
  EXPECT_THAT(verdict.consequences, Contains(consequence(10, "the client sent the alert unexpected_message")));
}

TEST(Judge, AppliesToACaptureFromElsewhereOnlyWhatHoldsForAll) {
  Wire second = wire().resumed(ticket('z', 'z')).data();
  second.c.client.answered = false;
  second.c.client.resumed = false;
  second.c.expect.handshake = HandshakeKind::full;
  Observation seen = cell({second});
  seen.has_expectations = false;
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
  EXPECT_THAT(verdict.findings, IsEmpty());
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
  lacking.has_expectations = false;
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
    EXPECT_THAT(verdict.findings, IsEmpty());
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
  EXPECT_THAT(verdict.findings, IsEmpty());
}

TEST(Judge, SurvivesACellWithoutConnections) { EXPECT_EQ(judge(Observation{}).outcome, Outcome::pass); }

}  // namespace
}  // namespace ti

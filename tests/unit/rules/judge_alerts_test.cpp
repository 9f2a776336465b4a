// Whose fault an alert is.
#include <gmock/gmock.h>

#include "verdicts.hpp"

namespace ti {
namespace {

using namespace made;
using testing::Contains;
using testing::Field;
using testing::IsEmpty;
using testing::Not;

// --- alerts for a side's own reasons ---

constexpr std::uint8_t handshake_failure = 40;
constexpr std::uint8_t unknown_ca = 48;
constexpr std::uint8_t protocol_version = 70;
constexpr std::uint8_t internal_error = 80;
constexpr std::uint8_t illegal_parameter = 47;

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
  expect_doubt(judge(cell({unknown.alert(Side::client, illegal_parameter).failed()})), "extension 17185");
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
    alone.has_expectations = alone.by_our_tap = false;
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
  seen.has_expectations = seen.by_our_tap = false;
  expect_doubt(judge(seen), "");
}

TEST(Judge, DoesNotBlameTheClientForABitThatTheHarnessChangedInItsHello) {
  const auto flipped = [](Wire second) {
    second.c.connect.disturb.flip = DisturbPlan::Flip{MessageType::client_hello, Side::client, 0};
    second.c.applied.flipped = 1;
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

constexpr std::uint8_t answers[] = {alert_unexpected_message, handshake_failure, illegal_parameter};

/// The breach decides, whichever alert answers it, and the alert is no more than its consequence.
void expect_answered(const Wire& before, const Wire& second, Side sender, Side fault, std::string_view rule, Place at) {
  for (const std::uint8_t description : answers) {
    SCOPED_TRACE(alert_name(description));
    Wire ended = Wire(second).alert(sender, description).end(sender).at(seconds(5)).failed();
    const Verdict verdict = judge(cell({before, ended}));
    expect_fail(verdict, fault, rule, at);
    EXPECT_THAT(verdict.breaches, Not(Contains(Field(&Breach::actor, sender))));
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
    seen.has_expectations = seen.by_our_tap = false;
    const Verdict verdict = judge(seen);
    EXPECT_THAT(verdict.breaches, IsEmpty()) << verdict.rule;
  }
}

}  // namespace
}  // namespace ti

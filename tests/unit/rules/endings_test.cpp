// Who kept the other waiting once the handshake was complete, and alerts about nothing.
#include <gmock/gmock.h>

#include "builder.hpp"

namespace ti {
namespace {

using namespace made;

std::string of(const Wire& wire) {
  const Verdict verdict = judge(cell({wire}));
  std::string text(name(verdict.outcome));
  if (verdict.fault) text += " " + std::string(name(*verdict.fault)) + " " + verdict.rule;
  return text;
}

/// A handshake, and then the step's deadline.
Wire waiting(bool request, bool answer, bool farewell) {
  Wire seen = wire().full(a);
  if (request) seen.client(MessageType::application_data);
  if (answer) seen.server(MessageType::application_data);
  if (farewell) seen.send(Side::server, MessageType::alert, Alert{.level = 1, .description = 0}, 2);
  seen.c.timed_out = true;
  return seen;
}

constexpr const char* by_server = "fail server harness-connection-completes";
constexpr const char* by_client = "fail client harness-connection-completes";

TEST(Endings, AServerThatAnswersAndNeverClosesKeepsItsClientWaiting) {
  EXPECT_EQ(of(waiting(true, true, false)), by_server);
  EXPECT_EQ(of(waiting(true, false, false)), by_server);
}

TEST(Endings, AClientThatIsToldTheEndAndStaysKeepsItsServerWaiting) {
  EXPECT_EQ(of(waiting(true, true, true)), by_client);
  EXPECT_EQ(of(waiting(false, false, false)), by_client);
}

TEST(Endings, AServerWhoseClientHasEndedMustEndToo) {
  EXPECT_EQ(of(waiting(true, true, true).end(Side::client)), by_server);
  EXPECT_EQ(of(waiting(true, true, true).end(Side::client).end(Side::server)), by_client);
  Wire silent = waiting(true, true, true).end(Side::client);
  silent.c.client.answered = false;
  EXPECT_EQ(of(silent), by_client);
}

/// A resumption in which the server changes its cipher, and then the step's deadline.
Wire without_finished() {
  Wire seen = wire().client_hello(a).server_hello(false, Bytes(32, 7)).change(Side::server).failed();
  seen.at(seconds(5)).c.timed_out = true;
  return seen;
}

TEST(Endings, AServerThatStopsBeforeItsFinishedKeepsItsClientWaiting) {
  const auto blamed = [](const Wire& second) {
    const Verdict verdict = judge(cell({first(), second}));
    EXPECT_EQ(verdict.rule, "harness-connection-completes") << verdict.reason;
    return verdict.fault;
  };
  EXPECT_EQ(blamed(without_finished()), Side::server);
  EXPECT_EQ(blamed(without_finished().sealed(Side::server, ContentType::handshake, 40)), Side::client);
}

TEST(Endings, WhatMayHaveBeenAnAlertOfTls13ExcusesAReset) {
  const auto resets = [](bool sealed) {
    Wire seen =
        wire_13().client_hello().server_hello(false).server(MessageType::encrypted_extensions, EncryptedExtensions{});
    seen.server(MessageType::certificate).server(MessageType::certificate_verify).finished(Side::server);
    if (sealed) seen.sealed(Side::client, ContentType::application_data, 19);
    return of(seen.end(Side::client, Ending::How::reset).failed());
  };
  EXPECT_EQ(resets(true), "inconclusive");
  EXPECT_EQ(resets(false), by_client);
}

TEST(Endings, AnAlertThatAnswersAnEndWithoutFarewellIsNotItsSendersFault) {
  Wire cut_off = wire().full(a).client(MessageType::application_data).server(MessageType::application_data);
  Wire farewell = cut_off;
  farewell.send(Side::server, MessageType::alert, Alert{.level = 1, .description = 0}, 2);
  EXPECT_EQ(of(cut_off.end(Side::server).alert(Side::client, alert_unexpected_message).failed("read")),
            "fail server witness-server-farewell");
  EXPECT_EQ(of(farewell.end(Side::server).alert(Side::client, alert_unexpected_message).failed("read")),
            "fail client harness-legal-flight-accepted");
}

TEST(Endings, AServerOwesNoTlsToAClientThatHasBegunNone) {
  const auto with_plain_text = [](std::size_t before) {
    Wire seen = wire().send(Side::client, MessageType::alert, Alert{.level = 1, .description = 0}, 2).failed();
    seen.c.transcript.problems.push_back(
        {.from = Side::server, .offset = 0, .before_message = before, .what = "no TLS record", .malformed = true});
    return seen.end(Side::server);
  };
  EXPECT_EQ(of(with_plain_text(1)), by_client);
  EXPECT_EQ(of(with_plain_text(0)), "fail server rfc5246-6-well-formed");
}

TEST(Endings, AHelloRequestInAHandshakeMayBeTakenIll) {
  const auto refused = [](bool asked) {
    Wire seen = wire().client_hello(a).server_hello(false, Bytes(32, 7)).change(Side::server);
    if (asked) seen.send(Side::server, MessageType::hello_request, {}, 4);
    seen.finished(Side::server).alert(Side::client, alert_unexpected_message).end(Side::client).failed();
    return judge(cell({first(), seen.at(seconds(5))}));
  };
  EXPECT_EQ(refused(true).outcome, Outcome::inconclusive) << refused(true).reason;
  EXPECT_EQ(refused(false).fault, Side::client);
}

TEST(Endings, AHelloRequestBehindAHandshakeMayBeTakenIll) {
  const auto reported = [](bool asked) {
    Wire seen = wire().full(a).client(MessageType::application_data).server(MessageType::application_data);
    if (asked) seen.send(Side::server, MessageType::hello_request, {}, 4);
    seen.send(Side::server, MessageType::alert, Alert{.level = 1, .description = 0}, 2).end(Side::server);
    return of(seen.failed("read"));
  };
  EXPECT_EQ(reported(true), "inconclusive");
  EXPECT_EQ(reported(false), "fail client witness-client-error");
}

TEST(Endings, AServerNeedNotAnswerAClientThatWarnsIt) {
  const auto unanswered = [](bool warned) {
    Wire seen = wire().full(a).client(MessageType::application_data);
    if (warned)
      seen.send(Side::client, MessageType::alert, Alert{.level = 1, .description = alert_no_renegotiation}, 2);
    seen.send(Side::server, MessageType::alert, Alert{.level = 1, .description = 0}, 2);
    return of(seen.end(Side::server).end(Side::client));
  };
  EXPECT_EQ(unanswered(true), "pass");
  EXPECT_EQ(unanswered(false), "fail server witness-server-answers");
}

TEST(Endings, AServerNeedNotAnswerAClientThatClosesFirst) {
  const auto unanswered = [](bool said_goodbye) {
    Wire seen = wire().full(a).client(MessageType::application_data);
    const Alert goodbye{.level = 1, .description = alert_close_notify};
    if (said_goodbye) seen.send(Side::client, MessageType::alert, goodbye, 2);
    seen.send(Side::server, MessageType::alert, goodbye, 2);
    return of(seen.end(Side::server).end(Side::client));
  };
  EXPECT_EQ(unanswered(true), "pass");
  EXPECT_EQ(unanswered(false), "fail server witness-server-answers");
}

TEST(Endings, WhoComplainsOfAVersionInARecordThatWasCutOffIsNotBlamed) {
  const auto complaining = [](bool cut) {
    Wire seen = wire().client_hello().server_hello(false);
    seen.c.expect.handshake = HandshakeKind::full;
    if (cut)
      seen.c.transcript.problems.push_back(
          {.from = Side::server, .offset = 9, .before_message = 3, .what = "a record is cut off", .malformed = false});
    return seen.alert(Side::client, 70).end(Side::client).failed();
  };
  EXPECT_EQ(of(complaining(true)), "inconclusive");
  EXPECT_THAT(of(complaining(false)), testing::StartsWith("fail client"));
}

TEST(Endings, WhatNobodyCouldReadAccusesNobody) {
  EXPECT_EQ(of(waiting(true, true, false).sealed(Side::server, ContentType::alert, 40)), "inconclusive");
}

TEST(Endings, AnAlertAboutRecordsThatWereNotThereIsItsSendersFault) {
  for (const std::uint8_t alert : {alert_bad_record_mac, alert_decryption_failed})
    EXPECT_EQ(of(wire().client_hello().alert(Side::server, alert).end(Side::server).failed()),
              "fail server harness-legal-flight-accepted");
}

TEST(Endings, AnAlertAboutRecordsThatNobodyCouldCheckAccusesNobody) {
  Wire seen = wire().client_hello().server_hello(false).server(MessageType::certificate);
  seen.server(MessageType::server_hello_done).client(MessageType::client_key_exchange).change(Side::client);
  seen.sealed(Side::client, ContentType::handshake, 40).alert(Side::server, alert_bad_record_mac);
  EXPECT_EQ(of(seen.end(Side::server).failed()), "inconclusive");
}

}  // namespace
}  // namespace ti

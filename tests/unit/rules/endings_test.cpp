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

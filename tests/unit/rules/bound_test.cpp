// Whom a rule binds: who is shown on the wire to know its document, and nobody else (README.md of the rules).
#include "verdicts.hpp"

namespace ti {
namespace {

using namespace made;

Wire resumed_asking() { return wire().resumed(a).data().extended(true, false).at(seconds(5)); }

TEST(Bound, AServerThatNeverAnswersExtendedMasterSecretMayResumeForThoseWhoAsk) {
  const Wire asking = first().extended(true, false);
  expect_pass(judge(cell({asking, resumed_asking()})));
  Observation elsewhere = cell({asking, resumed_asking()});
  elsewhere.has_expectations = elsewhere.by_our_tap = false;
  expect_pass(judge(elsewhere));
}

TEST(Bound, AServerThatAnswersItAnywhereInTheCellMayNot) {
  const Wire shown = wire().full(b).data().extended(true, true).at(seconds(6));
  Observation seen = cell({first(), resumed_asking(), shown});
  expect_fail(judge(seen), Side::server, "rfc7627-5.3-not-resumed-with", {2, 1});
  // Of a capture it is not known that all connections are with one server.
  seen.has_expectations = seen.by_our_tap = false;
  expect_pass(judge(seen));
}

TEST(Bound, AServerThatNeverAnswersServerNameMayResumeUnderAnother) {
  Wire second = wire().resumed(a).data().at(seconds(5));
  second.body<ClientHello>(0).server_name = "other";
  expect_pass(judge(cell({first(), second})));
  Wire shown = wire().full(b).data().at(seconds(6));
  shown.body<ServerHello>(1).extensions.push_back({ext::server_name, {}});
  expect_fail(judge(cell({first(), second, shown})), Side::server, "rfc6066-3-same-server-name", {2, 1});
}

/// A handshake of that version, as far as anybody can read it, with a hello that breaks rules of TLS 1.3.
Observation of_version(std::uint16_t offered, std::uint16_t chosen) {
  Wire full = wire_13().full_13(b, a, 5000).data();
  full.body<ClientHello>(0).versions = {offered};
  full.body<ClientHello>(0).psk_modes_present = false;
  full.body<ServerHello>(1).version = static_cast<Version>(chosen);
  full.c.transcript.version = static_cast<Version>(chosen);
  Observation seen = cell({full});
  seen.has_expectations = seen.by_our_tap = false;
  return seen;
}

TEST(Bound, DraftsOfTls13AreNamedAndNotJudged) {
  expect_doubt(judge(of_version(0x7f1c, 0x7f1c)), "connection 1 speaks draft 28 of TLS 1.3, which is not judged");
  expect_doubt(judge(of_version(0xfb1a, 0xfb1a)), "version 0xfb1a");
  EXPECT_TRUE(judge(of_version(0x7f1c, 0x7f1c)).breaches.empty());
  EXPECT_EQ(judge(of_version(0x0304, 0x0304)).outcome, Outcome::fail);
}

TEST(Bound, AServerToldToSpeakTls13ThatChoosesADraftIsNamed) {
  Observation seen = of_version(0x7f1c, 0x7f1c);
  seen.has_expectations = seen.by_our_tap = true;
  seen.tls = Version::tls13;
  std::get<ClientHello>(seen.connections[0].transcript.messages[0].body).versions = {0x7f1c, 0x0304};
  const Verdict verdict = judge(seen);
  expect_fail(verdict, Side::server, "expect-version", {1, 1});
  EXPECT_THAT(verdict.reason, testing::HasSubstr("chose draft 28 of TLS 1.3"));
}

TEST(Bound, OnlyWhoAsksForTicketsByNumberKnowsWhatBecomesOfSiblings) {
  const auto third = [](bool asks) {
    Wire wire = wire_13().resumed_13(b, aged(b, 16000), ticket('n', 'd')).data().at(seconds(16));
    if (asks) wire.body<ClientHello>(0).ticket_request = TicketRequest{2, 1};
    return wire;
  };
  for (const bool asks : {false, true}) {
    Observation seen = cell({wire_13().full_13(a).new_ticket(b).data(),
                             wire_13().full_13(c, a, aged(a, 15000)).data().at(seconds(15)), third(asks)});
    seen.failing_should = {"rfc9149-3-siblings-dropped"};
    EXPECT_EQ(judge(seen).outcome, asks ? Outcome::fail : Outcome::pass);
  }
}

}  // namespace
}  // namespace ti

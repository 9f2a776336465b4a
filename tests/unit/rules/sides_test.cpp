// Whose fault it is when a renewal goes wrong: for each way, the side that is to blame, and the one that is not.
#include "verdicts.hpp"

namespace ti {
namespace {

using namespace made;

constexpr std::uint8_t decrypt_error = 51;
constexpr std::uint16_t other_suite = 0x0035;

Policy renewing() {
  Policy policy;
  policy.values["renew_after"] = seconds(10);
  policy.values["expire_after"] = seconds(20);
  return policy;
}

Observation under_policy(std::vector<Wire> wires) {
  Observation seen = cell(std::move(wires));
  seen.policy = renewing();
  return seen;
}

Wire named(Wire wire, const char* name, seconds when = seconds(0)) {
  wire.c.expect.new_ticket = name;
  return wire.at(when);
}

Wire expecting(Wire wire, const char* offered, std::optional<HandshakeKind> kind, seconds when) {
  wire.c.expect.offered = offered;
  wire.c.expect.handshake = kind;
  return wire.at(when);
}

/// The timeline of `renew`: A at 0 s, B at 15 s, and at 25 s the resumption by B.
Observation renewed_by(Wire renewal, Wire third) {
  renewal.c.expect.handshake = HandshakeKind::resumed;
  return under_policy({named(first(), "A"), named(std::move(renewal), "B", seconds(15)),
                       expecting(std::move(third), "B", HandshakeKind::resumed, seconds(25))});
}

Wire offering_nothing() { return wire().full(c).data(); }
Wire offering_a() { return wire().full(c, a).data(); }

// --- a ticket counts as received once its handshake is complete -----------------------------------------------------

/// That a client should drop a ticket whose handshake failed (RFC 5077 3.2) decides nothing.
void expect_none_at_three(const Verdict& verdict) {
  for (const Breach& breach : verdict.breaches)
    if (breach.severity != Severity::should) {
      EXPECT_NE(breach.at.connection, 3U) << breach.reason;
    }
}

TEST(Sides, AClientThatRefusesAWrongFinishedDoesNotHaveTheTicketThatCameWithIt) {
  Wire garbled = wire().client_hello(a).server_hello(true, Bytes(32, 7)).new_ticket(b).change(Side::server);
  garbled.finished(Side::server, false).alert(Side::client, decrypt_error).failed();
  for (const Wire& third : {offering_nothing(), offering_a()}) {
    const Verdict verdict = judge(renewed_by(garbled, third));
    expect_fail(verdict, Side::server, "rfc5077-3.3-counted-in-finished", {2, 4});
    expect_none_at_three(verdict);
  }
}

TEST(Sides, NobodyIsBlamedForWhatFollowsARefusalThatCouldNotBeDecided) {
  Wire sealed = wire().client_hello(a).server_hello(true, Bytes(32, 7)).new_ticket(b).change(Side::server);
  sealed.sealed(Side::server, ContentType::handshake, 40).alert(Side::client, decrypt_error).failed();
  for (const Wire& third : {offering_nothing(), offering_a()}) expect_none_at_three(judge(renewed_by(sealed, third)));
}

TEST(Sides, AClientThatOffersATicketItNeverCompletedIsAtFault) {
  Wire cut = wire().resumption_flight(a, b).failed();
  cut.c.connect.disturb.cut = DisturbPlan::Cut{MessageType::new_session_ticket, Side::server};
  cut.c.applied.cut = true;
  cut.c.expect.handshake = HandshakeKind::failed;
  const auto then = [&](const Wire& third) {
    return judge(under_policy({named(first(), "A"), Wire(cut).at(seconds(15)), Wire(third).at(seconds(16))}));
  };
  expect_fail(then(wire().resumed(b).data()), Side::client, "rfc5077-3.3-finished-first", {3, 0});
  expect_pass(then(wire().resumed(a, c).data()));
  expect_pass(then(offering_nothing()));
}

TEST(Sides, AnIdenticalTicketCountsFromTheHandshakeThatWasCompleted) {
  Wire cut = wire().resumption_flight(a, a).failed();
  cut.c.connect.disturb.cut = DisturbPlan::Cut{MessageType::new_session_ticket, Side::server};
  cut.c.applied.cut = true;
  cut.c.expect.handshake = HandshakeKind::failed;
  expect_pass(judge(cell({named(first(), "A"), cut.at(seconds(5)), wire().resumed(a).data().at(seconds(6))})));
  Wire renewed = named(wire().resumed(a, a).data(), "B", seconds(5));
  Wire third = expecting(wire().resumed(a).data(), "B", HandshakeKind::resumed, seconds(6));
  expect_pass(judge(cell({named(first(), "A"), renewed, third})));
}

TEST(Sides, AClientThatHasTheRenewedTicketIsBlamedForNotOfferingIt) {
  for (const Wire& third : {offering_nothing(), offering_a()})
    expect_fail(judge(renewed_by(wire().resumed(a, b).data(), third)), Side::client, "expect-offered", {3, 0});
  expect_pass(judge(renewed_by(wire().resumed(a, b).data(), wire().resumed(b).data())));
}

TEST(Sides, AFullHandshakesTicketCountsOnceTheClientGoesOn) {
  const auto offered_after = [](const Wire& full) {
    Wire second = expecting(offering_nothing(), "A", HandshakeKind::resumed, seconds(5));
    return judge(under_policy({named(full, "A"), second}));
  };
  expect_fail(offered_after(first()), Side::client, "expect-offered", {2, 0});
  Wire refused = wire().full(a).alert(Side::client, decrypt_error).failed();
  for (const Breach& breach : offered_after(refused).breaches) EXPECT_EQ(breach.at.connection, 1U);
  Wire gone = wire().full(a).sealed(Side::client, ContentType::alert, 30).end(Side::client).end(Side::server);
  expect_doubt(offered_after(gone.failed("handshake")), "");
}

TEST(Sides, ATicketOfTls13CountsOnceItIsRead) {
  const auto then_nothing = [](Wire full) {
    Wire second = expecting(wire_13().full_13(c).data(), "A", HandshakeKind::resumed, seconds(5));
    return judge(under_policy({named(std::move(full), "A"), second}));
  };
  expect_fail(then_nothing(first_13()), Side::client, "expect-offered", {2, 0});
  Wire unread = first_13();
  unread.c.connect.read_response = false;
  expect_doubt(then_nothing(unread), "whether the client of connection 2");
}

TEST(Sides, AClientMayDropASessionThatAnAlertOrAFailureEnded) {
  Wire aborted = wire().client_hello(a).alert(Side::server, 80).failed().at(seconds(5));
  aborted.c.expect.handshake = HandshakeKind::failed;
  for (Wire third : {offering_nothing(), wire().resumed(a, b).data()}) {
    third.c.expect.offered = "A";
    expect_pass(judge(cell({named(first(), "A"), aborted, third.at(seconds(6))})));
  }
}

TEST(Sides, ASessionInWhichAnAlertAnsweredTheEndMayBeDroppedOrKept) {
  Wire warned = first().alert(Side::client, 40);
  expect_doubt(judge(cell({named(warned, "A"), expecting(offering_nothing(), "A", std::nullopt, seconds(5))})), "");
  expect_fail(judge(cell({named(first(), "A"), expecting(offering_nothing(), "A", std::nullopt, seconds(5))})),
              Side::client, "expect-offered", {2, 0});
}

TEST(Sides, AClientThatTheHarnessHadToStopMayHaveLostItsTickets) {
  Wire stopped = first();
  stopped.c.timed_out = true;
  stopped.c.transcript.endings.clear();
  Wire second = expecting(offering_nothing(), "A", HandshakeKind::resumed, seconds(15));
  for (const Breach& breach : judge(cell({named(stopped, "A"), second})).breaches)
    EXPECT_EQ(breach.at.connection, 1U) << breach.reason;
}

// --- what is not known is neither good nor bad -----------------------------------------------------------------------

Wire hidden_13() {
  Wire full = wire_13().client_hello().server_hello(false).sealed(Side::server, ContentType::application_data, 900);
  full.sealed(Side::client, ContentType::application_data, 74);
  full.sealed(Side::server, ContentType::application_data, 300).end(Side::server).end(Side::client);
  return named(full, "A");
}

TEST(Sides, NobodyIsBlamedForATicketThatNobodyCouldRead) {
  for (const bool offers : {false, true}) {
    Wire second = wire_13().full_13(c, offers ? a : Bytes(), 5000).data();
    second = expecting(second, "A", HandshakeKind::resumed, seconds(5));
    const Verdict verdict = judge(under_policy({hidden_13(), second}));
    EXPECT_EQ(verdict.outcome, Outcome::inconclusive) << verdict.rule << ": " << verdict.reason;
    EXPECT_TRUE(verdict.breaches.empty()) << verdict.breaches.front().reason;
  }
}

TEST(Sides, AClientThatOffersNothingIsNoReasonToBlameTheServer) {
  const auto shaped = [](const char* offered, HandshakeKind kind) {
    Wire second = wire().full(b).data().at(seconds(5));
    if (offered != nullptr) second.c.expect.offered = offered;
    second.c.expect.handshake = kind;
    return second;
  };
  for (const char* offered : {"B", "any", "none", static_cast<const char*>(nullptr)})
    for (const HandshakeKind kind : {HandshakeKind::resumed, HandshakeKind::failed})
      for (const Breach& breach : judge(cell({named(first(), "A"), shaped(offered, kind)})).breaches)
        EXPECT_NE(breach.actor, Side::server) << breach.rule << ": " << breach.reason;
  expect_fail(judge(cell({named(first(), "A"), shaped(nullptr, HandshakeKind::resumed)})), Side::client,
              "expect-handshake", {2, 0});
  expect_pass(judge(cell({wire().full({}).data(), shaped(nullptr, HandshakeKind::resumed)})));
}

TEST(Sides, AClientThatWasGivenATicketMayOfferItUnlessToldNotTo) {
  Wire second = expecting(wire().resumed(a).data(), "none", std::nullopt, seconds(5));
  expect_pass(judge(cell({first(), second})));
  Wire aborted = wire().client_hello(a).alert(Side::server, 80).failed().at(seconds(4));
  aborted.c.expect.handshake = HandshakeKind::failed;
  expect_fail(judge(cell({first(), aborted, second})), Side::client, "expect-offered", {3, 0});
  second.c.connect.offer = "none";
  expect_fail(judge(cell({first(), second})), Side::client, "expect-offered", {2, 0});
}

TEST(Sides, NoTicketIsMissingWhereTheClientLeftBeforeItCouldCome) {
  Wire full = wire_13().full_13({}).client(MessageType::application_data).end(Side::client, Ending::How::reset);
  expect_doubt(judge(cell({named(full, "A")})), "before a ticket could come");
  Wire alerted = wire_13().full_13({}).alert(Side::client, alert_no_renegotiation).end(Side::server).failed("read");
  EXPECT_EQ(judge(cell({named(alerted, "A")})).outcome, Outcome::inconclusive);
  expect_fail(judge(cell({named(wire_13().full_13({}).data(), "A")})), Side::server, "expect-new-ticket",
              {1, std::nullopt});
}

// --- lifetimes -------------------------------------------------------------------------------------------------------

Observation short_lived(std::uint32_t lifetime, seconds later, Wire second) {
  const bool tls13 = second.tls13();
  Wire full = tls13 ? wire_13().full_13({}).new_ticket(a, lifetime).data() : first();
  if (!tls13) full.body<NewSessionTicket>(7).lifetime = lifetime;
  return under_policy({named(full, "A"), expecting(std::move(second), "A", HandshakeKind::resumed, later)});
}

TEST(Sides, AnExpectationToOfferWhatALifetimeForbidsFallsOnTheServerThatGaveIt) {
  for (const std::uint32_t lifetime : {0, 5}) {
    const Wire nothing = wire_13().full_13(c).data();
    expect_fail(judge(short_lived(lifetime, seconds(15), nothing)), Side::server, "expect-offered", {1, 7});
    const Wire offered = wire_13().resumed_13(a, aged(a, 15000), b).data();
    const Verdict verdict = judge(short_lived(lifetime, seconds(15), offered));
    EXPECT_EQ(verdict.fault, Side::client) << verdict.reason;
    EXPECT_EQ(verdict.rule, "rfc8446-4.2.11.1-lifetime");
  }
  expect_fail(judge(short_lived(5, seconds(15), wire().full(c).data())), Side::server, "expect-offered", {1, 7});
  expect_fail(judge(short_lived(0, seconds(15), wire().full(c).data())), Side::client, "expect-offered", {2, 0});
  expect_fail(judge(short_lived(300, seconds(15), wire_13().full_13(c).data())), Side::client, "expect-offered",
              {2, 0});
}

TEST(Sides, AnExpectationToOfferATicketThatThePolicyHasLetDieIsVoid) {
  expect_pass(judge(short_lived(20, seconds(25), wire_13().full_13(c).data())));
  expect_pass(judge(short_lived(20, seconds(25), wire().full(c).data())));
}

// --- a server that must not resume -----------------------------------------------------------------------------------

/// A second hello that offers A, changed; the server does a full handshake, and the scenario wanted a resumption.
template <class Change>
Observation refused(Wire before, Change change) {
  Wire second = before.tls13() ? wire_13().full_13(c, a, aged(a, 5000)).data() : wire().full(c, a).data();
  change(second);
  return under_policy({named(std::move(before), "A"), expecting(second, "A", HandshakeKind::resumed, seconds(5))});
}

TEST(Sides, TheServerIsAtFaultWhereNothingKeptItFromResuming) {
  expect_fail(judge(refused(first(), [](Wire&) {})), Side::server, "expect-handshake", {2, 1});
  expect_fail(judge(refused(first_13(), [](Wire&) {})), Side::server, "expect-handshake", {2, 1});
  expect_fail(judge(refused(first(), [](Wire& second) { second.extended(true, false); })), Side::server,
              "expect-handshake", {2, 1});
}

TEST(Sides, TheClientIsAtFaultThatTookAwayWhatItsSessionNeeds) {
  const auto no_session_id = [](Wire& second) { second.body<ClientHello>(0).session_id.clear(); };
  const auto by_client = [&](const Observation& seen) {
    const Verdict verdict = judge(seen);
    EXPECT_EQ(verdict.outcome, Outcome::fail);
    EXPECT_EQ(verdict.fault, Side::client) << verdict.rule << ": " << verdict.reason;
    for (const Breach& breach : verdict.breaches) EXPECT_EQ(breach.actor, Side::client) << breach.reason;
  };
  by_client(refused(first(), [&](Wire& second) {
    no_session_id(second);
    second.body<ClientHello>(0).suites = {other_suite};
    second.body<ServerHello>(1).suite = other_suite;
  }));
  by_client(refused(first(), [&](Wire& second) { second.extended(true, true); }));
  by_client(refused(first_extended(), [&](Wire& second) { no_session_id(second); }));
  by_client(refused(first(), [&](Wire& second) { second.body<ClientHello>(0).server_name = "other"; }));
  by_client(refused(first_13(), [&](Wire& second) {
    second.body<ClientHello>(0).suites = {aes_256_sha384};
    second.body<ServerHello>(1).suite = aes_256_sha384;
  }));
  by_client(refused(first_13(), [&](Wire& second) { second.body<ClientHello>(0).psk_modes = {0}; }));
}

TEST(Sides, TheServerIsAtFaultThatLeftTheExtendedMasterSecretOutOnce) {
  expect_fail(judge(refused(first().extended(true, false), [](Wire& second) { second.extended(true, true); })),
              Side::server, "expect-handshake", {2, 1});
}

TEST(Sides, NobodyIsBlamedForASuiteChosenOfAChangedList) {
  expect_doubt(judge(refused(first_13(),
                             [](Wire& second) {
                               second.body<ClientHello>(0).suites = {aes_256_sha384, aes_128_sha256};
                               second.body<ServerHello>(1).suite = aes_256_sha384;
                             })),
               "changed list");
}

TEST(Sides, AServerMayRefuseATicketWhoseKeyIsDead) {
  Wire second = expecting(offering_a(), "A", HandshakeKind::resumed, seconds(25));
  expect_pass(judge(under_policy({named(first(), "A"), second})));
  Wire restarted = expecting(offering_a(), "A", HandshakeKind::resumed, seconds(5));
  restarted.c.generation = 1;
  expect_pass(judge(under_policy({named(first(), "A"), restarted})));
  Wire accepted = expecting(wire().resumed(a).data(), "A", HandshakeKind::full, seconds(25));
  expect_fail(judge(under_policy({named(first(), "A"), accepted})), Side::server, "expect-handshake", {2, 1});
}

TEST(Sides, AServerThatRenewsWithAKeyThatIsTooOldAnswersForItsDeath) {
  const Bytes same_key = ticket('k', 'x');
  Observation seen = renewed_by(wire().resumed(a, same_key).data(), wire().full(c, same_key).data());
  expect_fail(judge(seen), Side::server, "expect-handshake", {3, 1});
  for (ObservedConnection& connection : seen.connections) connection.server.decisions = {{true, "00", {}, 1}};
  seen.server_logs_decisions = true;
  EXPECT_EQ(judge(seen).fault, Side::server) << judge(seen).reason;
}

TEST(Sides, OnlyALoggedKeysNameTellsThatATicketIsDead) {
  // B is 10 s old at 25 s; the key whose name it bears sealed A at 0 s, or both bear what all tickets of a server do.
  const Bytes young = ticket('k', 'y');
  Wire second = named(wire().full(young).data(), "B", seconds(9));
  Wire third = expecting(wire().full(c, young).data(), "B", HandshakeKind::resumed, seconds(25));
  Observation seen = under_policy({first(), second, third});
  expect_fail(judge(seen), Side::server, "expect-handshake", {3, 1});
  const std::string old_key = to_hex(Bytes(16, 'k'));
  const std::string new_key = to_hex(Bytes(16, 'm'));
  seen.connections[0].server.decisions = {{true, old_key, 0, 1}};
  seen.connections[1].server.decisions = {{true, old_key, 9, 1}};
  seen.connections[2].server.decisions = {{false, old_key, 25, 0}, {true, new_key, 0, 1}};
  seen.server_logs_decisions = true;
  expect_pass(judge(seen));
}

TEST(Sides, ATicketsNameFitsAllConnectionsOfItsStep) {
  const auto of_step = [](const Bytes& issued) {
    Wire full = wire().full(issued).data().among_others(0);
    full.c.expect.new_ticket = "A";
    return full;
  };
  for (const Bytes& offered : {a, b}) {
    Wire third = expecting(wire().resumed(offered).data(), "A", HandshakeKind::resumed, seconds(5));
    third.c.step = 1;
    expect_pass(judge(cell({of_step(a), of_step(b), third})));
  }
}

TEST(Sides, ATicketThatCameTwiceMayBeAsOldAsEither) {
  const auto second_use = [](std::uint32_t obfuscated) {
    Wire again = wire_13().resumed_13(a, aged(a, 20000), a).data().at(seconds(20));
    again.body<NewSessionTicket>(again.size() - 4).age_add = 0x9000;
    return judge(cell({first_13(), again, wire_13().resumed_13(a, obfuscated, b).data().at(seconds(30))}));
  };
  for (const std::uint32_t obfuscated : {aged(a, 30000), 0x9000U + 10000U}) expect_pass(second_use(obfuscated));
  expect_fail(second_use(0), Side::client, "rfc8446-4.2.11.1-age", {3, 0});
}

TEST(Sides, AClientThatComesWithADeadTicketAndHasALiveOneIsAtFault) {
  Wire third = wire().full(c, a).data().at(seconds(25));
  third.c.expect.handshake = HandshakeKind::resumed;
  Wire renewal = wire().resumed(a, b).data().at(seconds(15));
  expect_fail(judge(under_policy({first(), renewal, third})), Side::client, "expect-handshake", {3, 0});
}

TEST(Sides, WhatIsAskedOfAResumptionIsNotHeldAgainstAFullHandshake) {
  Wire second = expecting(wire().full(b).data(), "A", HandshakeKind::resumed, seconds(15));
  second.c.expect.new_ticket = "none";
  second.c.expect.ticket_count = 0;
  Wire aborted = wire().client_hello(a).alert(Side::server, 80).failed().at(seconds(5));
  aborted.c.expect.handshake = HandshakeKind::failed;
  expect_pass(judge(cell({named(first(), "A"), aborted, second})));
}

TEST(Sides, AServerNeedNotRenewAYoungTicket) {
  const auto renewed_at = [](seconds when) {
    return judge(under_policy({first(), named(wire().resumed(a).data(), "B", when)}));
  };
  expect_pass(renewed_at(seconds(5)));
  expect_fail(renewed_at(seconds(15)), Side::server, "expect-new-ticket", {2, 2});
}

}  // namespace
}  // namespace ti

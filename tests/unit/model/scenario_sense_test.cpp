// Words that could never hold, or never fail, where they stand: each is refused with its line, and stands where it can.
#include "model/scenario_sense.hpp"

#include <gmock/gmock.h>

namespace ti {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::vector<NamedRule> rules{{"rfc5077-x", Version::tls10, Version::tls12},
                                   {"rfc8446-y", Version::tls13, Version::tls13}};

struct Words {
  std::string tls = R"(["1.2"])";
  std::string policy = {};
  std::string more = {};
};

/// What is said of a scenario whose second connection is this step, in line 5; its first brings ticket "A".
std::string said_of(const std::string& step, const Words& words = {}) {
  const std::string text =
      R"({"title": "t", "spec": [], "tls": )" + words.tls + words.more + ",\n\"policy\": {" + words.policy +
      "},\n\"timeline\": [{\"at\": \"0s\", \"connect\": {}, \"expect\": {\"new_ticket\": \"A\"}},\n"
      "{\"at\": \"0s\", \"connect\": {}, \"expect\": {\"handshake\": \"full\"}},\n" +
      step + "]}";
  const auto scenario = parse_scenario(text, "id", "s.json", rules);
  return scenario ? "" : scenario.error().text();
}

std::string said_of_connect(const std::string& connect, const Words& words = {}) {
  return said_of(R"({"at": "1s", "connect": {)" + connect + "}}", words);
}
std::string said_of_expect(const std::string& expect, const Words& words = {}) {
  return said_of(R"({"at": "1s", "connect": {}, "expect": {)" + expect + "}}", words);
}
std::string said_of_disturb(const std::string& disturb, const std::string& tls = R"(["1.2"])") {
  return said_of_connect(R"("disturb": {)" + disturb + "}", {.tls = tls});
}

const Words both{.tls = R"(["1.2", "1.3"])"};
const Words only13{.tls = R"(["1.3"])"};
const Words asking{.policy = R"("client_certificate": "request")"};

TEST(Sense, ReservedWordsAndTheirSpellingsNameNoTicket) {
  EXPECT_EQ(said_of_expect(R"("offered": "latest")"),
            R"(s.json:5: "offered" may be "none" or "any" or a ticket's name, found "latest")");
  EXPECT_THAT(said_of_expect(R"("new_ticket": "latest")"), HasSubstr("found \"latest\""));
  EXPECT_THAT(said_of_expect(R"("new_ticket": "None")"), HasSubstr("found \"None\": did you mean \"none\"?"));
  EXPECT_THAT(said_of_expect(R"("offered": "ANY")"), HasSubstr("did you mean \"any\"?"));
  EXPECT_THAT(said_of_connect(R"("offer": "any")"), HasSubstr("\"offer\" may be \"latest\" or \"none\""));
  EXPECT_THAT(said_of_expect(R"("new_ticket": " ")"), HasSubstr("letters, digits"));
  EXPECT_THAT(said_of_expect(R"("new_ticket": "A ")"), HasSubstr("letters, digits"));
  EXPECT_EQ(said_of_expect(R"("new_ticket": "Nonesuch")"), "");
}

TEST(Sense, OnlyErrorAlertsCanBeExpected) {
  for (const char* alert : {"close_notify", "user_canceled", "no_renegotiation"})
    EXPECT_THAT(said_of_expect(R"("alert": ")" + std::string(alert) + '"'), HasSubstr("no error alert is called"));
  EXPECT_EQ(said_of_expect(R"("alert": "unexpected_message")"), "");
}

TEST(Sense, WhatIsFlippedOrCutPassesInTheClear) {
  const auto cut = [](const char* message, const char* from, const char* tls) {
    return said_of_disturb(R"("cut": {"after": ")" + std::string(message) + R"(", "from": ")" + from + "\"}", tls);
  };
  const auto flip = [](const char* message, const char* from, const char* tls, int bit = 0) {
    return said_of_disturb(R"("flip": {"message": ")" + std::string(message) + R"(", "from": ")" + from +
                               R"(", "bit": )" + std::to_string(bit) + "}",
                           tls);
  };
  const char* below = R"(["1.0", "1.2"])";
  const char* at13 = R"(["1.3"])";
  const char* all = R"(["1.2", "1.3"])";
  EXPECT_EQ(
      cut("Finished", "server", at13),
      R"(s.json:5: no Finished of the server can be seen passing at TLS 1.3: in the clear it sends "ServerHello")");
  EXPECT_THAT(cut("Finished", "client", below), HasSubstr("at TLS 1.0"));
  EXPECT_THAT(cut("ServerHello", "client", below), HasSubstr("no ServerHello of the client"));
  EXPECT_THAT(cut("ChangeCipherSpec", "server", below), HasSubstr("can be seen passing"));
  EXPECT_THAT(flip("NewSessionTicket", "server", all), HasSubstr("can be flipped at TLS 1.3"));
  EXPECT_THAT(flip("NewSessionTicket", "client", below), HasSubstr("of the client"));
  EXPECT_THAT(flip("ServerHelloDone", "server", below), HasSubstr("has no bit 0: its body has at most 0 bytes"));
  EXPECT_THAT(flip("ServerHello", "server", below, 600000), HasSubstr("has no bit 600000"));
  EXPECT_EQ(flip("NewSessionTicket", "server", below, 200), "");
  EXPECT_EQ(flip("ClientHello", "client", all, 9), "");
  EXPECT_EQ(cut("ServerHello", "server", all), "");
  EXPECT_EQ(cut("ClientKeyExchange", "client", below), "");
}

TEST(Sense, WhatIsOfferedIsNotExpectedOtherwise) {
  const auto step = [](const char* offer, const char* offered) {
    return said_of(R"({"at": "1s", "connect": {"offer": ")" + std::string(offer) + R"("}, "expect": {"offered": ")" +
                   offered + "\"}}");
  };
  EXPECT_EQ(step("none", "A"),
            R"(s.json:5: "offered" can never hold here at TLS 1.2: the step makes the client offer nothing)");
  EXPECT_THAT(step("none", "any"), HasSubstr("offer nothing"));
  EXPECT_THAT(step("A", "none"), HasSubstr("offer \"A\""));
  EXPECT_EQ(step("none", "none"), "");
  EXPECT_EQ(step("A", "A"), "");
  EXPECT_EQ(step("A", "any"), "");
  EXPECT_EQ(step("latest", "none"), "");
}

TEST(Sense, AResumptionNeedsATicketAndAServerThatCanOpenIt) {
  const auto timeline = [](const std::string& steps) {
    const auto scenario =
        parse_scenario(R"({"title": "t", "spec": [], "tls": ["1.2"], "policy": {}, "timeline": [)" + steps + "]}", "id",
                       "s.json", rules);
    return scenario ? "" : scenario.error().text();
  };
  const std::string resumed = R"({"at": "0s", "connect": {}, "expect": {"handshake": "resumed"}})";
  const std::string full = R"({"at": "0s", "connect": {}})";
  const std::string restart = R"({"at": "0s", "server": "restart"})";
  EXPECT_THAT(timeline(resumed), HasSubstr("has just started, with new keys"));
  EXPECT_THAT(timeline(full + "," + restart + "," + resumed), HasSubstr("has just started, with new keys"));
  EXPECT_EQ(timeline(full + "," + restart + "," + full + "," + resumed), "");
  EXPECT_THAT(timeline(R"({"at": "0s", "connect": {}, "expect": {"offered": "any"}})"),
              HasSubstr("no ticket can have"));
  EXPECT_EQ(timeline(R"({"at": "0s", "connect": {}, "expect": {"offered": "none"}})"), "");
  EXPECT_THAT(said_of(R"({"at": "1s", "connect": {"offer": "none"}, "expect": {"handshake": "resumed"}})"),
              HasSubstr("offers no ticket"));
  EXPECT_THAT(said_of_expect(R"("handshake": "resumed", "offered": "none")"), HasSubstr("offers no ticket"));
}

TEST(Sense, ClientCertificatesAreAskedForShownAndOnlyInFullHandshakes) {
  EXPECT_THAT(said_of_expect(R"("handshake": "resumed", "peer_certificate": "asked")", asking),
              HasSubstr("a resumption shows no certificates"));
  EXPECT_THAT(said_of_expect(R"("peer_certificate": "asked")"), HasSubstr("the policy does not say"));
  EXPECT_THAT(said_of_expect(R"("peer_certificate": "shown")", asking), HasSubstr("no certificate to show"));
  EXPECT_THAT(said_of_connect(R"("certificate": true)"), HasSubstr("means nothing here"));
  EXPECT_EQ(said_of_expect(R"("handshake": "full", "peer_certificate": "asked")", asking), "");
  EXPECT_EQ(
      said_of(R"({"at": "1s", "connect": {"certificate": true}, "expect": {"peer_certificate": "shown"}})", asking),
      "");
}

TEST(Sense, CountsNamesAndHintsOfTicketsAgree) {
  EXPECT_THAT(said_of_expect(R"("new_ticket": "none", "ticket_count": 2)"), HasSubstr("room for one empty ticket"));
  EXPECT_THAT(said_of_expect(R"("new_ticket": "none", "ticket_count": 1)", only13), HasSubstr("is \"none\""));
  EXPECT_THAT(said_of_expect(R"("new_ticket": "B", "ticket_count": 0)"), HasSubstr("wants one"));
  EXPECT_THAT(said_of_expect(R"("ticket_count": 0, "hint": "5s")"), HasSubstr("no ticket to look at"));
  EXPECT_THAT(said_of_expect(R"("new_ticket": "none", "hint": "5s")"), HasSubstr("no ticket to look at"));
  EXPECT_EQ(said_of_expect(R"("new_ticket": "none", "ticket_count": 1, "hint": "0s")"), "");
  EXPECT_EQ(said_of_expect(R"("new_ticket": "any", "ticket_count": 2)", only13), "");
  EXPECT_THAT(said_of(R"({"at": "1s", "connect": {}, "expect": {"ticket_count": 1}, "expect@1.3": {"ticket_count": 2},
                          "expect@1.2": {"ticket_count": 3, "new_ticket": "none"}})",
                      both),
              StartsWith("s.json:6: \"ticket_count\" can never hold here at TLS 1.2"));
}

TEST(Sense, NoTicketIsExpectedWhereThePolicyForbidsThem) {
  const auto said = [](const std::string& expect) {
    const auto scenario = parse_scenario(
        R"({"title": "t", "spec": [], "tls": ["1.2"], "policy": {"tickets": "off"}, "timeline": [
        {"at": "0s", "connect": {}, "expect": {)" +
            expect + "}}]}",
        "id", "s.json", rules);
    return scenario ? "" : scenario.error().text();
  };
  EXPECT_THAT(said(R"("new_ticket": "A")"), HasSubstr("\"tickets\": \"off\""));
  EXPECT_THAT(said(R"("ticket_count": 1)"), HasSubstr("\"tickets\": \"off\""));
  EXPECT_THAT(said(R"("hint": "nonzero")"), HasSubstr("\"tickets\": \"off\""));
  EXPECT_EQ(said(R"("new_ticket": "none", "ticket_count": 0)"), "");
}

TEST(Sense, WordsOfOtherVersionsAreRefused) {
  const std::string step = R"({"at": "1s", "connect": {}})";
  EXPECT_THAT(said_of(step, {.tls = R"(["1.3"])", .more = R"(, "rules": ["rfc5077-x"])"}),
              HasSubstr("\"rfc5077-x\" can never be broken here: it is about TLS 1.0 to 1.2"));
  EXPECT_THAT(said_of(step, {.tls = R"(["1.2"])", .more = R"(, "rules": ["rfc8446-y"])"}),
              HasSubstr("it is about TLS 1.3, and"));
  EXPECT_EQ(said_of(step, {.tls = R"(["1.2", "1.3"])", .more = R"(, "rules": ["rfc8446-y"])"}), "");
  EXPECT_THAT(said_of(step, {.tls = R"(["1.2", "1.3"])", .more = R"(, "ciphers": "AES128-SHA")"}),
              HasSubstr("\"ciphers\" means nothing at TLS 1.3"));
  EXPECT_EQ(said_of(step, {.tls = R"(["1.2"])", .more = R"(, "ciphers": "AES128-SHA")"}), "");
  EXPECT_THAT(said_of(step, {.tls = R"(["1.2"])", .policy = R"("tickets_per_handshake": 2)"}),
              HasSubstr("s.json:2: \"tickets_per_handshake\" means nothing here: it is about TLS 1.3"));
  EXPECT_THAT(said_of(step, {.tls = R"(["1.3"])", .policy = R"("renewed_hint": "zero")"}),
              HasSubstr("\"renewed_hint\" means nothing here"));
  EXPECT_EQ(said_of(step, {.tls = R"(["1.2", "1.3"])", .policy = R"("renewed_hint": "zero")"}), "");
}

TEST(Sense, FalseAsksForNothing) {
  EXPECT_THAT(said_of_expect(R"("no_client_hello": false)"), HasSubstr("may only be true"));
  EXPECT_EQ(said_of_expect(R"("no_client_hello": true)"), "");
}

}  // namespace
}  // namespace ti

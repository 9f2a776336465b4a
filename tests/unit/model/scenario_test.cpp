#include "model/scenario.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace ti {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

std::string with_timeline(const std::string& timeline, const std::string& more = "") {
  return "{\"title\": \"t\", \"spec\": [\"RFC 5077 3.3\"], \"tls\": [\"1.2\", \"1.3\"],\n\"policy\": {}" + more +
         ",\n\"timeline\": [\n" + timeline + "]}";
}

const std::vector<NamedRule> should_rules{{"rfc5077-3.3-x", Version::tls10, Version::tls12},
                                          {"rfc8446-C.4-y", Version::tls13, Version::tls13}};

Scenario parsed(const std::string& text) {
  const auto scenario = parse_scenario(text, "id", "s.json", should_rules);
  if (!scenario) ADD_FAILURE() << scenario.error().text();
  return scenario ? *scenario : Scenario{};
}

std::string complaint(const std::string& text) {
  const auto scenario = parse_scenario(text, "id", "s.json", should_rules);
  return scenario ? "no complaint" : scenario.error().text();
}

TEST(Scenario, RepeatsAStepUnderNamesOfItsOwn) {
  const Scenario scenario = parsed(with_timeline(R"(
    { "at": "0h", "connect": {}, "expect": { "new_ticket": "T0" } },
    { "at": "1h", "repeat": { "every": "2h", "times": 3 }, "connect": { "offer": "T{previous}" },
      "expect": { "handshake": "resumed", "offered": "T{previous}", "new_ticket": "T{n}" } },
    { "at": "6h", "repeat": { "every": "1m", "times": 2 }, "server": "restart" })"));
  ASSERT_EQ(scenario.timeline.size(), 6U);
  EXPECT_EQ(scenario.timeline[1].at, 1h);
  EXPECT_EQ(scenario.timeline[3].at, 5h);
  EXPECT_EQ(scenario.timeline[3].expect.offered, "T2");
  EXPECT_EQ(scenario.timeline[3].expect.new_ticket, "T3");
  EXPECT_EQ(scenario.timeline[3].connect->offer_connection, 3U);
  EXPECT_EQ(scenario.timeline[5].at, 6h + 1min);
  EXPECT_FALSE(scenario.timeline[5].connect);
}

TEST(Scenario, SaysWhatIsWrongWithARepetition) {
  const auto repeated = [](const std::string& step) {
    return complaint(
        with_timeline("{ \"at\": \"0s\", \"connect\": {}, \"expect\": { \"new_ticket\": \"T0\" } },\n" + step));
  };
  EXPECT_THAT(repeated(R"({ "at": "1s", "repeat": { "every": "1s", "times": 0 }, "connect": {} })"),
              HasSubstr("s.json:5: \"times\" is from 1 to 10000"));
  EXPECT_THAT(repeated(R"({ "at": "1s", "repeat": { "every": "1s", "times": 10000 }, "connect": {} })"),
              HasSubstr("s.json:5: a timeline has at most 10000 steps"));
  EXPECT_THAT(repeated(R"({ "at": "1s", "repeat": { "every": "soon", "times": 2 }, "connect": {} })"),
              HasSubstr("s.json:5"));
  EXPECT_THAT(repeated(R"({ "at": "1s", "repeat": { "every": "1s", "times": 2, "until": "9s" }, "connect": {} })"),
              HasSubstr("until"));
  EXPECT_THAT(repeated(R"({ "at": "1s", "repeat": { "every": "1s", "times": 2 }, "connect": {},
                            "expect": { "offered": "T{last}" } })"),
              HasSubstr("unknown variable \"last\""));
  EXPECT_THAT(repeated(R"({ "at": "1s", "repeat": { "every": "1s", "times": 2 }, "connect": {},
                            "expect": { "new_ticket": "same" } })"),
              HasSubstr("ticket \"same\" has its name already"));
}

TEST(Scenario, ReadsEveryField) {
  const Scenario scenario = parsed(R"({
    "title": "A title", "spec": ["RFC 5077 3.3", "RFC 8446 4.6.1"], "why": "a bug", "tls": ["1.0", "1.2"],
    "policy": { "renew_after": "10s", "expire_after": "1m", "renewed_hint": "full", "client_certificate": "request" },
    "ciphers": "AES128-SHA", "requires": { "server": ["dhe_rsa"], "client": ["rsa_kx", "keylog"] },
    "clock": "virtual", "when": "named", "rules": ["rfc5077-3.3-x"],
    "timeline": [
      { "at": "0s", "connect": { "certificate": true, "read": "none" }, "expect": { "new_ticket": "A", "hint": "nonzero" } },
      { "at": "250ms", "server": "restart" },
      { "at": "2h", "connect": { "offer": "A", "certificate": true, "disturb": {
          "segments": "1", "records": "merge", "delay": "5ms",
          "cut": { "after": "ServerHello", "from": "server" },
          "flip": { "message": "NewSessionTicket", "from": "server", "bit": 9 } } },
        "expect": { "handshake": "failed", "offered": "A", "new_ticket": "B", "ticket_count": 1, "hint": "300s",
                    "alert": "bad_record_mac", "closed_by": "client", "no_client_hello": true,
                    "peer_certificate": "shown" } } ] })");
  EXPECT_EQ(scenario.id, "id");
  EXPECT_EQ(scenario.title, "A title");
  EXPECT_THAT(scenario.spec, ElementsAre("RFC 5077 3.3", "RFC 8446 4.6.1"));
  EXPECT_EQ(scenario.why, "a bug");
  EXPECT_THAT(scenario.tls, ElementsAre(Version::tls10, Version::tls12));
  EXPECT_EQ(*scenario.policy.duration("renew_after"), 10s);
  EXPECT_EQ(*scenario.policy.duration("expire_after"), 60s);
  EXPECT_EQ(scenario.policy.duration("renewed_hint"), nullptr);
  EXPECT_EQ(to_text(scenario.policy.values.at("renewed_hint")), "full");
  EXPECT_EQ(scenario.ciphers, "AES128-SHA");
  EXPECT_THAT(scenario.server_capabilities, ElementsAre("dhe_rsa"));
  EXPECT_THAT(scenario.client_capabilities, ElementsAre("client_certificate", "keylog", "offer_saved", "rsa_kx"));
  EXPECT_TRUE(scenario.virtual_clock_only);
  EXPECT_TRUE(scenario.only_when_named);
  EXPECT_THAT(scenario.rules, ElementsAre("rfc5077-3.3-x"));
  EXPECT_EQ(scenario.duration(), 2h);

  ASSERT_EQ(scenario.timeline.size(), 3U);
  EXPECT_TRUE(scenario.timeline[0].connect->certificate);
  EXPECT_FALSE(scenario.timeline[0].connect->read_response);
  EXPECT_TRUE(scenario.timeline[0].expect.hint->nonzero);
  EXPECT_FALSE(scenario.timeline[1].connect);
  EXPECT_EQ(scenario.timeline[1].at, 250ms);
  const Connect& connect = *scenario.timeline[2].connect;
  EXPECT_EQ(connect.offer, "A");
  EXPECT_EQ(connect.offer_connection, 1U);
  EXPECT_TRUE(connect.disturb.single_bytes);
  EXPECT_EQ(connect.disturb.records, decltype(connect.disturb)::Records::merge);
  EXPECT_EQ(connect.disturb.delay, 5ms);
  EXPECT_EQ(connect.disturb.cut->after, MessageType::server_hello);
  EXPECT_EQ(connect.disturb.flip->bit, 9U);
  const Expect& expect = scenario.timeline[2].expect_at.at(Version::tls12);
  EXPECT_EQ(expect.handshake, HandshakeKind::failed);
  EXPECT_EQ(expect.offered, "A");
  EXPECT_EQ(expect.ticket_count, 1U);
  EXPECT_EQ(expect.hint->exactly, 300s);
  EXPECT_EQ(expect.alert, "bad_record_mac");
  EXPECT_EQ(expect.closed_by, Side::client);
  EXPECT_TRUE(expect.no_client_hello);
  EXPECT_EQ(expect.peer_certificate, "shown");
}

TEST(Scenario, AsksForNothingThatIsNotWritten) {
  const Scenario scenario = parsed(with_timeline(R"({"at": "0s", "connect": {}})"));
  EXPECT_EQ(scenario.timeline[0].connect->offer, "latest");
  EXPECT_FALSE(scenario.timeline[0].connect->offer_connection);
  const Expect& expect = scenario.timeline[0].expect_at.at(Version::tls13);
  EXPECT_FALSE(expect.handshake || expect.offered || expect.new_ticket || expect.ticket_count || expect.hint ||
               expect.alert || expect.closed_by || expect.no_client_hello || expect.peer_certificate);
  EXPECT_THAT(scenario.client_capabilities, testing::IsEmpty());
}

TEST(Scenario, OverridesReplaceFieldByFieldAtTheirVersions) {
  const Scenario scenario = parsed(R"({"title": "t", "spec": [], "tls": ["1.0", "1.1", "1.2", "1.3"], "policy": {},
    "timeline": [{"at": "0s", "connect": {}, "expect": {"handshake": "full", "new_ticket": "A", "ticket_count": 1},
                  "expect@1.3": {"ticket_count": 2}, "expect@1.0,1.1": {"new_ticket": "any"}}]})");
  const auto& at = scenario.timeline[0].expect_at;
  EXPECT_EQ(at.size(), 4U);
  EXPECT_EQ(at.at(Version::tls13).ticket_count, 2U);
  EXPECT_EQ(at.at(Version::tls13).new_ticket, "A");
  EXPECT_EQ(at.at(Version::tls10).new_ticket, "any");
  EXPECT_EQ(at.at(Version::tls11).new_ticket, "any");
  EXPECT_EQ(at.at(Version::tls12).new_ticket, "A");
  EXPECT_EQ(at.at(Version::tls12).ticket_count, 1U);
}

TEST(Scenario, AHandshakeThatCompletesHasNoErrorAlertUnlessOneIsExpected) {
  const Scenario scenario = parsed(with_timeline(R"(
    {"at": "0s", "connect": {}, "expect": {"handshake": "full"}},
    {"at": "1s", "connect": {}, "expect": {"handshake": "resumed", "alert": "unexpected_message"}},
    {"at": "2s", "connect": {}, "expect": {"handshake": "failed"}})"));
  EXPECT_EQ(scenario.timeline[0].expect_at.at(Version::tls12).alert, "none");
  EXPECT_EQ(scenario.timeline[1].expect_at.at(Version::tls12).alert, "unexpected_message");
  EXPECT_FALSE(scenario.timeline[2].expect_at.at(Version::tls12).alert);
}

TEST(Scenario, CountsConnectionsNotStepsWhenATicketIsForced) {
  const Scenario scenario = parsed(with_timeline(R"(
    {"at": "0s", "connect": {}},
    {"at": "1s", "server": "restart"},
    {"at": "2s", "connect": {}, "expect": {"new_ticket": "A"}},
    {"at": "3s", "connect": {"offer": "A"}})"));
  EXPECT_EQ(scenario.timeline[3].connect->offer_connection, 2U);
}

TEST(Scenario, ComplainsOfTimes) {
  EXPECT_EQ(complaint(with_timeline(R"({"at": "1s", "connect": {}})")), "s.json:4: the first step must be at \"0s\"");
  EXPECT_EQ(complaint(with_timeline("{\"at\": \"0s\", \"connect\": {}},\n{\"at\": \"5s\", \"connect\": {}},\n"
                                    "{\"at\": \"4s\", \"connect\": {}}")),
            "s.json:6: a step at \"4s\" cannot stand after a later one");
  EXPECT_EQ(complaint(with_timeline(R"({"at": "15", "connect": {}})")),
            "s.json:4: \"at\" must be a number and a unit (ms, s, m, h or d) such as \"10s\", found \"15\"");
  EXPECT_THAT(complaint(with_timeline(R"({"at": "99999999999999999999d", "connect": {}})")), HasSubstr("found \"999"));
  EXPECT_THAT(complaint(with_timeline("")), HasSubstr("at least one step with \"connect\""));
  EXPECT_THAT(complaint(with_timeline(R"({"at": "0s", "server": "restart"})")), HasSubstr("at least one step"));
}

// The harness's certificates end after 20 years: a client would rightly refuse them.
TEST(Scenario, EndsWithinTenYears) {
  const auto later = [](const std::string& step) {
    return complaint(with_timeline("{\"at\": \"0s\", \"connect\": {}},\n" + step));
  };
  EXPECT_EQ(later(R"({"at": "3650d", "connect": {}})"), "no complaint");
  EXPECT_EQ(later(R"({"at": "3651d", "connect": {}})"),
            "s.json:5: a step is at most \"3650d\" after the first, repeated or not");
  EXPECT_THAT(later(R"({"at": "36000d", "server": "restart"})"), HasSubstr("s.json:5: a step is at most"));
  EXPECT_EQ(later(R"({"at": "50d", "repeat": {"every": "36d", "times": 101}, "connect": {}})"), "no complaint");
  EXPECT_THAT(later(R"({"at": "51d", "repeat": {"every": "36d", "times": 101}, "connect": {}})"),
              HasSubstr("s.json:5: a step is at most"));
}

// What the tap holds back must not make a connection run into its deadline.
TEST(Scenario, HoldsBytesForASecondAtMost) {
  const auto held = [](const std::string& delay) {
    return complaint(with_timeline(R"({"at": "0s", "connect": {"disturb": {"delay": ")" + delay + R"("}}})"));
  };
  EXPECT_EQ(held("1s"), "no complaint");
  EXPECT_EQ(held("1000ms"), "no complaint");
  EXPECT_EQ(held("1001ms"), "s.json:4: \"delay\" is at most \"1s\", found \"1001ms\"");
  EXPECT_THAT(held("3s"), HasSubstr("s.json:4: \"delay\" is at most"));
}

TEST(Scenario, ComplainsOfSteps) {
  EXPECT_THAT(complaint(with_timeline(R"({"at": "0s"})")), HasSubstr("either \"connect\" or \"server\""));
  EXPECT_THAT(complaint(with_timeline(R"({"at": "0s", "connect": {}, "server": "restart"})")),
              HasSubstr("either \"connect\" or \"server\""));
  EXPECT_THAT(complaint(with_timeline(R"({"at": "0s", "server": "reload"})")), HasSubstr("may be \"restart\""));
  EXPECT_THAT(complaint(with_timeline(R"({"at": "0s", "server": "restart", "expect": {}})")),
              HasSubstr("nothing else but \"at\""));
  EXPECT_THAT(complaint(with_timeline(R"({"at": "0s", "connect": {}, "expct": {}})")),
              HasSubstr("s.json:4: unknown field \"expct\" in \"timeline\": did you mean \"expect\"?"));
  EXPECT_THAT(complaint(with_timeline(R"({"at": "0s", "connect": {"disturb": {}}})")), HasSubstr("a disturbance"));
  EXPECT_THAT(complaint(with_timeline(
                  R"({"at": "0s", "connect": {"disturb": {"cut": {"after": "ServerHelo", "from": "server"}}}})")),
              HasSubstr("did you mean \"ServerHello\"?"));
}

TEST(Scenario, ComplainsOfTicketNames) {
  EXPECT_EQ(complaint(with_timeline(R"({"at": "0s", "connect": {}, "expect": {"offered": "A"}})")),
            "s.json:4: no ticket is called \"A\" before this step at TLS 1.2; none has a name yet");
  EXPECT_EQ(complaint(with_timeline("{\"at\": \"0s\", \"connect\": {}, \"expect\": {\"new_ticket\": \"A\"}},\n"
                                    "{\"at\": \"1s\", \"connect\": {\"offer\": \"B\"}}")),
            "s.json:5: no ticket is called \"B\" before this step at TLS 1.2; there is \"A\"");
  EXPECT_THAT(complaint(with_timeline(R"({"at": "0s", "connect": {}, "expect": {"new_ticket": "A", "offered": "A"}})")),
              HasSubstr("no ticket is called \"A\" before this step"));
  EXPECT_THAT(complaint(with_timeline(R"({"at": "0s", "connect": {}, "expect": {"new_ticket": "A"}},
                                         {"at": "1s", "connect": {}, "expect": {"new_ticket": "A"}})")),
              HasSubstr("\"A\" has its name already, from connection 1"));
  EXPECT_THAT(complaint(with_timeline(R"({"at": "0s", "connect": {"offer": "any"}})")), HasSubstr("a ticket's name"));
}

TEST(Scenario, ATicketMustHaveItsNameAtEveryVersionThatRefersToIt) {
  EXPECT_THAT(complaint(with_timeline(R"({"at": "0s", "connect": {}, "expect": {"new_ticket": "A"},
                                          "expect@1.3": {"new_ticket": "none"}},
                                         {"at": "1s", "connect": {}, "expect": {"offered": "A"}})")),
              HasSubstr("no ticket is called \"A\" before this step at TLS 1.3"));
  EXPECT_THAT(complaint(with_timeline(R"({"at": "0s", "connect": {}, "expect@1.2": {"new_ticket": "A"}},
                                         {"at": "1s", "connect": {}, "expect@1.3": {"new_ticket": "A"}},
                                         {"at": "2s", "connect": {"offer": "A"}})")),
              HasSubstr("\"A\" comes in another connection at TLS 1.3"));
}

TEST(Scenario, ComplainsOfOverridesForVersionsThatAreNotRun) {
  EXPECT_THAT(complaint(with_timeline(R"({"at": "0s", "connect": {}, "expect@1.0": {}})")),
              HasSubstr("\"expect@1.0\": the scenario is not run at TLS 1.0"));
  EXPECT_THAT(complaint(with_timeline(R"({"at": "0s", "connect": {}, "expect@1.4": {}})")),
              HasSubstr("a TLS version is \"1.0\", \"1.1\", \"1.2\" or \"1.3\", found \"1.4\""));
  EXPECT_THAT(complaint(with_timeline(R"({"at": "0s", "connect": {}, "expect@1.2": {}, "expect@1.3,1.2": {}})")),
              HasSubstr("what is expected at TLS 1.2 is said twice"));
}

TEST(Scenario, ComplainsOfExpectations) {
  const auto expecting = [](const std::string& expect) {
    return complaint(with_timeline(R"({"at": "0s", "connect": {}, "expect": {)" + expect + "}}"));
  };
  EXPECT_THAT(expecting(R"("handshake": "reused")"), HasSubstr("may be \"full\", \"resumed\" or \"failed\""));
  EXPECT_THAT(expecting(R"("alert": "unexpected_mesage")"), HasSubstr("did you mean \"unexpected_message\"?"));
  EXPECT_THAT(expecting(R"("hint": "1500ms")"), HasSubstr("must be whole seconds"));
  EXPECT_THAT(expecting(R"("closed_by": "proxy")"), HasSubstr("may be \"client\" or \"server\""));
  EXPECT_THAT(expecting(R"("peer_certificate": "yes")"), HasSubstr("may be \"asked\" or \"shown\""));
  EXPECT_THAT(expecting(R"("new_ticket": "")"), HasSubstr("must not be empty"));
}

std::string complaint_of_policy(const std::string& policy) {
  return complaint("{\"title\": \"t\", \"spec\": [], \"tls\": [\"1.2\"], \"policy\": {" + policy +
                   "}, \"timeline\": [{\"at\": \"0s\", \"connect\": {}}]}");
}

TEST(Policy, ComplainsOfKeysAndValues) {
  EXPECT_THAT(complaint_of_policy(R"("renew_afte": "10s")"),
              AllOf(HasSubstr("did you mean \"renew_after\"?"), HasSubstr("\"callback_results\""),
                    HasSubstr("\"tickets_per_handshake\"")));
  EXPECT_THAT(complaint_of_policy(R"("renew_after": "250ms")"), HasSubstr("must be whole seconds"));
  EXPECT_THAT(complaint_of_policy(R"("renew_after": 10)"), HasSubstr("must be a string, found a number"));
  EXPECT_THAT(complaint_of_policy(R"("callback_results": [1, 3])"), HasSubstr("-1, 0, 1 or 2, found 3"));
  EXPECT_THAT(complaint_of_policy(R"("callback_results": [])"), HasSubstr("at least one"));
  EXPECT_THAT(complaint_of_policy(R"("tickets": "maybe")"), HasSubstr("may be \"on\" or \"off\", found \"maybe\""));
  EXPECT_THAT(complaint_of_policy(R"("tickets_per_handshake": -1)"), HasSubstr("must not be negative"));
}

TEST(Policy, AKeyMustRenewBeforeItDies) {
  EXPECT_THAT(complaint_of_policy(R"("renew_after": "20s", "expire_after": "20s")"),
              HasSubstr("\"expire_after\" (20 s) must be later than \"renew_after\" (20 s)"));
  EXPECT_EQ(complaint_of_policy(R"("renew_after": "19s", "expire_after": "20s")"), "no complaint");
  EXPECT_THAT(complaint_of_policy(R"("renew_after": "1s", "callback_results": [1])"), HasSubstr("cannot stand beside"));
}

// Taken as it stands, a requirement that nobody can meet would make cells unsupported, a rule that is none would be
// one that cannot be broken.
TEST(Scenario, ComplainsOfCapabilitiesAndRulesThatThereAreNot) {
  const std::string step = R"({"at": "0s", "connect": {}})";
  EXPECT_THAT(complaint(with_timeline(step, R"(, "requires": {"client": ["offer_savd"]})")),
              AllOf(HasSubstr("s.json:2: no capability of clients is called \"offer_savd\""),
                    HasSubstr("did you mean \"offer_saved\"?")));
  EXPECT_THAT(complaint(with_timeline(step, R"(, "requires": {"server": ["rsa_kx"]})")),
              HasSubstr("no capability of servers is called \"rsa_kx\""));
  EXPECT_THAT(complaint(with_timeline(step, R"(, "rules": ["rfc8446-C.4-x"])")),
              AllOf(HasSubstr("no rule of severity should is called \"rfc8446-C.4-x\""),
                    HasSubstr("did you mean \"rfc8446-C.4-y\"?")));
  EXPECT_THAT(complaint(with_timeline(step, R"(, "rules": ["rfc8446-C.4-y", "rfc8446-C.4-y"])")), HasSubstr("twice"));
  EXPECT_EQ(complaint(with_timeline(step, R"(, "rules": ["rfc8446-C.4-y"])")), "no complaint");
}

TEST(Policy, IsToldAsText) {
  EXPECT_EQ(to_text(std::chrono::seconds(90)), "90");
  EXPECT_EQ(to_text(std::vector<std::int64_t>{2, 0, -1}), "2,0,-1");
  EXPECT_EQ(to_text(std::string("zero")), "zero");
}

struct Folder {
  Folder() { std::filesystem::create_directories(path / "a"), std::filesystem::create_directories(path / "b"); }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path / name) << text; }
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("ti-scenarios-" + std::to_string(::getpid()));
};

TEST(LoadScenarios, ABrokenFileCostsOnlyItself) {
  const Folder folder;
  const std::string good = with_timeline(R"({"at": "0s", "connect": {}})");
  folder.write("b/zebra.json", good);
  folder.write("b/ant.json", good);
  folder.write("a/middle.json", "{");
  folder.write("a/notes.md", "not a scenario");
  std::vector<ParseError> errors;
  const auto scenarios = load_scenarios(folder.path, should_rules, errors);
  ASSERT_EQ(scenarios.size(), 2U);
  EXPECT_EQ(scenarios[0].id, "ant");
  EXPECT_EQ(scenarios[1].id, "zebra");
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_THAT(errors[0].text(), HasSubstr("a/middle.json:1: not JSON"));
}

TEST(LoadScenarios, ANameIsUniqueOverAllFolders) {
  const Folder folder;
  folder.write("a/same.json", with_timeline(R"({"at": "0s", "connect": {}})"));
  folder.write("b/same.json", with_timeline(R"({"at": "0s", "connect": {}})"));
  std::vector<ParseError> errors;
  EXPECT_EQ(load_scenarios(folder.path, should_rules, errors).size(), 1U);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_THAT(errors[0].text(), HasSubstr("another scenario of this name"));
}

TEST(LoadScenarios, AFileWhoseNameIsNoIdIsAnError) {
  const Folder folder;
  folder.write("a/renew (copy).json", with_timeline(R"({"at": "0s", "connect": {}})"));
  std::vector<ParseError> errors;
  EXPECT_TRUE(load_scenarios(folder.path, should_rules, errors).empty());
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_THAT(errors[0].text(), HasSubstr("a/renew (copy).json: \"renew (copy)\" cannot be an id"));
}

TEST(LoadScenarios, ScriptsLieBesideTheirScenario) {
  const Folder folder;
  const std::string step = R"({"at": "0s", "connect": {}})";
  const auto scripted = [&](const std::string& server, const std::string& client) {
    std::string text = with_timeline(step, ", \"client_script\": \"" + client + "\"");
    return text.replace(text.find("{}"), 2, "{\"script\": \"" + server + "\"}");
  };
  folder.write("a/lies.script", "[]");
  folder.write("a/told.json", scripted("lies.script", "lies.script"));
  folder.write("b/server.json", scripted("lies.script", "../a/lies.script"));
  folder.write("b/client.json", scripted("../a/lies.script", "lies.script"));
  std::vector<ParseError> errors;
  const auto scenarios = load_scenarios(folder.path, should_rules, errors);
  ASSERT_EQ(scenarios.size(), 1U);
  const std::string script = (folder.path / "a/lies.script").string();
  EXPECT_EQ(to_text(scenarios[0].policy.values.at("script")), script);
  EXPECT_EQ(scenarios[0].client_script, script);
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_THAT(errors[0].text(), HasSubstr("b/client.json:2: \"client_script\": there is no "));
  EXPECT_THAT(errors[1].text(), HasSubstr("b/server.json:2: \"script\": there is no "));
}

TEST(LoadScenarios, AFolderThatIsNotThereIsAnError) {
  std::vector<ParseError> errors;
  EXPECT_TRUE(load_scenarios("/nonexistent", should_rules, errors).empty());
  EXPECT_EQ(errors.size(), 1U);
}

}  // namespace
}  // namespace ti

// A server that does the wrong thing: the verdict, whose fault it is, and by which rule.
#include <deque>

#include "check/versions.hpp"
#include "run_test.hpp"

namespace ti {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

class RunServers : public RunTest {};

TEST_F(RunServers, AHealthyPairPasses) {
  for (const Version tls : {Version::tls10, Version::tls11, Version::tls12, Version::tls13}) {
    const CellResult result = cell(tls);
    EXPECT_EQ(in_short(result.verdict), "pass") << name(tls) << ": " << result.verdict.reason;
    EXPECT_EQ(result.connections.size(), 3U);
  }
}

TEST_F(RunServers, TellsNoSecretsAndTheClientDoes) {
  server_.capabilities.erase("keylog");
  const auto option = std::find(server_.argv.begin(), server_.argv.end(), "-keylogfile");
  server_.argv.erase(option, option + 2);
  EXPECT_EQ(in_short(cell(Version::tls13).verdict), "pass");
  client_.capabilities.erase("keylog");
  EXPECT_EQ(in_short(cell(Version::tls13).verdict), "inconclusive");
}

TEST_F(RunServers, IsToBeHookedAndDoesNotSayThatItIs) {
  server_.hook = true;
  Verdict verdict = cell().verdict;
  EXPECT_EQ(in_short(verdict), "error");
  EXPECT_THAT(verdict.reason, HasSubstr("its output has no line \"ticket-hook set"));
  server_.policy["renew_after"].any.args = {};  // which would be a fail
  EXPECT_EQ(in_short(cell().verdict), "error");

  const std::vector<std::string> argv = server_.argv;
  const auto saying = [&](const std::string& words) {
    server_.argv = {"/bin/sh", "-c", "echo '" + words + "' >&2; exec \"$@\"", "sh"};
    server_.argv.insert(server_.argv.end(), argv.begin(), argv.end());
    return cell().verdict;
  };
  verdict = saying("ticket-hook failed no SSL_CTX_new");
  EXPECT_EQ(in_short(verdict), "error");
  EXPECT_THAT(verdict.reason, HasSubstr("ticket-hook failed no SSL_CTX_new"));
  EXPECT_EQ(in_short(saying("x: ticket-hook set libssl=/lib/libssl.so.3")), "fail server policy-renewed-in-time");
}

TEST_F(RunServers, SaysWhichLibraryRuns) {
  const auto facts = [&] { return run(server_facts(server_, context_)); };
  EXPECT_THAT(facts().at("version"), StartsWith("OpenSSL 3.0."));
  EXPECT_THAT(facts().at("library_version"), MatchesRegex("OpenSSL 3\\.0\\.[0-9]+ [^()]*[0-9]"));

  server_.library_version = parse_server_manifest(source() / "servers/nginx").value().library_version;
  server_.version = {"/bin/echo", "nginx version: x\nbuilt by gcc\nbuilt with OpenSSL 3.0.1 a\nTLS SNI"};
  EXPECT_EQ(facts().at("version"), "nginx version: x");
  EXPECT_EQ(facts().at("library_version"), "OpenSSL 3.0.1 a");
  server_.version = {"/bin/echo", "nginx version: x\nbuilt with OpenSSL 3.0.1 a (running with OpenSSL 3.0.2 b)\n"};
  EXPECT_EQ(facts().at("library_version"), "OpenSSL 3.0.2 b");
  server_.version = {"/bin/echo", "built with " + std::string(60000, 'x') + "\n"};
  EXPECT_THAT(facts().at("library_version"), StartsWith("xxx"));
  server_.version = {"/bin/echo", "nginx version: x"};
  EXPECT_EQ(facts().at("library_version"), "unknown: its version command does not say it");
  server_.library_version = "";
  EXPECT_FALSE(facts().contains("library_version"));
}

TEST_F(RunServers, RenewsTooLate) {
  server_.policy["renew_after"].any.args = {"-ticket_renew_after", "18"};
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail server policy-renewed-in-time");
  EXPECT_THAT(
      result.verdict.reason,
      MatchesRegex("the server judged a ticket with a key 1[45] s old, result 1; .* have renewed it from 10 s"));
  EXPECT_EQ(result.verdict.at.value().connection, 2U);
}

TEST_F(RunServers, NeverRenews) {
  server_.policy["renew_after"].any.args = {};
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail server policy-renewed-in-time");
  EXPECT_EQ(result.verdict.at.value().connection, 2U);
}

TEST_F(RunServers, NeverRenewsAndLogsNothingOfIt) {
  server_.policy["renew_after"].any.args = {};
  server_.capabilities.erase("decision_log");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail server expect-new-ticket");
  EXPECT_EQ(result.verdict.at.value().connection, 2U);
}

TEST_F(RunServers, RenewsAnYoungTicket) {
  scenario_ = scenario("renewal/young");
  server_.policy["renew_after"].any.args = {"-ticket_renew_after", "2"};
  EXPECT_EQ(in_short(cell().verdict), "fail server policy-not-renewed-early");
}

TEST_F(RunServers, OpensADeadTicket) {
  scenario_ = scenario("renewal/expired");
  server_.policy["expire_after"].any.args = {"-ticket_expire_after", "500"};
  EXPECT_EQ(in_short(cell().verdict), "fail server policy-not-opened-late");
}

TEST_F(RunServers, IsNotHeldToKeysThatARestartTook) {
  scenario_ = scenario("interruption/cut-renewal");
  Step restart;
  restart.at = std::chrono::milliseconds(15500);
  scenario_.timeline.insert(scenario_.timeline.begin() + 2, restart);
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "pass") << result.verdict.reason;
}

TEST_F(RunServers, IsStoppedBetweenTwoConnections) {
  server_.argv.insert(server_.argv.end(), {"-naccept", "1"});
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail server harness-connection-completes");
  EXPECT_EQ(result.verdict.at.value().connection, 2U);
}

TEST_F(RunServers, DiesInAHandshake) {
  fake_front("dies-half-way");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail server harness-connection-completes");
  EXPECT_EQ(result.verdict.at.value().connection, 2U);
  EXPECT_THAT(told(result.verdict), HasSubstr("the server killed by signal 9"));
}

TEST_F(RunServers, HangsInTheHandshake) {
  fake_server("hangs-in-the-handshake");
  context_.limits.step = std::chrono::milliseconds(1000);
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail server harness-connection-completes");
  EXPECT_EQ(result.verdict.at.value().connection, 1U);
}

TEST_F(RunServers, HangsInTheHandshakeUnderTheRealClockToo) {
  fake_server("hangs-in-the-handshake");
  mode_.libfaketime.clear();
  context_.limits.step = std::chrono::milliseconds(1000);
  scenario_.timeline[1].at = std::chrono::milliseconds(20);
  EXPECT_EQ(in_short(cell().verdict), "fail server harness-connection-completes");
}

TEST_F(RunServers, FallsSilentInTheSecondConnectionOfAStep) {
  fake_client("connects-twice");
  fake_front("falls-silent");
  context_.limits.step = std::chrono::milliseconds(3000);
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail server harness-connection-completes") << result.verdict.reason;
  EXPECT_EQ(result.verdict.at.value().connection, 2U);
}

TEST_F(RunServers, TalksGarbage) {
  fake_server("talks-garbage");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail server rfc5246-6-well-formed");
  EXPECT_EQ(result.verdict.at.value().connection, 1U);
}

TEST_F(RunServers, NeverGetsReady) {
  fake_server("never-ready");
  context_.limits.start = std::chrono::milliseconds(300);
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "error");
  EXPECT_THAT(result.verdict.reason,
              AllOf(StartsWith("server never-ready did not say \"ACCEPT\""), HasSubstr("reading configuration")));
}

TEST_F(RunServers, ExitsAtOnce) {
  fake_server("exits-at-once");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "error");
  EXPECT_THAT(result.verdict.reason, HasSubstr("cannot load the certificate"));
}

TEST_F(RunServers, IsNotThere) {
  server_.binary = "/nonexistent/openssl";
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "error");
  EXPECT_THAT(result.verdict.reason, HasSubstr("/nonexistent/openssl"));
}

TEST_F(RunServers, SaysThatItIsReadyAndDoesNotListen) {
  fake_server("ready-without-listening");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "error");
  EXPECT_THAT(result.verdict.reason, HasSubstr("the tap"));
}

TEST_F(RunServers, RunsOnAndTakesNoConnection) {
  fake_front("stops-listening");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail server harness-connection-completes");
  EXPECT_EQ(result.verdict.at.value().connection, 2U);
  // Whether the next connection still stood in its queue when it closed its door is a race.
  EXPECT_THAT(told(result.verdict), testing::AnyOf(HasSubstr("the server runs and takes no connection"),
                                                   HasSubstr("the server reset the connection")));
}

TEST_F(RunServers, EndsUntold) {
  fake_client("dawdles-at-last");
  fake_front("exits-in-the-end");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail server witness-server-stays");
  EXPECT_THAT(result.verdict.reason, HasSubstr("exited with 0"));
}

TEST_F(RunServers, LogsWithoutEndAndIsHeldToWhatItDecided) {
  fake_front("logs-without-end");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "pass") << result.verdict.reason;
  server_.policy["renew_after"].any.args = {};
  EXPECT_EQ(in_short(cell().verdict), "fail server policy-renewed-in-time");
}

TEST_F(RunServers, IsNotBlamedForADisturbanceThatDidNotHappen) {
  scenario_ = scenario("interruption/tampered-renewal");
  scenario_.timeline[1].connect->disturb.flip->bit = 800000;
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "error");
  EXPECT_THAT(result.verdict.reason, HasSubstr("the harness could not change bit 800000"));
}

class RunServersThatWillNotStart : public RunServers {
 protected:
  /// Plans `count` cells that are alike, of a scenario that holds the server to these ciphers: the costlier a group of
  /// cells, the sooner it is run.
  void plan(const std::string& ciphers, std::size_t count = 1) {
    scenarios_.push_back(scenario_);
    scenarios_.back().ciphers = ciphers;
    PlannedCell cell = planned();
    cell.scenario = &scenarios_.back();
    cells_.insert(cells_.end(), count, cell);
  }

  /// Runs what was planned, one cell at a time; gives each outcome in short, with the reason if the cell was not tried.
  std::vector<std::string> outcomes() {
    RunnerSettings settings;
    settings.jobs = 1;
    settings.mode = mode_;
    settings.cell = CellSettings{results_.path(), Keep::none};
    Heard heard;
    Runner runner(context_, settings, {&heard});
    run(runner.run(cells_));
    std::vector<std::string> outcomes;
    for (const CellResult& cell : heard.cells) {
      const bool untried = cell.verdict.reason.ends_with("it failed to start again and again");
      outcomes.push_back(untried ? cell.verdict.reason : in_short(cell.verdict));
    }
    return outcomes;
  }

  static std::vector<std::string> tried_and_not(std::size_t tried, std::size_t not_tried, const std::string& why) {
    std::vector<std::string> outcomes(tried, "error");
    outcomes.insert(outcomes.end(), not_tried, why + ": it failed to start again and again");
    return outcomes;
  }

  static constexpr const char* for_that = " is set aside for this policy, version and ciphers";

 private:
  std::deque<Scenario> scenarios_;
  std::vector<PlannedCell> cells_;
};

TEST_F(RunServersThatWillNotStart, AreSetAside) {
  fake_server("exits-at-once");
  plan("", Runner::patience + 3);
  EXPECT_EQ(outcomes(), tried_and_not(Runner::patience, 3, std::string("server exits-at-once") + for_that));
}

TEST_F(RunServersThatWillNotStart, ForOneScenarioServeTheOthers) {
  plan("NONSENSE", Runner::patience + 2);
  plan("ALL:@SECLEVEL=0", 2);
  std::vector<std::string> expected = tried_and_not(Runner::patience, 2, std::string("server openssl") + for_that);
  expected.insert(expected.end(), 2, "pass");
  EXPECT_EQ(outcomes(), expected);
}

TEST_F(RunServersThatWillNotStart, ForAnythingAreSetAsideAsAWhole) {
  fake_server("exits-at-once");
  for (std::size_t i = 0; i < Runner::patience + 3; ++i) plan("order " + std::to_string(i));
  EXPECT_EQ(outcomes(), tried_and_not(Runner::patience, 3, "server exits-at-once is set aside"));
}

TEST_F(RunServersThatWillNotStart, ForManyScenariosButCameUpOnceAreTriedForEach) {
  plan("ALL:@SECLEVEL=0", 2);
  for (std::size_t i = 0; i < Runner::patience + 3; ++i) plan("NONSENSE" + std::to_string(i));
  std::vector<std::string> expected(2, "pass");
  expected.insert(expected.end(), Runner::patience + 3, "error");
  EXPECT_EQ(outcomes(), expected);
}

TEST_F(RunServers, WhateverCannotBeRunIsToldOnceHoweverOftenTheRestIs) {
  fake_server("exits-at-once");
  std::vector<PlannedCell> cells(4, planned());
  for (std::size_t i = 0; i < cells.size(); ++i) cells[i].id.scenario = std::string(1, static_cast<char>('a' + i));
  cells[2].broken = "its client does not answer";
  cells[3].unsupported = "capability x";
  RunnerSettings settings;
  settings.mode = mode_;
  settings.cell = CellSettings{results_.path(), Keep::none};
  settings.repetitions = Runner::patience;
  Heard heard;
  Runner runner(context_, settings, {&heard});
  run(runner.run(cells));
  std::map<std::string, std::string> told;
  for (const CellResult& cell : heard.cells) told[cell.id.scenario] += in_short(cell.verdict);
  EXPECT_THAT(told, testing::ElementsAre(testing::Pair("a", "error"), testing::Pair("b", "error"),
                                         testing::Pair("c", "error"), testing::Pair("d", "unsupported")));
}

}  // namespace
}  // namespace ti

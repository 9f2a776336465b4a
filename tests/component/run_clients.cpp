// A client that does the wrong thing, or an adapter that breaks: the verdict, whose fault it is, and by which rule.
#include "run_test.hpp"

namespace ti {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class RunClients : public RunTest {
 protected:
  const ClientManifest healthy_ = client_;
};

TEST_F(RunClients, ThatIsOnlyPassedOnPasses) {
  fake_client("none");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "pass") << result.verdict.reason;
}

TEST_F(RunClients, SaysResumedWhenItWasNot) {
  fake_client("says-resumed");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail client witness-client-resumed");
  EXPECT_EQ(result.verdict.at.value().connection, 1U);
  EXPECT_THAT(result.verdict.reason, AllOf(HasSubstr("says that the session was resumed"), HasSubstr("full")));
}

TEST_F(RunClients, SaysResumedAfterAnExpiredTicket) {
  fake_client("says-resumed");
  scenario_ = scenario("renewal/expired");
  EXPECT_EQ(in_short(cell().verdict), "fail client witness-client-resumed");
}

TEST_F(RunClients, SaysThatAllWentWellWhenNothingDid) {
  fake_client("says-all-went-well");
  fake_server("talks-garbage");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail server rfc5246-6-well-formed");
  std::vector<std::string> broken;
  for (const Breach& finding : result.verdict.breaches) broken.push_back(finding.rule);
  EXPECT_THAT(broken, testing::Contains("witness-client-ok"));
}

TEST_F(RunClients, KeepsTheOldTicket) {
  fake_client("keeps-the-first-ticket");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail client expect-offered");
  EXPECT_EQ(result.verdict.at.value().connection, 3U);
  EXPECT_THAT(result.verdict.reason, AllOf(HasSubstr("offered A"), HasSubstr("should have offered B")));
}

TEST_F(RunClients, KeepsTheOldTicketAndIsSlow) {
  fake_client("keeps-the-first-ticket-and-dawdles");
  EXPECT_EQ(in_short(cell().verdict), "fail client expect-offered");
}

TEST_F(RunClients, IsSoSlowThatTheKeyComesOverItsBorder) {
  fake_client("keeps-the-first-ticket-and-dawdles");
  scenario_.timeline[2].at = scenario_.timeline[1].at + std::chrono::milliseconds(18800);
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail client expect-offered") << result.verdict.reason;
}

TEST_F(RunClients, ConnectsTwiceInAStep) {
  fake_client("connects-twice");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "pass") << result.verdict.reason;
  EXPECT_EQ(result.connections.size(), 6U);
}

TEST_F(RunClients, ConnectsInVainBesideAGoodConnection) {
  for (const char* fault : {"connects-in-vain-first", "connects-in-vain-afterwards"}) {
    client_ = healthy_;
    fake_client(fault);
    const CellResult result = cell();
    EXPECT_EQ(in_short(result.verdict), "pass") << fault << ": " << result.verdict.reason;
    EXPECT_EQ(result.connections.size(), 6U);
  }
}

TEST_F(RunClients, ConnectsInVainAndIsHeldToItsGoodConnection) {
  fake_client("connects-in-vain-and-keeps-the-first-ticket");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail client expect-offered");
  EXPECT_EQ(result.verdict.at.value().connection, 6U);
}

TEST_F(RunClients, TriesAgainWhereTheServerWasToldToAbort) {
  fake_client("tries-again");
  scenario_ = scenario("callback/callback-abort");
  scenario_.policy.values["callback_results"] = std::vector<std::int64_t>{-1};
  scenario_.timeline.pop_back();
  for (const Version tls : {Version::tls12, Version::tls13}) {
    const CellResult result = cell(tls);
    EXPECT_EQ(in_short(result.verdict), "pass") << result.verdict.reason;
    EXPECT_EQ(result.connections.size(), 3U);
  }
}

TEST_F(RunClients, OfCarryExportThatDoesNotStartIsNoFailOfTheClient) {
  client_.carry = Carry::session_export;
  client_.argv = {"/bin/false"};
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "error");
  EXPECT_THAT(result.verdict.reason, HasSubstr("did not come up"));
}

TEST_F(RunClients, RunsIntoTheNextStepUnderTheRealClock) {
  fake_client("dawdles-once");
  mode_.libfaketime.clear();
  scenario_ = scenario("renewal/young");
  scenario_.timeline[1].at = std::chrono::milliseconds(100);
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "error");
  EXPECT_THAT(result.verdict.reason, HasSubstr("the step before that at 0.1 s had not ended by then"));
}

TEST_F(RunClients, RunsIntoTheDeadlineOfItsCell) {
  fake_client("dawdles-once");
  context_.limits.cell = std::chrono::milliseconds(100);
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "error");
  EXPECT_THAT(result.verdict.reason, HasSubstr("deadline"));
}

TEST_F(RunClients, HangsBeforeItConnects) {
  fake_client("hangs-at-connect");
  context_.limits.step = context_.limits.answer = std::chrono::milliseconds(200);
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail client harness-connection-completes");
}

TEST_F(RunClients, HangsAfterTheConnection) {
  fake_client("hangs-after-the-connection");
  context_.limits.step = std::chrono::milliseconds(3000);
  context_.limits.answer = std::chrono::milliseconds(200);
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail client harness-connection-completes");
  EXPECT_EQ(result.verdict.at.value().connection, 1U);
}

TEST_F(RunClients, HangsWhereTheHarnessCutTheConnection) {
  fake_client("hangs-after-the-second-connection");
  scenario_ = scenario("interruption/cut-renewal");
  context_.limits.step = std::chrono::milliseconds(3000);
  context_.limits.answer = std::chrono::milliseconds(200);
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail client harness-connection-completes");
  EXPECT_EQ(result.verdict.at.value().connection, 2U);
}

TEST_F(RunClients, HangsAfterItsLastConnectionOfAStep) {
  fake_client("connects-twice-and-hangs");
  context_.limits.step = std::chrono::milliseconds(1500);
  context_.limits.answer = std::chrono::milliseconds(200);
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail client harness-connection-completes");
  EXPECT_EQ(result.verdict.at.value().connection, 2U);
}

TEST_F(RunClients, Crashes) {
  fake_client("crashes");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail client harness-connection-completes");
  EXPECT_EQ(result.verdict.at.value().connection, 2U);
  EXPECT_THAT(told(result.verdict), HasSubstr("killed by signal 11"));
}

TEST_F(RunClients, Exits) {
  fake_client("exits");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail client harness-connection-completes");
  EXPECT_EQ(result.verdict.at.value().connection, 2U);
  EXPECT_THAT(told(result.verdict), HasSubstr("exited with 7"));
}

TEST_F(RunClients, IsKilledByTheMachine) {
  fake_client("is-killed");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "error");
  EXPECT_THAT(result.verdict.reason, HasSubstr("the client was killed by signal 9"));
}

TEST_F(RunClients, HangsAtConfigure) {
  fake_client("hangs-at-configure");
  context_.limits.start = std::chrono::milliseconds(3000);
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "error");
  EXPECT_THAT(result.verdict.reason, HasSubstr("client hangs-at-configure did not come up: it did not answer in time"));
}

TEST_F(RunClients, RefusesItsConfiguration) {
  fake_client("refuses-configure");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "error");
  EXPECT_THAT(result.verdict.reason, HasSubstr("no such cipher"));
}

TEST_F(RunClients, DoesNotStart) {
  client_.argv.front() = "/nonexistent/adapter";
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "error");
  EXPECT_THAT(result.verdict.reason, HasSubstr("/nonexistent/adapter"));
}

TEST_F(RunClients, DoesNotKnowItsArguments) {
  fake_client("no-such-fault");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "error");
  EXPECT_THAT(result.verdict.reason, HasSubstr("exited with 89"));
}

TEST_F(RunClients, SpeaksUnasked) {
  for (const char* fault : {"speaks-unasked", "speaks-unasked-at-last"}) {
    client_ = healthy_;
    fake_client(fault);
    const CellResult result = cell();
    EXPECT_EQ(in_short(result.verdict), "fail client witness-client-protocol") << fault;
    EXPECT_THAT(result.verdict.reason, HasSubstr("unasked"));
  }
}

TEST_F(RunClients, SpeaksWithoutEnd) {
  for (const char* fault : {"speaks-without-end", "floods-stdout", "floods-stderr"}) {
    client_ = healthy_;
    fake_client(fault);
    const CellResult result = cell();
    EXPECT_EQ(in_short(result.verdict), "fail client witness-client-protocol") << fault;
    EXPECT_EQ(result.verdict.at.value().connection, 2U);
    EXPECT_LT(result.verdict.reason.size(), 1000U);
  }
}

TEST_F(RunClients, BreaksItsProtocolAfterAServerBrokeTls) {
  fake_client("speaks-no-json");
  fake_server("talks-garbage");
  EXPECT_EQ(in_short(cell().verdict), "fail server rfc5246-6-well-formed");
}

TEST_F(RunClients, ThatIsAProgramPrintsALineWithoutEnd) {
  client_ = parse_client_manifest(source() / "clients/s_client").value().front();
  client_.argv = {"/bin/sh", "-c", "printf 'error:0A000086:%0600000d' 0; exit 1"};
  const CellResult result = cell();
  ASSERT_FALSE(result.connections.empty());
  EXPECT_THAT(result.connections.front().client.error_text, testing::StartsWith("error:0A000086:000"));
}

TEST_F(RunClients, ThatIsAProgramDoesNotKnowItsOption) {
  client_ = parse_client_manifest(source() / "clients/s_client").value().front();
  client_.argv.push_back("-nonsense");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "error");
  EXPECT_THAT(result.verdict.reason, HasSubstr("does not understand its command line"));
}

TEST_F(RunClients, SpeaksNoJson) {
  fake_client("speaks-no-json");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail client witness-client-protocol");
  EXPECT_EQ(result.verdict.at.value().connection, 2U);
  EXPECT_THAT(result.verdict.reason, HasSubstr("not a JSON object: segment retransmitted"));
}

TEST_F(RunClients, ForgetsAField) {
  fake_client("forgets-a-field");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail client witness-client-protocol");
  EXPECT_THAT(result.verdict.reason, HasSubstr("clients/PROTOCOL.md"));
}

TEST_F(RunClients, DoesNotImplementWhatItsManifestDeclares) {
  for (const char* fault : {"does-not-implement", "does-not-implement-the-third"}) {
    client_ = healthy_;
    fake_client(fault);
    const CellResult result = cell();
    EXPECT_EQ(in_short(result.verdict), "unsupported") << result.verdict.reason;
    EXPECT_THAT(result.verdict.reason, HasSubstr("does not implement \"offer\""));
  }
}

TEST_F(RunClients, DoesNotImplementWhatItsManifestDeclaresWhereTheServerHadFailed) {
  fake_client("does-not-implement-the-third");
  server_.policy["renew_after"].any.args = {};
  EXPECT_EQ(in_short(cell().verdict), "fail server policy-renewed-in-time");
}

TEST_F(RunClients, ConnectsAndThenDoesNotImplementIt) {
  fake_client("connects-and-does-not-implement");
  EXPECT_EQ(in_short(cell().verdict), "unsupported");
}

TEST_F(RunClients, WritesToStderr) {
  fake_client("complains");
  const CellResult result = cell();
  EXPECT_EQ(in_short(result.verdict), "fail client witness-client-protocol");
  EXPECT_EQ(result.verdict.at.value().connection, 2U);
  EXPECT_THAT(result.verdict.reason, HasSubstr("warning: session cache is full"));
}

}  // namespace
}  // namespace ti

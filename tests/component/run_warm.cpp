// Processes that serve several cells: nothing of one cell may be left in the next.
#include "run_test.hpp"

namespace ti {
namespace {

using testing::Each;
using testing::ElementsAreArray;
using testing::EndsWith;

class RunWarm : public RunTest {
 protected:
  /// Runs the cells one after the other in one slot; gives "id verdict" of each.
  std::vector<std::string> verdicts(std::vector<PlannedCell> cells, bool keep_warm) {
    RunnerSettings settings;
    settings.jobs = 1;
    settings.mode = mode_;
    settings.mode.keep_warm = keep_warm;
    settings.cell = CellSettings{results_.path(), Keep::none};
    Heard heard;
    Runner runner(context_, settings, {&heard});
    run(runner.run(std::move(cells)));
    std::vector<std::string> lines;
    for (const CellResult& cell : heard.cells) lines.push_back(cell.id.text() + " " + in_short(cell.verdict));
    return lines;
  }

  std::vector<PlannedCell> matrix() const {
    std::vector<PlannedCell> cells;
    for (const Scenario* scenario : {&renew_, &young_, &expired_})
      for (const Version tls : {Version::tls10, Version::tls12, Version::tls13})
        cells.push_back({{server_.id, client_.id, scenario->id, tls}, &server_, &client_, scenario, {}});
    return cells;
  }

  const Scenario renew_ = scenario("renewal/renew");
  const Scenario young_ = scenario("renewal/young");
  const Scenario expired_ = scenario("renewal/expired");
};

TEST_F(RunWarm, GivesTheSameVerdictsAsFreshProcesses) {
  const std::vector<std::string> warm = verdicts(matrix(), true);
  EXPECT_EQ(warm.size(), 9U);
  EXPECT_THAT(warm, Each(EndsWith(" pass")));
  EXPECT_THAT(warm, ElementsAreArray(verdicts(matrix(), false)));
}

TEST_F(RunWarm, ServerAndClientServeTheNextCellToo) {
  Slot slot(context_, mode_);
  const CellSettings settings{results_.path(), Keep::none};
  const auto two_cells = [&]() -> awaitable<bool> {
    const ServerOrder order{&server_, scenario_.policy, Version::tls12, scenario_.ciphers};
    const CellEnd first = co_await run_cell(planned(), slot, settings);
    const bool warm = slot.has_warm(order);
    const CellEnd second = co_await run_cell(planned(), slot, settings);
    co_await slot.clear();
    EXPECT_EQ(in_short(first.result.verdict), "pass");
    EXPECT_EQ(in_short(second.result.verdict), "pass");
    co_return warm;
  };
  EXPECT_TRUE(run(two_cells()));
}

/// Until the keys of such a server are dead the certificates have ended, and no client takes them any more.
TEST_F(RunWarm, AServerWhoseKeysOutliveTheCertificatesServesNoOther) {
  scenario_.policy.values["expire_after"] = std::chrono::seconds(std::chrono::years(50));
  scenario_.timeline.resize(1);
  for (const std::string& line : verdicts({planned(), planned()}, true)) EXPECT_EQ(line, planned().id.text() + " pass");
}

/// What catches it is not the scenario but a rule on every connection: nobody issued that ticket in this cell.
TEST_F(RunWarm, AClientThatRemembersItsLastCellIsCaught) {
  fake_client("remembers-over-configure");
  for (const Version tls : {Version::tls12, Version::tls13}) {
    const std::vector<std::string> lines = verdicts({planned(tls), planned(tls)}, true);
    const std::string caught = tls == Version::tls13 ? "fail client rfc8446-4.6.1-only-issued-tickets"
                                                     : "fail client rfc5077-3.2-only-issued-tickets";
    EXPECT_EQ(lines, (std::vector{planned(tls).id.text() + " pass", planned(tls).id.text() + " " + caught}));
  }
}

TEST_F(RunWarm, NothingOfItIsLeftWithFreshProcesses) {
  fake_client("remembers-over-configure");
  for (const std::string& line : verdicts({planned(), planned()}, false))
    EXPECT_EQ(line, planned().id.text() + " pass");
}

}  // namespace
}  // namespace ti

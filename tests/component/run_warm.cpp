// Processes that serve several cells: nothing of one cell may be left in the next.
#include "run_test.hpp"

namespace ti {
namespace {

using testing::ElementsAreArray;

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
    Runner runner(site_, settings, {&heard});
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
  EXPECT_THAT(warm, ElementsAreArray(verdicts(matrix(), false)));
}

TEST_F(RunWarm, ServerAndClientServeTheNextCellToo) {
  Slot slot(site_, mode_);
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

/// What catches it: `"offered": "none"` in the first step of a scenario.
TEST_F(RunWarm, AClientThatRemembersItsLastCellIsCaught) {
  fake_client("remembers-over-configure");
  const std::vector<std::string> lines = verdicts({planned(), planned()}, true);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], planned().id.text() + " pass");
  EXPECT_EQ(lines[1], planned().id.text() + " fail client expect-offered");
}

TEST_F(RunWarm, NothingOfItIsLeftWithFreshProcesses) {
  fake_client("remembers-over-configure");
  for (const std::string& line : verdicts({planned(), planned()}, false))
    EXPECT_EQ(line, planned().id.text() + " pass");
}

/// So that the test above holds for every scenario, and not for the one that it uses.
TEST(RunWarmScenarios, EachSaysThatTheFirstConnectionOffersNothing) {
  std::vector<ParseError> errors;
  for (const Scenario& scenario : load_scenarios(std::filesystem::path(TI_SOURCE_DIR) / "scenarios", errors))
    for (const Version tls : scenario.tls)
      EXPECT_EQ(scenario.timeline.front().expect_at.at(tls).offered, "none") << scenario.id << "@" << name(tls);
  EXPECT_TRUE(errors.empty());
}

}  // namespace
}  // namespace ti

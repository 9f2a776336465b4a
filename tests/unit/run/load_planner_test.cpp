// When cells start under the real clock: no slice of time is promised to more steps than the machine can do.
#include "run/load_planner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace ti {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t many = 200;
const std::vector<std::chrono::milliseconds> timeline = {0ms, 0ms, 0ms, 15s, 25s};

/// The most steps that come in one quarter of a second, when so many cells of this timeline ask at once.
std::size_t most_at_once(LoadPlanner& load_planner, std::size_t cells) {
  std::map<std::int64_t, std::size_t> steps;
  for (std::size_t i = 0; i < cells; ++i) {
    const Instant start = load_planner.book(0s, timeline);
    for (const auto at : timeline) ++steps[(start + at) / 250ms];
  }
  return std::max_element(steps.begin(), steps.end(), [](const auto& a, const auto& b) { return a.second < b.second; })
      ->second;
}

TEST(LoadPlanner, AFreeMachineStartsAtOnce) {
  LoadPlanner load_planner(2);
  EXPECT_EQ(load_planner.book(1700ms, timeline), Instant(1700ms));
}

TEST(LoadPlanner, StepsOfManyCellsDoNotMeet) {
  LoadPlanner load_planner(2);
  EXPECT_LE(most_at_once(load_planner, many), 32U);  // 0.6 of two cores for 250 ms, at 10 ms each, and one cell's start
}

TEST(LoadPlanner, MoreCoresTakeMore) {
  LoadPlanner two(2);
  LoadPlanner eight(8);
  EXPECT_GT(most_at_once(eight, many), 3 * most_at_once(two, many));
}

TEST(LoadPlanner, ALaterStepOfOthersKeepsACellBack) {
  LoadPlanner load_planner(1);
  while (load_planner.book(0s, {10s}) == Instant(0s)) continue;  // until second 10 is full
  EXPECT_EQ(load_planner.book(0s, {0s}), Instant(0s));
  EXPECT_GT(load_planner.book(0s, {0s, 10s}), Instant(0s));
  EXPECT_EQ(load_planner.book(10500ms, {0s}), Instant(10500ms));  // what is past is forgotten
}

TEST(LoadPlanner, LearnsWhatAStepCosts) {
  LoadPlanner dear(2);
  dear.learn(100000, 100000 * 0.05);
  LoadPlanner cheap(2);
  cheap.learn(100000, 100000 * 0.001);
  EXPECT_LE(most_at_once(dear, many), 9U);
  EXPECT_GE(most_at_once(cheap, many), 100U);
}

TEST(LoadPlanner, AFewDearStepsDoNotChangeTheBelief) {
  LoadPlanner load_planner(2);
  load_planner.learn(1, 1.0);
  EXPECT_GE(most_at_once(load_planner, many), 15U);
}

TEST(LoadPlanner, AStepDearerThanASliceStillGetsItsTurn) {
  LoadPlanner load_planner(1);
  load_planner.learn(1000, 1000 * 2.0);
  const Instant first = load_planner.book(0s, {0s});
  const Instant second = load_planner.book(0s, {0s});
  EXPECT_EQ(first, Instant(0s));
  EXPECT_EQ(second, Instant(250ms));
}

}  // namespace
}  // namespace ti

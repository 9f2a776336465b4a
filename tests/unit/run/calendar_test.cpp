// When cells start under the real clock: no slice of time is promised to more steps than the machine can do.
#include "run/calendar.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace ti {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t many = 200;
const std::vector<std::chrono::milliseconds> timeline = {0ms, 0ms, 0ms, 15s, 25s};

/// The most steps that come in one quarter of a second, when so many cells of this timeline ask at once.
std::size_t most_at_once(Calendar& calendar, std::size_t cells) {
  std::map<std::int64_t, std::size_t> steps;
  for (std::size_t i = 0; i < cells; ++i) {
    const Instant start = calendar.book(0s, timeline);
    for (const auto at : timeline) ++steps[(start + at) / 250ms];
  }
  return std::max_element(steps.begin(), steps.end(), [](const auto& a, const auto& b) { return a.second < b.second; })
      ->second;
}

TEST(Calendar, AFreeMachineStartsAtOnce) {
  Calendar calendar(2);
  EXPECT_EQ(calendar.book(1700ms, timeline), Instant(1700ms));
}

TEST(Calendar, StepsOfManyCellsDoNotMeet) {
  Calendar calendar(2);
  EXPECT_LE(most_at_once(calendar, many), 32U);  // 0.6 of two cores for 250 ms, at 10 ms each, and one cell's start
}

TEST(Calendar, MoreCoresTakeMore) {
  Calendar two(2);
  Calendar eight(8);
  EXPECT_GT(most_at_once(eight, many), 3 * most_at_once(two, many));
}

TEST(Calendar, ALaterStepOfOthersKeepsACellBack) {
  Calendar calendar(1);
  while (calendar.book(0s, {10s}) == Instant(0s)) continue;  // until second 10 is full
  EXPECT_EQ(calendar.book(0s, {0s}), Instant(0s));
  EXPECT_GT(calendar.book(0s, {0s, 10s}), Instant(0s));
  EXPECT_EQ(calendar.book(10500ms, {0s}), Instant(10500ms));  // what is past is forgotten
}

TEST(Calendar, LearnsWhatAStepCosts) {
  Calendar dear(2);
  dear.learn(100000, 100000 * 0.05);
  Calendar cheap(2);
  cheap.learn(100000, 100000 * 0.001);
  EXPECT_LE(most_at_once(dear, many), 9U);
  EXPECT_GE(most_at_once(cheap, many), 100U);
}

TEST(Calendar, AFewDearStepsDoNotChangeTheBelief) {
  Calendar calendar(2);
  calendar.learn(1, 1.0);
  EXPECT_GE(most_at_once(calendar, many), 15U);
}

TEST(Calendar, AStepDearerThanASliceStillGetsItsTurn) {
  Calendar calendar(1);
  calendar.learn(1000, 1000 * 2.0);
  const Instant first = calendar.book(0s, {0s});
  const Instant second = calendar.book(0s, {0s});
  EXPECT_EQ(first, Instant(0s));
  EXPECT_EQ(second, Instant(250ms));
}

}  // namespace
}  // namespace ti

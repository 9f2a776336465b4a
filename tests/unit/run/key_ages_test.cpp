// A slow connection makes a verdict doubtful only where it could have carried a key's age over a border.
#include "run/key_ages.hpp"

#include <gtest/gtest.h>

namespace ti {
namespace {

using namespace std::chrono_literals;

const Policy ten_twenty{{{"renew_after", std::chrono::seconds(10)}, {"expire_after", std::chrono::seconds(20)}}};

/// The renewal timeline, its second and third connection taking so long.
const StepTook* renewal(std::chrono::milliseconds second, std::chrono::milliseconds third = 5ms) {
  static std::vector<StepTook> steps;
  steps = {{0s, 5ms}, {15s, second}, {25s, third}};
  return moved_over_a_border(steps, ten_twenty);
}

TEST(KeyAges, QuickConnectionsMoveNothing) { EXPECT_EQ(renewal(5ms), nullptr); }

TEST(KeyAges, ASlowConnectionFarFromABorderMovesNothing) { EXPECT_EQ(renewal(2500ms), nullptr); }

TEST(KeyAges, ASlowConnectionMayOutliveItsKey) {
  const StepTook* slow = renewal(4500ms);
  ASSERT_NE(slow, nullptr);
  EXPECT_EQ(slow->at, 15s);
}

TEST(KeyAges, AKeyMayBeBornTooLateToBeDead) {
  const std::vector<StepTook> steps{{0s, 5500ms}, {25s, 5ms}};
  EXPECT_EQ(moved_over_a_border(steps, ten_twenty), steps.data());
  EXPECT_EQ(moved_over_a_border({{0s, 4500ms}, {25s, 5ms}}, ten_twenty), nullptr);
}

TEST(KeyAges, NoKeyOutlivesARestart) {
  EXPECT_EQ(moved_over_a_border({{0s, 5500ms, 0}, {25s, 5ms, 1}}, ten_twenty), nullptr);
}

TEST(KeyAges, WhatStandsOnABorderIsNotMoved) {
  EXPECT_EQ(moved_over_a_border({{0s, 3s}, {10s, 3s}}, ten_twenty), nullptr);
}

TEST(KeyAges, WithoutAgesNothingIsMoved) { EXPECT_EQ(moved_over_a_border({{0s, 9s}, {15s, 9s}}, Policy{}), nullptr); }

}  // namespace
}  // namespace ti

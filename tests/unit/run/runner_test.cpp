// How many cells run at once, and how much each of their slots keeps.
#include "run/runner.hpp"

#include <gtest/gtest.h>

namespace ti {
namespace {

constexpr std::size_t gib = std::size_t{1} << 30;

TEST(ChooseJobs, VirtualTimeIsBoundByCoresAndMemory) {
  EXPECT_EQ(choose_jobs(false, 2, 24 * gib), 6U);
  EXPECT_EQ(choose_jobs(false, 16, 24 * gib), 48U);
  EXPECT_EQ(choose_jobs(false, 16, 2 * gib), 8U);
  EXPECT_EQ(choose_jobs(false, 16, 0), 1U);
}

TEST(ChooseJobs, TrueTimeIsBoundByMemory) {
  EXPECT_EQ(choose_jobs(true, 2, 24 * gib), 1000U);
  EXPECT_LT(choose_jobs(true, 64, 6 * gib), 300U);
  EXPECT_EQ(choose_jobs(true, 2, 0), 1U);
}

TEST(ChooseMostWarm, FillsHalfOfTheMemoryAtMost) {
  for (const std::size_t memory : {4 * gib, 8 * gib, 16 * gib, 64 * gib})
    EXPECT_LE(6 * choose_most_warm(6, memory) * (std::size_t{64} << 20), memory / 2);
  EXPECT_GT(choose_most_warm(6, 24 * gib), 19U);  // all the clients in C and C++
  EXPECT_EQ(choose_most_warm(1000, gib), 2U);
}

}  // namespace
}  // namespace ti

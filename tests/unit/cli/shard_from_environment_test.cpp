// The share of the matrix that each CI engine gives by its variables.
#include "cli/shard_from_environment.hpp"

#include <gtest/gtest.h>

#include "cli/command.hpp"

namespace ti {
namespace {

std::string share(const Environment& environment) {
  const Shard shard = shard_from_environment(environment);
  return std::to_string(shard.index) + "/" + std::to_string(shard.count);
}

TEST(ShardFromEnvironment, IsTheWholeMatrixWithoutAny) { EXPECT_EQ(share({{"PATH", "/bin"}}), "1/1"); }

TEST(ShardFromEnvironment, OurOwnVariable) { EXPECT_EQ(share({{"TICKET_INTEROP_SHARD", "3/4"}}), "3/4"); }

TEST(ShardFromEnvironment, GitLabCountsFromOne) {
  EXPECT_EQ(share({{"CI_NODE_INDEX", "2"}, {"CI_NODE_TOTAL", "5"}}), "2/5");
}

TEST(ShardFromEnvironment, KubernetesCountsFromZero) {
  EXPECT_EQ(share({{"JOB_COMPLETION_INDEX", "0"}, {"JOB_COMPLETIONS", "3"}}), "1/3");
  EXPECT_EQ(share({{"JOB_COMPLETION_INDEX", "2"}, {"JOB_COMPLETIONS", "3"}}), "3/3");
}

TEST(ShardFromEnvironment, SlurmArraysBeginAndStepAsTheyLike) {
  const auto task = [](const char* id, const char* min, const char* step) {
    return Environment{{"SLURM_ARRAY_TASK_ID", id},
                       {"SLURM_ARRAY_TASK_MIN", min},
                       {"SLURM_ARRAY_TASK_STEP", step},
                       {"SLURM_ARRAY_TASK_COUNT", "4"}};
  };
  EXPECT_EQ(share(task("0", "0", "1")), "1/4");
  EXPECT_EQ(share(task("16", "10", "2")), "4/4");
}

TEST(ShardFromEnvironment, ValuesThatMakeNoSenseAreRefused) {
  EXPECT_THROW(share({{"TICKET_INTEROP_SHARD", "5/4"}}), UsageError);
  EXPECT_THROW(share({{"CI_NODE_INDEX", "6"}, {"CI_NODE_TOTAL", "5"}}), UsageError);
  EXPECT_THROW(share({{"CI_NODE_INDEX", "two"}, {"CI_NODE_TOTAL", "5"}}), UsageError);
  EXPECT_THROW(share({{"JOB_COMPLETION_INDEX", "3"}, {"JOB_COMPLETIONS", "3"}}), UsageError);
}

}  // namespace
}  // namespace ti

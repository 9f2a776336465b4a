// What is told of a cell that is run several times.
#include "run/agreement.hpp"

#include <gmock/gmock.h>

namespace ti {
namespace {

CellResult ending(Outcome outcome, double duration_ms, const std::string& scenario = "renew") {
  CellResult cell;
  cell.id = {"nginx", "openssl", scenario, Version::tls12};
  cell.verdict.outcome = outcome;
  if (outcome == Outcome::fail) {
    cell.verdict.fault = Side::client;
    cell.verdict.rule = "expect-offered";
    cell.verdict.reason = "it was not offered";
  }
  cell.duration_ms = duration_ms;
  return cell;
}

TEST(Agreement, GivesTheFirstOfThoseThatAgreeWithTheLast) {
  Agreement agreement(3);
  EXPECT_FALSE(agreement.ended(ending(Outcome::pass, 1)));
  EXPECT_FALSE(agreement.ended(ending(Outcome::pass, 2)));
  const CellResult result = agreement.ended(ending(Outcome::pass, 3)).value();
  EXPECT_EQ(result.verdict.outcome, Outcome::pass);
  EXPECT_EQ(result.duration_ms, 1);
}

TEST(Agreement, CountsForEachCellByItself) {
  Agreement agreement(2);
  EXPECT_FALSE(agreement.ended(ending(Outcome::pass, 1)));
  EXPECT_FALSE(agreement.ended(ending(Outcome::fail, 1, "young")));
  EXPECT_EQ(agreement.ended(ending(Outcome::fail, 1, "young")).value().verdict.rule, "expect-offered");
  EXPECT_EQ(agreement.ended(ending(Outcome::pass, 1)).value().verdict.outcome, Outcome::pass);
}

TEST(Agreement, OneEndingIsAllThatIsWaitedForWhereACellIsRunOnce) {
  EXPECT_EQ(Agreement(1).ended(ending(Outcome::inconclusive, 1)).value().verdict.outcome, Outcome::inconclusive);
}

TEST(Agreement, PrefersTheFirstThatDidNotPass) {
  Agreement agreement(4);
  const std::vector<std::pair<CellResult, bool>> endings{{ending(Outcome::pass, 1), true},
                                                         {ending(Outcome::pass, 2), false},
                                                         {ending(Outcome::fail, 3), true},
                                                         {ending(Outcome::error, 4), false}};
  std::optional<CellResult> result;
  for (const auto& [cell, preferred] : endings) {
    EXPECT_EQ(agreement.prefers(cell), preferred) << cell.duration_ms;
    result = agreement.ended(cell);
  }
  EXPECT_EQ(result.value().duration_ms, 3);
  EXPECT_TRUE(agreement.prefers(ending(Outcome::pass, 5)));
}

TEST(Agreement, WhatDiffersIsAnErrorThatNamesBoth) {
  Agreement agreement(3);
  EXPECT_FALSE(agreement.ended(ending(Outcome::pass, 1)));
  EXPECT_FALSE(agreement.ended(ending(Outcome::fail, 2)));
  const CellResult result = agreement.ended(ending(Outcome::pass, 3)).value();
  const Verdict& verdict = result.verdict;
  EXPECT_EQ(verdict.outcome, Outcome::error);
  EXPECT_EQ(verdict.reason,
            "it does not end the same way each time: pass, and then fail client expect-offered; "
            "of the first that did not pass: it was not offered");
  EXPECT_FALSE(verdict.fault);
}

}  // namespace
}  // namespace ti

// What was to be expected, over a run that was stopped and gone on with.
#include "report/expected.hpp"

#include <gmock/gmock.h>

namespace ti {
namespace {

CellResult cell(const std::string& scenario, Outcome outcome) {
  CellResult cell;
  cell.id = {"nginx", "openssl", scenario, Version::tls12};
  cell.verdict.outcome = outcome;
  if (outcome == Outcome::fail) cell.verdict.rule = "expect-offered";
  return cell;
}

TEST(Expected, AKnownIssueSeenBeforeTheRunWasStoppedWasSeen) {
  KnownIssue issue;
  issue.client = "openssl";
  issue.rule = "expect-offered";
  Expected expected({issue}, {}, {});
  const Results facts;
  expected.run_started(facts, 2, 1);
  CellResult before = cell("renew", Outcome::fail);
  before.known = true;
  before.expected = Outcome::fail;
  expected.recall(before);
  expected.cell_ended(cell("young", Outcome::pass));
  EXPECT_TRUE(expected.not_seen_again().empty());
  EXPECT_FALSE(expected.any_unexpected());
}

TEST(Expected, WhatEndedBadlyBeforeTheRunWasStoppedCounts) {
  Expected expected({}, {}, {});
  const Results facts;
  expected.run_started(facts, 2, 1);
  expected.recall(cell("renew", Outcome::error));
  expected.cell_ended(cell("young", Outcome::pass));
  EXPECT_TRUE(expected.any_error());
  EXPECT_TRUE(expected.any_unexpected());
}

}  // namespace
}  // namespace ti

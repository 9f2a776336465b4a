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

/// Marked keeps what the listeners of a run get.
struct Marked final : Listener {
  void run_started(const Results&, std::size_t, std::size_t) override {}
  void cell_ended(const CellResult& cell) override { cells.push_back(cell); }
  void run_ended(const RunFacts&, bool) override {}
  std::vector<CellResult> cells;
};

CellResult failed(Side fault, const std::string& rule) {
  CellResult failed = cell("renew", Outcome::fail);
  failed.verdict.fault = fault;
  failed.verdict.rule = rule;
  return failed;
}

/// Whether a cell is unexpected that `before` was the baseline's of; of a run, and of one that recalls it.
bool unexpected(const CellResult& now, const CellResult& before, const std::vector<KnownIssue>& issues = {}) {
  Marked marked;
  Expected expected(issues, {{before.id.text(), BaselineVerdict::of(before.verdict)}}, {&marked});
  const Results facts;
  expected.run_started(facts, 1, 0);
  expected.cell_ended(now);
  Expected later({}, {}, {});
  later.count(parse_cell(cell_json(marked.cells.at(0))).value());
  EXPECT_EQ(marked.cells.at(0).expected, before.verdict.outcome);
  EXPECT_EQ(later.any_unexpected(), expected.any_unexpected()) << "it is forgotten in the results";
  return expected.any_unexpected();
}

TEST(Expected, AFailIsTheBaselinesOnlyWithItsFaultAndRule) {
  const CellResult before = failed(Side::server, "rule-a");
  EXPECT_FALSE(unexpected(before, before));
  EXPECT_TRUE(unexpected(failed(Side::client, "rule-a"), before));
  EXPECT_TRUE(unexpected(failed(Side::server, "rule-b"), before));
  EXPECT_TRUE(unexpected(cell("renew", Outcome::pass), before));
  EXPECT_TRUE(unexpected(before, cell("renew", Outcome::pass)));
  CellResult reworded = before;
  reworded.verdict.reason = "a reason may be worded anew";
  EXPECT_FALSE(unexpected(reworded, before));
}

TEST(Expected, TheBaselineHasMoreToSayThanAKnownIssue) {
  KnownIssue issue;
  issue.rule = "rule-b";
  EXPECT_TRUE(unexpected(failed(Side::client, "rule-b"), failed(Side::server, "rule-a"), {issue}));
  EXPECT_TRUE(unexpected(failed(Side::client, "rule-b"), cell("renew", Outcome::pass), {issue}));
  EXPECT_FALSE(unexpected(failed(Side::client, "rule-b"), failed(Side::client, "rule-b"), {issue}));
}

TEST(Expected, AKnownIssueExplainsWhatTheBaselineLacks) {
  KnownIssue issue;
  issue.rule = "rule-b";
  Expected expected({issue}, {{"other/cell/of@1.2", {}}}, {});
  const Results facts;
  expected.run_started(facts, 1, 0);
  expected.cell_ended(failed(Side::client, "rule-b"));
  EXPECT_FALSE(expected.any_unexpected());
}

}  // namespace
}  // namespace ti

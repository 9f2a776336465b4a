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

/// Marked keeps what the listeners of a run get.
struct Marked final : Listener {
  void run_started(const Results&, std::size_t, std::size_t) override {}
  void cell_ended(const CellResult& cell) override { cells.push_back(cell); }
  void cell_recalled(const CellResult& cell) override { recalled.push_back(cell); }
  void run_ended(const RunFacts&, bool) override {}
  std::vector<CellResult> cells;
  std::vector<CellResult> recalled;
};

TEST(Expected, AKnownIssueSeenBeforeTheRunWasStoppedWasSeen) {
  KnownIssue issue;
  issue.client = "openssl";
  issue.rule = "expect-offered";
  Expected expected({.issues = {issue}}, {});
  const Results facts;
  expected.run_started(facts, 2, 1);
  CellResult before = cell("renew", Outcome::fail);
  before.known = true;
  before.expected = Outcome::fail;
  expected.cell_recalled(before);
  expected.cell_ended(cell("young", Outcome::pass));
  EXPECT_TRUE(expected.not_seen_again().empty());
  EXPECT_FALSE(expected.any_unexpected());
}

TEST(Expected, ListenersHearOfWhatIsKnownFromBeforeAndWhy) {
  KnownIssue issue;
  issue.rule = "expect-offered";
  issue.link = "https://example.org/1";
  Marked marked;
  Expected expected({.issues = {issue}}, {&marked});
  const Results facts;
  expected.run_started(facts, 1, 1);
  CellResult before = cell("renew", Outcome::fail);
  before.expected = Outcome::pass;
  expected.cell_recalled(before);
  ASSERT_EQ(marked.recalled.size(), 1U);
  EXPECT_EQ(marked.recalled[0].known_link, issue.link);
  EXPECT_EQ(marked.recalled[0].expected, Outcome::pass) << "what was to be expected of it was settled then";
  EXPECT_TRUE(marked.cells.empty());
}

TEST(Expected, WhatEndedBadlyBeforeTheRunWasStoppedCounts) {
  Expected expected({}, {});
  const Results facts;
  expected.run_started(facts, 2, 1);
  expected.cell_recalled(cell("renew", Outcome::error));
  expected.cell_ended(cell("young", Outcome::pass));
  EXPECT_TRUE(expected.any_error());
  EXPECT_TRUE(expected.any_unexpected());
}

CellResult failed(Side fault, const std::string& rule) {
  CellResult failed = cell("renew", Outcome::fail);
  failed.verdict.fault = fault;
  failed.verdict.rule = rule;
  return failed;
}

/// Whether a cell is unexpected that `before` was the baseline's of; of a run, and of one that recalls it.
bool unexpected(const CellResult& now, const CellResult& before, const std::vector<KnownIssue>& issues = {}) {
  Marked marked;
  Expected expected({.issues = issues, .baseline = {{before.id.text(), BaselineVerdict::of(before.verdict)}}},
                    {&marked});
  const Results facts;
  expected.run_started(facts, 1, 0);
  expected.cell_ended(now);
  Expected later({}, {});
  later.run_started(facts, 1, 1);
  later.cell_recalled(parse_cell(cell_json(marked.cells.at(0))).value());
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
  Expected expected({.issues = {issue}, .baseline = {{"other/cell/of@1.2", {}}}}, {});
  const Results facts;
  expected.run_started(facts, 1, 0);
  expected.cell_ended(failed(Side::client, "rule-b"));
  EXPECT_FALSE(expected.any_unexpected());
}

CellResult ended(Expectations expectations, const CellResult& cell) {
  Marked marked;
  Expected expected(std::move(expectations), {&marked});
  const Results facts;
  expected.run_started(facts, 1, 0);
  expected.cell_ended(cell);
  return marked.cells.at(0);
}

const Control control{"one-ticket", "renewal", {}};

TEST(Controls, TheFaultOfAControlIsCaughtAndExpected) {
  const CellResult marked = ended({.server_controls = {{"nginx", control}}}, failed(Side::server, "one-ticket"));
  EXPECT_EQ(marked.control, Caught::caught);
  EXPECT_FALSE(is_unexpected(marked));
  EXPECT_EQ(parse_cell(cell_json(marked)).value().control, Caught::caught);
}

TEST(Controls, AFaultThatIsNotItsOwnIsUnexpectedOfAControlToo) {
  const CellResult marked = ended({.server_controls = {{"nginx", control}}}, failed(Side::client, "one-ticket"));
  EXPECT_EQ(marked.control, std::nullopt);
  EXPECT_TRUE(is_unexpected(marked));
  EXPECT_TRUE(is_unexpected(ended({.client_controls = {{"openssl", control}}}, failed(Side::server, "one-ticket"))));
}

TEST(Controls, AControlWhoseOccasionPassedIsMissed) {
  CellResult passed = cell("renew", Outcome::pass);
  EXPECT_EQ(ended({.server_controls = {{"nginx", control}}}, passed).control, std::nullopt);
  passed.verdict.exercised = {"renewal"};
  const CellResult marked = ended({.server_controls = {{"nginx", control}}}, passed);
  EXPECT_EQ(marked.control, Caught::missed);
  EXPECT_TRUE(is_unexpected(marked));
  EXPECT_EQ(ended({}, passed).control, std::nullopt);
}

TEST(Controls, WhatTheOtherSideEndedFirstHadNoOccasion) {
  CellResult ended_early = failed(Side::client, "renewal");
  ended_early.verdict.exercised = {"renewal"};
  const Control rejects{"renewal", "renewal", {}};
  EXPECT_EQ(ended({.server_controls = {{"nginx", control}}}, ended_early).control, std::nullopt);
  const CellResult both =
      ended({.server_controls = {{"nginx", control}}, .client_controls = {{"openssl", rejects}}}, ended_early);
  EXPECT_EQ(both.control, Caught::caught);
  EXPECT_FALSE(is_unexpected(both));
}

TEST(Controls, AFaultBehindAnEarlierOneIsCaughtToo) {
  CellResult other = failed(Side::client, "expect-offered");
  other.verdict.exercised = {"renewal"};
  other.verdict.breaches = {{"one-ticket", Severity::must, Side::server, "", {}}};
  const CellResult marked = ended({.server_controls = {{"nginx", control}}}, other);
  EXPECT_EQ(marked.control, Caught::caught);
  EXPECT_TRUE(is_unexpected(marked)) << "the client's own fault is nobody's control";
}

TEST(Expected, AClientThatIsLikeAnotherHasItsKnownIssues) {
  KnownIssue issue;
  issue.client = "s_client";
  issue.rule = "rule-b";
  const CellResult mine = failed(Side::client, "rule-b");
  EXPECT_TRUE(is_unexpected(ended({.issues = {issue}}, mine)));
  EXPECT_FALSE(is_unexpected(ended({.issues = {issue}, .likes = {{"openssl", "s_client"}}}, mine)));
}

TEST(Expected, AKnownIssueIsGoneOnlyIfAllItsCellsRan) {
  KnownIssue issue;
  issue.client = "openssl";
  issue.rule = "rule-b";
  const auto gone_after = [&](const std::vector<CellId>& matrix) {
    Expected expected({.issues = {issue}, .matrix = matrix}, {});
    const Results facts;
    expected.run_started(facts, 1, 0);
    expected.cell_ended(cell("renew", Outcome::pass));
    return expected.not_seen_again().size();
  };
  EXPECT_EQ(gone_after({cell("renew", Outcome::pass).id}), 1U);
  EXPECT_EQ(gone_after({cell("renew", Outcome::pass).id, cell("young", Outcome::pass).id}), 0U);
}

TEST(Expected, OnlyUnsupportedCellsProveNothing) {
  Expected expected({}, {});
  const Results facts;
  expected.run_started(facts, 2, 0);
  EXPECT_FALSE(expected.nothing_ran()) << "an empty share is none";
  expected.cell_ended(cell("renew", Outcome::unsupported));
  EXPECT_TRUE(expected.nothing_ran());
  expected.cell_ended(cell("young", Outcome::pass));
  EXPECT_FALSE(expected.nothing_ran());
}

}  // namespace
}  // namespace ti

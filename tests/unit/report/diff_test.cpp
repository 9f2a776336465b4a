// What changed between two runs, and what of it is a regression.
#include "report/diff.hpp"

#include <gmock/gmock.h>

#include "model/files.hpp"
#include "model/json_schema.hpp"
#include "report/trend.hpp"
#include "where/where.hpp"

namespace ti {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

CellResult ended(const std::string& id, Outcome outcome) {
  CellResult cell;
  cell.id = *CellId::parse(id);
  cell.verdict.outcome = outcome;
  if (outcome == Outcome::fail) {
    cell.verdict.fault = Side::client;
    cell.verdict.rule = "rule-a";
    cell.verdict.reason = "it broke";
    cell.finding = "client-x-rule-a-00000000";
  }
  return cell;
}

Results results_of(std::vector<CellResult> cells) {
  Results results;
  results.cells = std::move(cells);
  for (const CellResult& cell : results.cells) {
    results.clients[cell.id.client]["version"] = cell.id.client;
    if (!cell.finding.empty() && results.findings.empty()) {
      results.findings.emplace_back().id = cell.finding;
      results.findings.back().tls = {Version::tls12};
      results.findings.back().scenarios = {"a"};
    }
  }
  return results;
}

TEST(Change, IsNoneForTheSameVerdict) {
  const BaselineVerdict fail{Outcome::fail, Side::client, "rule-a"};
  EXPECT_EQ(change_between(fail, fail), ChangeKind::none);
  EXPECT_EQ(change_between({Outcome::pass, {}, ""}, {Outcome::pass, {}, ""}), ChangeKind::none);
  EXPECT_EQ(change_between(fail, {Outcome::fail, Side::server, "rule-a"}), ChangeKind::changed_reason);
  EXPECT_EQ(change_between(fail, {Outcome::fail, Side::client, "rule-b"}), ChangeKind::changed_reason);
  EXPECT_EQ(change_between({Outcome::error, {}, ""}, {Outcome::inconclusive, {}, ""}), ChangeKind::other);
}

TEST(Diff, AMissedControlIsARegression) {
  CellResult missed = ended("s/c/a@1.2", Outcome::pass);
  missed.control = Caught::missed;
  EXPECT_TRUE(compare(results_of({ended("s/c/a@1.2", Outcome::fail)}), results_of({missed})).any_regression());
}

TEST(Diff, BuildsFindEachOtherOnlyWhereThereIsNoDoubt) {
  const Results old = results_of({ended("s/c=1/a@1.2", Outcome::pass)});
  EXPECT_EQ(compare(old, results_of({ended("s/c=2/a@1.2", Outcome::fail)})).compared, 1U);
  EXPECT_EQ(
      compare(old, results_of({ended("s/c=2/a@1.2", Outcome::fail), ended("s/c=3/a@1.2", Outcome::fail)})).compared,
      0U);
  EXPECT_EQ(compare(old, results_of({ended("s/d=2/a@1.2", Outcome::fail)})).compared, 0U);
  EXPECT_EQ(compare(old, results_of({ended("s/c/a@1.2", Outcome::pass)})).compared, 1U);
}

TEST(Diff, JsonIsAsItsSchemaSays) {
  Schema schema(nlohmann::json::parse(read_file(where::source() / "reports/diff.schema.json").value()));
  const Diff diff = compare(results_of({ended("s/c=1/a@1.2", Outcome::pass), ended("s/d/b@1.2", Outcome::pass)}),
                            results_of({ended("s/c=2/a@1.2", Outcome::fail)}));
  const nlohmann::json document = nlohmann::json::parse(diff_json(diff));
  EXPECT_THAT(schema.complaints(document), IsEmpty());
  EXPECT_THAT(document["cells"], SizeIs(2));
  nlohmann::json bad = document;
  bad["cells"][0].erase("regression");
  EXPECT_THAT(schema.complaints(bad), SizeIs(1));
}

TEST(Trend, JsonIsAsItsSchemaSays) {
  Schema schema(nlohmann::json::parse(read_file(where::source() / "reports/trend.schema.json").value()));
  Trend trend;
  trend.add(results_of({ended("s/c/a@1.2", Outcome::pass)}));
  trend.add(results_of({ended("s/c/b@1.2", Outcome::fail)}));
  const nlohmann::json document = nlohmann::json::parse(trend.json());
  EXPECT_THAT(schema.complaints(document), IsEmpty());
  EXPECT_EQ(document["cells"][0]["verdicts"], "p-");
  EXPECT_EQ(document["cells"][1]["verdicts"], "-f");
}

TEST(Trend, CountsChangesOverGaps) {
  EXPECT_EQ(changes_in("ppp"), 0U);
  EXPECT_EQ(changes_in("p-p"), 0U);
  EXPECT_EQ(changes_in("p-fp"), 2U);
  EXPECT_EQ(changes_in("--"), 0U);
}

}  // namespace
}  // namespace ti

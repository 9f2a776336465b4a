#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "pairs.hpp"

namespace ti {
namespace {

std::vector<made::Pair> all_pairs() {
  std::vector<made::Pair> all;
  for (const auto part :
       {made::pairs_rfc5077, made::pairs_rfc5246, made::pairs_rfc6066, made::pairs_rfc7627, made::pairs_rfc8446,
        made::pairs_rfc9149, made::pairs_protocol, made::pairs_hellos, made::pairs_flights, made::pairs_certificates,
        made::pairs_endings, made::pairs_contract, made::pairs_witness, made::pairs_policy, made::pairs_expectations})
    for (made::Pair& pair : part()) all.push_back(std::move(pair));
  return all;
}

std::string text(const Verdict& verdict) {
  std::string text = std::string(name(verdict.outcome)) + " " + verdict.rule + ": " + verdict.reason;
  for (const Breach& breach : verdict.breaches) text += "\n  " + breach.rule + ": " + breach.reason;
  return text;
}

TEST(Registry, HasEachIdOnceWithAllThatAPersonNeeds) {
  std::set<std::string_view> ids;
  for (const Rule& rule : all_rules()) {
    EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
    EXPECT_FALSE(rule.section.empty()) << rule.id;
    EXPECT_TRUE(rule.sentence.ends_with('.')) << rule.id;
    EXPECT_EQ(find_rule(rule.id), &rule);
  }
  EXPECT_EQ(find_rule("rfc5077-no-such-rule"), nullptr);
}

TEST(Registry, HasABreakingAndAKeepingObservationForEachRule) {
  std::set<std::string_view> covered;
  for (const made::Pair& pair : all_pairs()) covered.insert(pair.rule);
  for (const Rule& rule : all_rules()) EXPECT_TRUE(covered.contains(rule.id)) << rule.id << " has no pair";
  for (const std::string_view id : covered) EXPECT_NE(find_rule(id), nullptr) << id << " is no rule";
}

TEST(Registry, CatchesWhatBreaksARuleAtItsPlaceAndAtTheRightDoor) {
  for (const made::Pair& pair : all_pairs()) {
    SCOPED_TRACE(pair.rule);
    const Rule* rule = find_rule(pair.rule);
    ASSERT_NE(rule, nullptr);
    EXPECT_TRUE(rule->applies(pair.broken));
    const Verdict verdict = judge(pair.broken);
    const auto found = std::find_if(verdict.breaches.begin(), verdict.breaches.end(), [&](const Breach& breach) {
      return breach.rule == pair.rule && breach.actor == pair.actor && breach.at.connection == pair.at.connection &&
             breach.at.message == pair.at.message;
    });
    ASSERT_NE(found, verdict.breaches.end()) << text(verdict);
    EXPECT_FALSE(found->reason.empty());
    if (rule->severity == Severity::should) continue;
    EXPECT_EQ(verdict.outcome, Outcome::fail);
    EXPECT_EQ(verdict.rule, pair.decided_by.empty() ? pair.rule : pair.decided_by) << text(verdict);
    if (pair.decided_by.empty()) {
      EXPECT_EQ(verdict.fault, pair.actor);
    }
  }
}

TEST(Registry, PassesWhatKeepsARule) {
  for (const made::Pair& pair : all_pairs()) {
    SCOPED_TRACE(pair.rule);
    EXPECT_TRUE(find_rule(pair.rule)->applies(pair.kept));
    const Verdict verdict = judge(pair.kept);
    EXPECT_EQ(verdict.outcome, Outcome::pass) << text(verdict);
    EXPECT_FALSE(std::any_of(verdict.breaches.begin(), verdict.breaches.end(), [&](const Breach& breach) {
      return breach.rule == pair.rule;
    })) << text(verdict);
  }
}

TEST(Registry, ABrokenShouldFailsOnlyWhereTheScenarioAsksForIt) {
  std::size_t looked_at = 0;
  for (made::Pair& pair : all_pairs()) {
    if (find_rule(pair.rule)->severity != Severity::should) continue;
    ++looked_at;
    SCOPED_TRACE(pair.rule);
    EXPECT_NE(judge(pair.broken).rule, pair.rule);
    pair.broken.failing_should = {std::string(pair.rule)};
    const Verdict verdict = judge(pair.broken);
    EXPECT_EQ(verdict.outcome, Outcome::fail);
    EXPECT_EQ(verdict.rule, pair.decided_by.empty() ? pair.rule : pair.decided_by) << text(verdict);
  }
  EXPECT_GT(looked_at, 0U);
}

}  // namespace
}  // namespace ti

#include "rules/registry.hpp"

#include <algorithm>

#include "rules/subjects.hpp"

namespace ti {

std::span<const Rule> all_rules() {
  static const std::vector<Rule> all = [] {
    std::vector<Rule> rules;
    for (const auto subject : {rfc5077_client_rules, rfc5077_server_rules, rfc5246_rules, rfc7627_rules, protocol_rules,
                               rfc8446_client_rules, rfc8446_server_rules, rfc9149_rules, conduct_rules, witness_rules,
                               policy_rules, expectation_rules}) {
      const std::span<const Rule> part = subject();
      rules.insert(rules.end(), part.begin(), part.end());
    }
    return rules;
  }();
  return all;
}

const Rule* find_rule(std::string_view id) {
  const std::span<const Rule> rules = all_rules();
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const Rule& rule) { return rule.id == id; });
  return found == rules.end() ? nullptr : &*found;
}

std::vector<std::string> should_rules() {
  std::vector<std::string> ids;
  for (const Rule& rule : all_rules())
    if (rule.severity == Severity::should) ids.emplace_back(rule.id);
  return ids;
}

}  // namespace ti

#include "rules/registry.hpp"

#include <algorithm>

#include "rules/subjects.hpp"

namespace ti {

namespace {

/// The versions that a rule is about, by its document.
std::pair<Version, Version> versions_of(const Rule& rule) {
  for (const std::string_view document : {"rfc8446-", "rfc9149-"})
    if (rule.id.starts_with(document)) return {Version::tls13, Version::tls13};
  for (const std::string_view document : {"rfc5077-", "rfc5246-", "rfc6066-", "rfc7627-"})
    if (rule.id.starts_with(document)) return {Version::tls10, Version::tls12};
  return {Version::tls10, Version::tls13};
}

}  // namespace

std::span<const Rule> all_rules() {
  static const std::vector<Rule> all = [] {
    std::vector<Rule> rules;
    for (const auto subject : {rfc5077_client_rules, rfc5077_server_rules, rfc5246_rules,
                               rfc6066_rules,        rfc7627_rules,        protocol_rules,
                               rfc8446_client_rules, rfc8446_server_rules, rfc8446_early_data_rules,
                               rfc9149_rules,        rfc5246_hello_rules,  rfc5246_flight_rules,
                               rfc8446_hello_rules,  rfc8446_flight_rules, agreed_extension_rules,
                               certificate_rules,    ending_rules,         contract_rules,
                               witness_client_rules, witness_server_rules, policy_rules,
                               expectation_rules}) {
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

std::vector<NamedRule> should_rules() {
  std::vector<NamedRule> named;
  for (const Rule& rule : all_rules()) {
    if (rule.severity != Severity::should) continue;
    const auto [from, to] = versions_of(rule);
    named.push_back({std::string(rule.id), from, to});
  }
  return named;
}

}  // namespace ti

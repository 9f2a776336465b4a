#pragma once
// The rules of each subject, as the registry puts them together.
#include <span>

#include "rules/registry.hpp"

namespace ti {

std::span<const Rule> rfc5077_server_rules();
std::span<const Rule> rfc5077_client_rules();
std::span<const Rule> rfc5246_rules();
std::span<const Rule> rfc6066_rules();
std::span<const Rule> rfc7627_rules();
std::span<const Rule> rfc8446_server_rules();
std::span<const Rule> rfc8446_client_rules();
std::span<const Rule> rfc8446_early_data_rules();
std::span<const Rule> rfc9149_rules();
std::span<const Rule> protocol_rules();
std::span<const Rule> rfc5246_hello_rules();
std::span<const Rule> rfc5246_flight_rules();
std::span<const Rule> rfc8446_hello_rules();
std::span<const Rule> rfc8446_flight_rules();
std::span<const Rule> agreed_extension_rules();
std::span<const Rule> certificate_rules();
std::span<const Rule> ending_rules();
std::span<const Rule> contract_rules();
std::span<const Rule> witness_client_rules();
std::span<const Rule> witness_server_rules();
std::span<const Rule> policy_rules();
std::span<const Rule> expectation_rules();

/// Whether a breach of this rule may be no more than the answer to an earlier one: an alert, an end, a silence.
bool is_symptom(const Rule& rule);

/// Doubt is something that would have to be known, and was not visible.
struct Doubt {
  std::string what;
  Place at;
};

/// What the expectations ask for and the witnesses could not see.
std::vector<Doubt> unseen_expectations(const Observation& cell);
/// Connections that ended badly, to be asked when no breach decides: each is then unexplained.
std::vector<Doubt> unexplained_endings(const Observation& cell);

}  // namespace ti

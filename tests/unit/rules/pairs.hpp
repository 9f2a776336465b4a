#pragma once
// For each rule an observation that breaks it and one that keeps it.
#include <string_view>
#include <vector>

#include "builder.hpp"

namespace ti::made {

struct Pair {
  std::string_view rule;
  Side actor;
  Place at;  ///< of the breach
  Observation broken;
  Observation kept;                  ///< passes, and the rule has something to look at in it
  std::string_view decided_by = {};  ///< the rule that decides when it is another
};

std::vector<Pair> pairs_rfc5077();
std::vector<Pair> pairs_rfc5246();
std::vector<Pair> pairs_rfc6066();
std::vector<Pair> pairs_rfc7627();
std::vector<Pair> pairs_rfc8446();
std::vector<Pair> pairs_rfc9149();
std::vector<Pair> pairs_protocol();
std::vector<Pair> pairs_endings();
std::vector<Pair> pairs_hellos();
std::vector<Pair> pairs_flights();
std::vector<Pair> pairs_certificates();
std::vector<Pair> pairs_contract();
std::vector<Pair> pairs_witness();
std::vector<Pair> pairs_policy();
std::vector<Pair> pairs_expectations();

}  // namespace ti::made

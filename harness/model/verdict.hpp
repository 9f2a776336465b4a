#pragma once
// Breaches and verdicts: what is said of a cell, and by which rule.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/recording.hpp"

namespace ti {

enum class Outcome : std::uint8_t { pass, fail, unsupported, inconclusive, error };
std::string_view name(Outcome outcome);
std::optional<Outcome> outcome_of(std::string_view name);

/// must: a breach is a `fail`. should: a finding only, unless the scenario asks for it. witness: two witnesses
/// disagree; a `fail`. expect: the scenario's own.
enum class Severity : std::uint8_t { must, should, witness, expect };
std::string_view name(Severity severity);

/// Where in the evidence: connection counted from 1, message index in its transcript.
struct Place {
  std::size_t connection = 0;
  std::optional<std::size_t> message;
};

/// Breach is what one side did against one rule.
struct Breach {
  std::string rule;
  Severity severity = Severity::must;
  Side actor = Side::server;  ///< whose breach it is
  std::string reason;         ///< one sentence with the facts
  Place at;
};

/// Consequence is what followed from the first breach: an alert, a reset, an error in a log.
struct Consequence {
  std::string what;
  Place at;
};

struct Verdict {
  Outcome outcome = Outcome::pass;
  std::optional<Side> fault;  ///< only for fail
  std::string rule;           ///< only for fail
  std::string reason;         ///< empty for pass
  std::optional<Place> at;
  std::vector<Breach> breaches;  ///< all, in wire order; also those that do not decide
  std::vector<Consequence> consequences;
  std::vector<std::string> exercised;  ///< ids of the rules that had something to look at
};

}  // namespace ti

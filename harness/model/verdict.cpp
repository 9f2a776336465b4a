#include "model/verdict.hpp"

#include <array>

namespace ti {

namespace {

constexpr std::array<std::string_view, 5> outcomes = {"pass", "fail", "unsupported", "inconclusive", "error"};
constexpr std::array<std::string_view, 4> severities = {"must", "should", "witness", "expect"};

}  // namespace

std::string_view name(Outcome outcome) { return outcomes[static_cast<std::size_t>(outcome)]; }

std::optional<Outcome> outcome_of(std::string_view name) {
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i] == name) return static_cast<Outcome>(i);
  }
  return std::nullopt;
}

std::string_view name(Severity severity) { return severities[static_cast<std::size_t>(severity)]; }

}  // namespace ti

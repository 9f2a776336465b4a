#include "run/agreement.hpp"

#include <fmt/format.h>

namespace ti {

namespace {

std::string verdict_text(const Verdict& verdict) {
  std::string text(name(verdict.outcome));
  if (verdict.fault) text += fmt::format(" {} {}", name(*verdict.fault), verdict.rule);
  return text;
}

Verdict torn(const std::string& first, const std::string& other) {
  Verdict verdict;
  verdict.outcome = Outcome::error;
  verdict.reason = fmt::format("it does not end the same way each time: {}, and then {}", first, other);
  return verdict;
}

}  // namespace

std::optional<CellResult> Agreement::ended(CellResult cell) {
  const std::string verdict = verdict_text(cell.verdict);
  const auto at = waiting_.try_emplace(cell.id).first;
  Waiting& waiting = at->second;
  if (waiting.ended == 0) waiting.first = std::move(cell);
  const std::string first = verdict_text(waiting.first.verdict);
  if (waiting.other.empty() && verdict != first) waiting.other = verdict;
  if (++waiting.ended < repetitions_) return std::nullopt;
  CellResult result = std::move(waiting.first);
  if (!waiting.other.empty()) result.verdict = torn(first, waiting.other);
  waiting_.erase(at);
  return result;
}

}  // namespace ti

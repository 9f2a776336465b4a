#include "run/agreement.hpp"

#include <fmt/format.h>

namespace ti {

namespace {

std::string verdict_text(const Verdict& verdict) {
  std::string text(name(verdict.outcome));
  if (verdict.fault) text += fmt::format(" {} {}", name(*verdict.fault), verdict.rule);
  return text;
}

Verdict torn(const std::string& first, const std::string& other, const std::string& reason) {
  Verdict verdict;
  verdict.outcome = Outcome::error;
  verdict.reason =
      fmt::format("it does not end the same way each time: {}, and then {}; of the first that did not pass: {}", first,
                  other, reason);
  return verdict;
}

}  // namespace

bool Agreement::prefers(const CellResult& cell) const {
  const auto at = waiting_.find(cell.id);
  if (at == waiting_.end()) return true;
  return at->second.preferred.verdict.outcome == Outcome::pass && cell.verdict.outcome != Outcome::pass;
}

std::optional<CellResult> Agreement::ended(CellResult cell) {
  const std::string verdict = verdict_text(cell.verdict);
  const bool preferred = prefers(cell);
  const auto at = waiting_.try_emplace(cell.id).first;
  Waiting& waiting = at->second;
  if (waiting.ended == 0) waiting.first = verdict;
  if (waiting.other.empty() && verdict != waiting.first) waiting.other = verdict;
  if (preferred) waiting.preferred = std::move(cell);
  if (++waiting.ended < repetitions_) return std::nullopt;
  CellResult result = std::move(waiting.preferred);
  if (!waiting.other.empty()) result.verdict = torn(waiting.first, waiting.other, result.verdict.reason);
  waiting_.erase(at);
  return result;
}

}  // namespace ti

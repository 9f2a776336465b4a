#include "report/agreement.hpp"

#include <fmt/format.h>

namespace ti {

namespace {

std::string verdict_text(const Verdict& verdict) {
  return fmt::format("{} {} {}", name(verdict.outcome), verdict.fault ? name(*verdict.fault) : "", verdict.rule);
}

}  // namespace

void Agreement::pass_on(const CellResult& cell) {
  for (Listener* listener : listeners_) listener->cell_ended(cell);
}

void Agreement::run_started(const Results& facts, std::size_t total, std::size_t done) {
  for (Listener* listener : listeners_) listener->run_started(facts, total, done);
}

void Agreement::cell_ended(const CellResult& cell) {
  if (repetitions_ <= 1 || cell.verdict.outcome == Outcome::unsupported) {
    pass_on(cell);
    return;
  }
  const std::string id = cell.id.text();
  const auto [at, first] = waiting_.try_emplace(id, Waiting{cell, 1, {}});
  Waiting& waiting = at->second;
  if (!first) {
    ++waiting.ended;
    if (waiting.other.empty() && verdict_text(cell.verdict) != verdict_text(waiting.first.verdict))
      waiting.other = verdict_text(cell.verdict);
  }
  if (waiting.ended < repetitions_) return;
  if (!waiting.other.empty()) {
    Verdict torn;
    torn.outcome = Outcome::error;
    torn.reason = fmt::format("it does not end the same way each time: {}, and then {}",
                              verdict_text(waiting.first.verdict), waiting.other);
    waiting.first.verdict = std::move(torn);
  }
  pass_on(waiting.first);
  waiting_.erase(at);
}

void Agreement::run_ended(const RunFacts& run, bool stopped) {
  for (Listener* listener : listeners_) listener->run_ended(run, stopped);
}

}  // namespace ti

#include "report/expected.hpp"

#include <algorithm>
#include <utility>

namespace ti {

namespace {

std::string version_of(const std::map<std::string, Facts>& sides, const std::string& id) {
  const auto facts = sides.find(id);
  if (facts == sides.end()) return {};
  const auto found = facts->second.find("version");
  return found == facts->second.end() ? "" : found->second;
}

/// Whether the wire showed this control's fault: as the verdict, or behind a fault that came before it.
bool shows(const CellResult& cell, const Control& control, Side side) {
  const auto is_its = [&](const Breach& finding) { return finding.actor == side && finding.rule == control.rule; };
  const Verdict& verdict = cell.verdict;
  return verdict.outcome == Outcome::fail &&
         ((verdict.fault == side && verdict.rule == control.rule) || std::ranges::any_of(verdict.breaches, is_its));
}

/// Nothing where the fault had no occasion to show (the other side's fault came before it), or the cell was not judged.
std::optional<Caught> caught(const CellResult& cell, const Control& control, Side side) {
  if (shows(cell, control, side)) return Caught::caught;
  const Outcome outcome = cell.verdict.outcome;
  const std::vector<std::string>& exercised = cell.verdict.exercised;
  const bool occasion = std::ranges::find(exercised, control.occasion) != exercised.end();
  const bool before_its_turn = outcome == Outcome::fail && cell.verdict.fault != side;
  if (!occasion || before_its_turn || (outcome != Outcome::pass && outcome != Outcome::fail)) return std::nullopt;
  return Caught::missed;
}

}  // namespace

Expected::Expected(Expectations expectations, std::vector<Listener*> listeners)
    : expectations_(std::move(expectations)), listeners_(std::move(listeners)) {
  for (KnownIssue& issue : expectations_.issues) known_.push_back({std::move(issue)});
}

void Expected::run_started(const Results& facts, std::size_t total, std::size_t done) {
  facts_ = &facts;
  for (Listener* listener : listeners_) listener->run_started(facts, total, done);
}

bool Expected::speaks(const KnownIssue& issue, const CellId& cell) const {
  const std::string server = version_of(facts_->servers, cell.server);
  const std::string client = version_of(facts_->clients, cell.client);
  if (speaks_of(issue, cell, server, client)) return true;
  const auto like = expectations_.likes.find(cell.client);
  if (like == expectations_.likes.end()) return false;
  return speaks_of(issue, CellId{cell.server, like->second, cell.scenario, cell.tls}, server, client);
}

void Expected::mark_known(CellResult& cell) {
  const Outcome outcome = cell.verdict.outcome;
  if (outcome != Outcome::pass && outcome != Outcome::fail) return;
  bool explained = false;
  for (Known& known : known_) {
    if (!speaks(known.issue, cell.id)) continue;
    ++known.ran;
    if (!explains(known.issue, cell.verdict)) continue;
    ++known.failed;
    if (std::exchange(explained, true)) continue;
    cell.known = true;
    cell.known_link = known.issue.link;
    cell.known_note = known.issue.note;
    cell.expected = Outcome::fail;
  }
}

/// The control's own fault is to be expected of it, and of nobody else.
void Expected::mark_control(CellResult& cell) const {
  const auto mark = [&](const std::map<std::string, Control>& controls, const std::string& id, Side side) {
    const auto control = controls.find(id);
    if (control == controls.end()) return;
    const std::optional<Caught> found = caught(cell, control->second, side);
    if (found && cell.control != Caught::missed) cell.control = found;
    if (found == Caught::caught && cell.verdict.fault == side && cell.verdict.rule == control->second.rule)
      cell.expected = Outcome::fail;
  };
  mark(expectations_.server_controls, cell.id.server, Side::server);
  mark(expectations_.client_controls, cell.id.client, Side::client);
}

void Expected::cell_ended(const CellResult& cell) {
  CellResult marked = cell;
  if (marked.verdict.outcome == Outcome::unsupported) marked.expected = Outcome::unsupported;
  mark_known(marked);
  mark_control(marked);
  if (const auto before = expectations_.baseline.find(cell.id.text()); before != expectations_.baseline.end()) {
    marked.expected = before->second.outcome;
    marked.baseline = before->second;
  }
  count(marked);
  for (Listener* listener : listeners_) listener->cell_ended(marked);
}

void Expected::cell_recalled(const CellResult& cell) {
  CellResult marked = cell;
  mark_known(marked);
  marked.expected = cell.expected;
  count(marked);
  for (Listener* listener : listeners_) listener->cell_recalled(marked);
}

void Expected::run_ended(const RunFacts& run, bool stopped) {
  for (Listener* listener : listeners_) listener->run_ended(run, stopped);
}

void Expected::count(const CellResult& marked) {
  ++counted_;
  if (marked.verdict.outcome == Outcome::unsupported) ++unsupported_;
  if (marked.verdict.outcome == Outcome::error) ++errors_;
  if (is_unexpected(marked)) ++unexpected_;
}

std::vector<KnownIssue> Expected::not_seen_again() const {
  std::vector<KnownIssue> gone;
  for (const Known& known : known_) {
    if (known.ran == 0 || known.failed > 0) continue;
    const auto all =
        std::ranges::count_if(expectations_.matrix, [&](const CellId& cell) { return speaks(known.issue, cell); });
    if (known.ran >= static_cast<std::size_t>(all)) gone.push_back(known.issue);
  }
  return gone;
}

}  // namespace ti

#include "report/expected.hpp"

namespace ti {

namespace {

std::string version_of(const std::map<std::string, Facts>& sides, const std::string& id) {
  const auto facts = sides.find(id);
  if (facts == sides.end()) return {};
  const auto found = facts->second.find("version");
  return found == facts->second.end() ? "" : found->second;
}

}  // namespace

Expected::Expected(std::vector<KnownIssue> issues, std::map<std::string, BaselineVerdict> baseline,
                   std::vector<Listener*> listeners)
    : baseline_(std::move(baseline)), listeners_(std::move(listeners)) {
  for (KnownIssue& issue : issues) known_.push_back({std::move(issue)});
}

void Expected::run_started(const Results& facts, std::size_t total, std::size_t done) {
  facts_ = &facts;
  for (Listener* listener : listeners_) listener->run_started(facts, total, done);
}

void Expected::mark_known(CellResult& cell) {
  const Outcome outcome = cell.verdict.outcome;
  if (outcome != Outcome::pass && outcome != Outcome::fail) return;
  const std::string server = version_of(facts_->servers, cell.id.server);
  const std::string client = version_of(facts_->clients, cell.id.client);
  for (Known& known : known_) {
    if (!speaks_of(known.issue, cell.id, server, client)) continue;
    ++known.ran;
    if (!explains(known.issue, cell.verdict)) continue;
    ++known.failed;
    if (cell.known) continue;
    cell.known = true;
    cell.known_link = known.issue.link;
    cell.expected = Outcome::fail;
  }
}

void Expected::cell_ended(const CellResult& cell) {
  CellResult marked = cell;
  if (marked.verdict.outcome == Outcome::unsupported) marked.expected = Outcome::unsupported;
  mark_known(marked);
  if (const auto before = baseline_.find(cell.id.text()); before != baseline_.end()) {
    marked.expected = before->second.outcome;
    marked.baseline = before->second;
  }
  count(marked);
  for (Listener* listener : listeners_) listener->cell_ended(marked);
}

void Expected::recall(CellResult marked) {
  count(marked);
  mark_known(marked);
}

void Expected::run_ended(const RunFacts& run, bool stopped) {
  for (Listener* listener : listeners_) listener->run_ended(run, stopped);
}

void Expected::count(const CellResult& marked) {
  if (marked.verdict.outcome == Outcome::error) ++errors_;
  if (is_unexpected(marked)) ++unexpected_;
}

std::vector<KnownIssue> Expected::not_seen_again() const {
  std::vector<KnownIssue> gone;
  for (const Known& known : known_)
    if (known.ran > 0 && known.failed == 0) gone.push_back(known.issue);
  return gone;
}

}  // namespace ti

#include "report/console.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/say.hpp"

namespace ti {

namespace {

constexpr std::size_t most_failures = 200;
constexpr std::chrono::milliseconds redraw_every(200);
constexpr std::chrono::milliseconds print_every(5000);

const char* colour_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::pass:
      return "\033[32m";
    case Outcome::fail:
      return "\033[31m";
    case Outcome::error:
      return "\033[35m";
    case Outcome::inconclusive:
      return "\033[33m";
    case Outcome::unsupported:
      return "\033[2m";
  }
  return "";
}

std::size_t count_of(const Totals& totals, Outcome outcome) {
  const auto found = totals.counts.find(outcome);
  return found == totals.counts.end() ? 0 : found->second;
}

/// "12 pass, 1 fail": what there is, in the order that matters.
std::string totals_text(const Totals& totals) {
  std::string text;
  for (const Outcome outcome :
       {Outcome::pass, Outcome::fail, Outcome::error, Outcome::inconclusive, Outcome::unsupported})
    if (const std::size_t n = count_of(totals, outcome))
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", n, name(outcome));
  return text.empty() ? "no cell" : text;
}

/// "fail server rfc5077-3.3-one-ticket", "pass".
std::string words_of(const BaselineVerdict& verdict) {
  std::string words(name(verdict.outcome));
  if (verdict.fault) words += fmt::format(" {}", name(*verdict.fault));
  return verdict.rule.empty() ? words : words + " " + verdict.rule;
}

/// As a person can paste it into a shell.
std::string shell_word(const std::string& arg) {
  return arg.find_first_of(" *?'\"$&;|<>()[]") == std::string::npos ? arg : "'" + arg + "'";
}

}  // namespace

std::string in_words(std::chrono::seconds duration) {
  const auto s = duration.count();
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {} s", s / 60, s % 60);
  return fmt::format("{} h {} min", s / 3600, s % 3600 / 60);
}

std::string failure_line(const CellResult& cell) {
  const Verdict& verdict = cell.verdict;
  std::string line = cell.id.text() + "  ";
  if (verdict.outcome == Outcome::fail)
    line += fmt::format("fail {}  {}", verdict.fault ? name(*verdict.fault) : "?", verdict.rule);
  else
    line += name(verdict.outcome);
  std::string reason = verdict.reason;
  std::replace(reason.begin(), reason.end(), '\n', ' ');
  if (!reason.empty()) line += "  " + reason;
  if (verdict.at) {
    line += fmt::format(" (connection {}", verdict.at->connection);
    if (verdict.at->message) line += fmt::format(", message {}", *verdict.at->message);
    line += ")";
  }
  if (cell.known) line += " [known" + (cell.known_link.empty() ? "" : ": " + cell.known_link) + "]";
  return line;
}

Console::Console(std::FILE* out, std::FILE* progress, Style style, std::string results_path, std::function<Time()> now)
    : out_(out),
      progress_(progress),
      style_(style),
      results_path_(std::move(results_path)),
      now_(std::move(now)),
      started_(now_()),
      shown_(started_) {}

void Console::expect(std::map<std::string, double> costs) {
  to_run_ = std::move(costs);
  for (const auto& [id, cost] : to_run_) cost_left_ += cost;
}

void Console::print_header(const Results& facts, std::size_t total, std::size_t done) const {
  if (total == 0)
    say(out_, "shard {} is empty: there are only {} cells to share out\n", facts.run.shard, facts.run.plan.cells);
  if (total == 0 || style_.quiet) return;
  const std::string shard =
      facts.run.shard.empty() ? "" : fmt::format(" (shard {} of {})", facts.run.shard, facts.run.plan.cells);
  const std::string run = to_run_.size() + done == total ? "" : fmt::format(", {} of them to be run", to_run_.size());
  say(out_, "{} cells{}{}: {} servers, {} clients, {} scenarios, {} clock{}\n", total, shard, run, facts.servers.size(),
      facts.clients.size(), facts.scenarios.size(), facts.run.clock,
      done ? fmt::format("; {} ended before", done) : "");
}

void Console::run_started(const Results& facts, std::size_t total, std::size_t done) {
  compared_ = facts.run.sources.contains("baseline");
  started_ = shown_ = now_();
  print_header(facts, total, done);
  std::fflush(out_);
}

/// What the line of a cell says of the baseline: nothing when there is none, or when it ended as was to be expected.
std::string Console::surprise(const CellResult& cell) const {
  if (!compared_ || !is_unexpected(cell)) return {};
  if (!cell.baseline) return " [unexpected: the baseline lacks it]";
  return fmt::format(" [unexpected: the baseline says {}]", words_of(*cell.baseline));
}

void Console::count(const CellResult& cell) {
  const Outcome outcome = cell.verdict.outcome;
  const std::string surprised = surprise(cell);
  totals_.add(outcome);
  pairs_[cell.id.server][cell.id.client].add(outcome);
  if (cell.known) ++known_;
  if (outcome == Outcome::unsupported) ++unsupported_[cell.verdict.reason];
  if (outcome == Outcome::error && cell.connections.empty()) {
    NotRun& alike = not_run_[cell.verdict.reason];
    if (++alike.cells == 1) alike.line = failure_line(cell) + surprised;
  } else if (!surprised.empty()) {
    failures_.push_back(failure_line(cell) + surprised);
  } else if (outcome != Outcome::pass && outcome != Outcome::unsupported) {
    failures_.push_back(failures_.size() < most_failures ? failure_line(cell) : "");
  }
}

void Console::recall(const CellResult& cell) {
  if (cell.verdict.outcome != Outcome::unsupported) ++before_;
  count(cell);
}

void Console::cell_ended(const CellResult& cell) {
  count(cell);
  if (const auto planned = to_run_.find(cell.id.text()); planned != to_run_.end()) {
    ++ran_;
    cost_left_ -= planned->second;
    cost_done_ += planned->second;
    to_run_.erase(planned);
  }
  tick();
}

std::string Console::progress_line(Time now) const {
  const double seconds = std::chrono::duration<double>(now - started_).count();
  std::string line = fmt::format("{} of {} cells", before_ + ran_, before_ + ran_ + to_run_.size());
  if (cost_done_ > 0 && seconds > 0) {
    const auto left = std::chrono::seconds(std::lround(cost_left_ / cost_done_ * seconds));
    line += fmt::format(", {:.1f}/s, about {} left", static_cast<double>(ran_) / seconds, in_words(left));
  } else {
    line += fmt::format(", none ended yet after {}", in_words(std::chrono::seconds(std::lround(seconds))));
  }
  return line + fmt::format(", {} failed", count_of(totals_, Outcome::fail) + count_of(totals_, Outcome::error));
}

void Console::tick() {
  const Time now = now_();
  if (style_.quiet || to_run_.empty() || now - shown_ < (style_.terminal ? redraw_every : print_every)) return;
  shown_ = now;
  const std::string line = progress_line(now);
  std::fputs((style_.terminal ? "\r\033[K" + line : line + "\n").c_str(), progress_);
  std::fflush(progress_);
}

void Console::print_pairs() const {
  std::size_t width = 0;
  for (const auto& [server, clients] : pairs_)
    for (const auto& [client, totals] : clients) width = std::max(width, client.size());
  for (const auto& [server, clients] : pairs_) {
    say(out_, "\n{}\n", server);
    for (const auto& [client, totals] : clients) {
      const Outcome verdict = PairSummary{server, client, totals}.verdict();
      say(out_, "  {:<{}}  {}{:<12}{}  {}\n", client, width, style_.colour ? colour_of(verdict) : "", name(verdict),
          style_.colour ? "\033[0m" : "", totals_text(totals));
    }
  }
  if (!unsupported_.empty()) say(out_, "\nunsupported:\n");
  for (const auto& [reason, cells] : unsupported_) say(out_, "  {} cells: {}\n", cells, reason);
}

void Console::print_failures() {
  for (const auto& [reason, alike] : not_run_)
    failures_.push_back(alike.cells == 1 ? alike.line : fmt::format("{} cells  error  {}", alike.cells, reason));
  if (failures_.empty()) return;
  std::sort(failures_.begin(), failures_.end(),
            [](const auto& a, const auto& b) { return a.empty() != b.empty() ? b.empty() : a < b; });
  say(out_, "\n");
  for (const std::string& failure : failures_)
    if (!failure.empty()) say(out_, "{}\n", failure);
  if (const auto more = std::count(failures_.begin(), failures_.end(), "")) say(out_, "... and {} more\n", more);
}

void Console::run_ended(const RunFacts&, bool stopped) {
  if (style_.terminal && !style_.quiet) say(progress_, "\r\033[K");
  std::fflush(progress_);
  if (!style_.quiet) print_pairs();
  print_failures();
  const auto took = std::chrono::duration_cast<std::chrono::seconds>(now_() - started_);
  say(out_, "\n{}{} in {}{}; results in {}\n", stopped ? "stopped: " : "", totals_text(totals_), in_words(took),
      known_ ? fmt::format(" ({} known)", known_) : "", results_path_);
  if (stopped) say(out_, "to go on: ticket-interop run --resume {}\n", shell_word(results_path_));
  std::fflush(out_);
}

}  // namespace ti

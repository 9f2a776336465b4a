#include "report/console.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <numeric>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "model/change.hpp"
#include "report/escape.hpp"
#include "report/try_print.hpp"

namespace ti {

namespace {

constexpr std::size_t most_reasons = 2;
constexpr std::size_t most_columns = 4;
constexpr std::size_t most_known = 5;
constexpr std::size_t line_width = 100;
constexpr std::chrono::milliseconds redraw_every(200);
constexpr std::chrono::milliseconds print_first(5000);
constexpr std::chrono::milliseconds print_last(600000);

/// "client GnuTLS, expect-offered: After a renewal the session data still holds the old ticket
/// (reports/KNOWN.md#gnutls)"
std::string in_one_line(const Finding& finding) {
  std::string why;
  for (const auto& [link, note] : finding.links)
    why += (why.empty() ? "" : "; ") + (note.empty() ? link : fmt::format("{} ({})", note, link));
  return fmt::format("{} {}, {}: {}", name(finding.side), finding.subject, finding.rule,
                     why.empty() ? finding.reason : why);
}

}  // namespace

std::string in_words(std::chrono::seconds duration) {
  const auto s = duration.count();
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {} s", s / 60, s % 60);
  return fmt::format("{} h {} min", s / 3600, s % 3600 / 60);
}

bool is_other_version(const std::string& told, const std::string& seen) {
  const std::size_t at = told.find(seen);
  if (at == std::string::npos) return true;
  const std::size_t end = at + seen.size();
  return end < told.size() && std::isalnum(static_cast<unsigned char>(told[end])) != 0;
}

std::string failure_line(const CellResult& cell) {
  const Verdict& verdict = cell.verdict;
  std::string line = cell.id.text() + "  ";
  if (verdict.outcome == Outcome::fail)
    line += fmt::format("fail {}  {}", verdict.fault ? name(*verdict.fault) : "?", verdict.rule);
  else
    line += name(verdict.outcome);
  if (!verdict.reason.empty()) line += "  " + verdict.reason;
  if (verdict.at) {
    line += fmt::format(" (connection {}", verdict.at->connection);
    if (verdict.at->message) line += fmt::format(", message {}", *verdict.at->message);
    line += ")";
  }
  if (cell.known) line += " [known" + (cell.known_link.empty() ? "" : ": " + cell.known_link) + "]";
  return shown(line);
}

Console::Console(std::FILE* out, std::FILE* progress, Style style, std::string results_path, std::function<Time()> now)
    : out_(out),
      progress_(progress),
      style_(style),
      results_path_(std::move(results_path)),
      now_(std::move(now)),
      started_(now_()),
      shown_(started_),
      print_every_(print_first) {}

void Console::expect(std::map<std::string, double> costs) {
  to_run_ = std::move(costs);
  for (const auto& [id, cost] : to_run_) cost_left_ += cost;
}

void Console::print_header(const Results& facts, std::size_t total, std::size_t done) const {
  if (total == 0)
    try_print(out_, "shard {} is empty: there are only {} to share out\n", facts.run.shard,
              counted(facts.run.plan.cells, "cell"));
  if (total == 0 || style_.quiet) return;
  const std::string shard =
      facts.run.shard.empty() ? "" : fmt::format(" (shard {} of {})", facts.run.shard, facts.run.plan.cells);
  const std::string run =
      to_run_.size() + done == total ? "" : fmt::format(", {} of them to be run", in_groups(to_run_.size()));
  try_print(out_, "{}{}{}: {}, {}, {}, {} clock{}\n", counted(total, "cell"), shard, run,
            counted(facts.servers.size(), "server"), counted(facts.clients.size(), "client"),
            counted(facts.scenarios.size(), "scenario"), facts.run.clock,
            done ? fmt::format("; {} ended before", done) : "");
}

void Console::run_started(const Results& facts, std::size_t total, std::size_t done) {
  facts_ = &facts;
  findings_.emplace(facts);
  compared_ = facts.run.sources.contains("baseline");
  started_ = shown_ = now_();
  print_header(facts, total, done);
  std::fflush(out_);
}

/// What the line of an unexpected cell says beside its verdict.
std::string Console::surprise(const CellResult& cell) const {
  if (cell.control == Caught::missed) return " [the control's fault was not found]";
  if (!compared_) return {};
  if (!cell.baseline) return " [unexpected: the baseline lacks it]";
  return fmt::format(" [unexpected: the baseline says {}]", in_words(*cell.baseline));
}

void Console::count_control(const CellResult& cell) { ++(*cell.control == Caught::caught ? caught_ : missed_); }

void Console::count(const CellResult& cell) {
  const Outcome outcome = cell.verdict.outcome;
  const bool unexpected = is_unexpected(cell);
  if (unexpected) ++unexpected_;
  if (cell.control) count_control(cell);
  const bool grouped = findings_ && !findings_->add(cell).empty();
  add_cell(pairs_, cell);
  if (!cell.control || unexpected) totals_.add(outcome);
  const auto add = [](Group& group, auto line) {
    if (++group.cells == 1) group.line = line();
  };
  if (outcome == Outcome::unsupported && !unexpected) {
    add(unsupported_[cell.verdict.reason], [&] { return cell.verdict.reason; });
  } else if (unexpected && outcome == Outcome::error && cell.connections.empty()) {
    add(not_run_[cell.verdict.reason], [&] { return failure_line(cell) + surprise(cell); });
  } else if (unexpected) {
    surprises_.push_back(failure_line(cell) + surprise(cell));
  } else if (cell.known) {
    ++known_;
  } else if (outcome != Outcome::pass && !grouped && !cell.control) {
    add(explained_[cell.verdict.reason], [&] { return fmt::format("{}  {}", name(outcome), cell.verdict.reason); });
  }
}

void Console::cell_recalled(const CellResult& cell) {
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

std::string Console::counts() const {
  std::string text = fmt::format("{} unexpected, {} known", in_groups(unexpected_), in_groups(known_));
  if (caught_ + missed_)
    text += fmt::format(", {} of {} caught", in_groups(caught_), counted(caught_ + missed_, "control"));
  return text;
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
  return line + ", " + counts();
}

void Console::tick() {
  const Time now = now_();
  if (style_.quiet || to_run_.empty() || now - shown_ < (style_.terminal ? redraw_every : print_every_)) return;
  shown_ = now;
  print_every_ = std::min(print_every_ * 2, print_last);
  const std::string line = progress_line(now);
  std::fputs((style_.terminal ? "\r\033[K" + line : line + "\n").c_str(), progress_);
  std::fflush(progress_);
}

void Console::print_unexpected() {
  for (const auto& [reason, alike] : not_run_)
    surprises_.push_back(alike.cells == 1 ? alike.line
                                          : fmt::format("{}  error  {}", counted(alike.cells, "cell"), reason));
  if (surprises_.empty()) return;
  std::sort(surprises_.begin(), surprises_.end());
  try_print(out_, "\nunexpected:\n");
  for (const std::string& line : surprises_) try_print(out_, "{}\n", line);
}

/// What was tested, as it told itself; another version than its manifest's in plain sight.
void Console::print_versions() const {
  if (!facts_) return;
  std::map<std::string, std::string> lines;  // what it says of itself -> whose it is
  for (const auto* sides : {&facts_->servers, &facts_->clients})
    for (const auto& [id, facts] : *sides) {
      const auto version = facts.find("version");
      if (version == facts.end()) continue;
      const auto library = facts.find("library_version");
      const auto seen = facts.find("seen");
      std::string line = version->second;
      if (library != facts.end()) line += " with " + library->second;
      if (const auto file = facts.find("file"); file != facts.end()) line += ", " + file->second;
      if (seen != facts.end() && is_other_version(version->second, seen->second))
        line += fmt::format(" (ANOTHER VERSION than {}, by which its manifest was written)", seen->second);
      std::string& whose = lines[line];
      whose += (whose.empty() ? "" : ", ") + id;
    }
  if (!lines.empty()) try_print(out_, "\ntested:\n");
  for (const auto& [line, whose] : lines) try_print(out_, "  {}: {}\n", shown(line), whose);
}

/// The largest groups, and how many more there are.
void Console::print_groups(const std::map<std::string, Group>& groups, std::size_t most, std::string_view what) const {
  std::vector<Group> sorted;
  for (const auto& [reason, group] : groups) sorted.push_back(group);
  std::ranges::stable_sort(sorted, [](const Group& a, const Group& b) { return a.cells > b.cells; });
  for (std::size_t i = 0; i < std::min(most, sorted.size()); ++i)
    try_print(out_, "  {}: {}\n", counted(sorted[i].cells, "cell"), shown(sorted[i].line));
  if (sorted.size() <= most) return;
  const auto left = std::span(sorted).subspan(most);
  const std::size_t cells = std::transform_reduce(left.begin(), left.end(), std::size_t{0}, std::plus<>(),
                                                  [](const Group& group) { return group.cells; });
  try_print(out_, "  {}: {}\n", counted(cells, "cell"), counted(left.size(), fmt::format("other {}", what)));
}

/// New findings in full, then the known ones and those of the baseline, the largest first: what is known of several
/// servers or front doors by the same words is one line. Controls are no findings.
void Console::print_findings() const {
  if (!findings_) return;
  std::map<std::string, Group> known;
  bool is_first = true;
  for (const Finding& finding : findings_->list()) {
    if (finding.state == FindingState::fresh) {
      if (std::exchange(is_first, false)) try_print(out_, "\nnew findings:\n");
      try_print(out_, "  {}\n", wrapped(shown(in_words(finding)), line_width, 4));
    } else if (finding.state != FindingState::control) {
      Group& group = known[in_one_line(finding)];
      group.line = in_one_line(finding);
      group.cells += finding.cells;
    }
  }
  if (!known.empty()) try_print(out_, "\nknown findings:\n");
  print_groups(known, most_known, "finding");
}

void Console::run_ended(const RunFacts&, bool stopped) {
  if (style_.terminal && !style_.quiet) try_print(progress_, "\r\033[K");
  std::fflush(progress_);
  print_unexpected();
  if (!style_.quiet) {
    print_versions();
    const std::string table = pair_table(pairs_, most_columns, style_.colour);
    if (!table.empty()) try_print(out_, "\n{}", table);
    if (!unsupported_.empty())
      try_print(
          out_,
          "\nunsupported, as servers and clients differ in what they can do (`ticket-interop doctor` tells what is "
          "not built):\n");
    print_groups(unsupported_, most_reasons, "reason");
    if (!explained_.empty()) try_print(out_, "\nnot passed, as the baseline says:\n");
    print_groups(explained_, explained_.size(), "reason");
    print_findings();
  }
  const auto took = std::chrono::duration_cast<std::chrono::seconds>(now_() - started_);
  try_print(out_, "\n{}{}: {} in {}; results in {}\n", stopped ? "stopped: " : "", counts(), totals_text(totals_),
            in_words(took), results_path_);
  if (stopped) try_print(out_, "to go on: ticket-interop run --resume {}\n", pasteable({results_path_}));
  std::fflush(out_);
}

}  // namespace ti

#include "report/console.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ti {

namespace {

constexpr std::size_t most_failures = 200;
constexpr auto redraw_every = std::chrono::milliseconds(200);
constexpr auto print_every = std::chrono::seconds(5);

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

std::size_t count(const Totals& totals, Outcome outcome) {
  const auto found = totals.counts.find(outcome);
  return found == totals.counts.end() ? 0 : found->second;
}

/// "12 pass, 1 fail": what there is, in the order that matters.
std::string totals_text(const Totals& totals) {
  std::string text;
  for (const Outcome outcome :
       {Outcome::pass, Outcome::fail, Outcome::error, Outcome::inconclusive, Outcome::unsupported})
    if (const std::size_t n = count(totals, outcome))
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", n, name(outcome));
  return text.empty() ? "no cell" : text;
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
    line += fmt::format("fail {}  {}  ", verdict.fault ? name(*verdict.fault) : "?", verdict.rule);
  else
    line += fmt::format("{}  ", name(verdict.outcome));
  std::string reason = verdict.reason;
  std::replace(reason.begin(), reason.end(), '\n', ' ');
  line += reason;
  if (verdict.at) {
    line += fmt::format(" (connection {}", verdict.at->connection);
    if (verdict.at->message) line += fmt::format(", message {}", *verdict.at->message);
    line += ")";
  }
  if (cell.known) line += " [known" + (cell.known_link.empty() ? "" : ": " + cell.known_link) + "]";
  return line;
}

Console::Console(std::FILE* out, std::FILE* progress, Style style, std::string results_path)
    : out_(out), progress_(progress), style_(style), results_path_(std::move(results_path)) {}

void Console::run_started(const Results& facts, std::size_t total, std::size_t done) {
  const std::vector<std::string>& argv = facts.run.argv;
  resume_command_ = "ticket-interop run";
  if (std::find(argv.begin(), argv.end(), "--resume") == argv.end())
    resume_command_ += " --resume " + shell_word(results_path_);
  for (std::size_t i = 1; i < argv.size(); ++i) resume_command_ += " " + shell_word(argv[i]);
  total_ = total;
  ended_ = before_ = done;
  started_ = shown_ = std::chrono::steady_clock::now();
  if (style_.quiet) return;
  fmt::print(out_, "{} cells: {} servers, {} clients, {} scenarios, {} clock{}\n", total, facts.servers.size(),
             facts.clients.size(), facts.scenarios.size(), facts.run.clock,
             done ? fmt::format("; {} ended before", done) : "");
}

void Console::cell_ended(const CellResult& cell) {
  ++ended_;
  totals_.add(cell.verdict.outcome);
  pairs_[cell.id.server][cell.id.client].add(cell.verdict.outcome);
  if (cell.known) ++known_;
  if (cell.verdict.outcome == Outcome::unsupported)
    ++unsupported_[cell.verdict.reason];
  else if (cell.verdict.outcome != Outcome::pass)
    failures_.push_back(failures_.size() < most_failures ? failure_line(cell) : "");
  show_progress(false);
}

void Console::show_progress(bool last) {
  if (style_.quiet) return;
  const auto now = std::chrono::steady_clock::now();
  if (!last &&
      now - shown_ < (style_.terminal ? std::chrono::nanoseconds(redraw_every) : std::chrono::nanoseconds(print_every)))
    return;
  shown_ = now;
  if (last) {
    if (style_.terminal) fmt::print(progress_, "\r\033[K");
    return;
  }
  const double seconds = std::chrono::duration<double>(now - started_).count();
  const double rate = static_cast<double>(ended_ - before_) / seconds;
  const auto left =
      std::chrono::seconds(static_cast<long>(static_cast<double>(total_ - ended_) / std::max(rate, 1e-3)));
  const std::string line = fmt::format("{} of {} cells, {:.1f}/s, {} left, {} failed", ended_, total_, rate,
                                       in_words(left), count(totals_, Outcome::fail) + count(totals_, Outcome::error));
  std::fputs((style_.terminal ? "\r\033[K" + line : line + "\n").c_str(), progress_);
  std::fflush(progress_);
}

void Console::run_ended(const RunFacts&, bool stopped) {
  show_progress(true);
  if (!style_.quiet) {
    std::size_t width = 0;
    for (const auto& [server, clients] : pairs_)
      for (const auto& [client, totals] : clients) width = std::max(width, client.size());
    for (const auto& [server, clients] : pairs_) {
      fmt::print(out_, "\n{}\n", server);
      for (const auto& [client, totals] : clients) {
        const Outcome verdict = PairSummary{server, client, totals}.verdict();
        fmt::print(out_, "  {:<{}}  {}{:<12}{}  {}\n", client, width, style_.colour ? colour_of(verdict) : "",
                   name(verdict), style_.colour ? "\033[0m" : "", totals_text(totals));
      }
    }
  }
  if (!unsupported_.empty() && !style_.quiet) {
    fmt::print(out_, "\nunsupported:\n");
    for (const auto& [reason, cells] : unsupported_) fmt::print(out_, "  {} cells: {}\n", cells, reason);
  }
  if (!failures_.empty()) {
    std::sort(failures_.begin(), failures_.end(),
              [](const auto& a, const auto& b) { return a.empty() != b.empty() ? b.empty() : a < b; });
    fmt::print(out_, "\n");
    for (const std::string& failure : failures_)
      if (!failure.empty()) fmt::print(out_, "{}\n", failure);
    if (failures_.size() > most_failures) fmt::print(out_, "... and {} more\n", failures_.size() - most_failures);
  }
  const auto took = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_);
  fmt::print(out_, "\n{}{} in {}{}; results in {}\n", stopped ? "stopped: " : "", totals_text(totals_), in_words(took),
             known_ ? fmt::format(" ({} known)", known_) : "", results_path_);
  if (stopped) fmt::print(out_, "to go on: {}\n", resume_command_);
  std::fflush(out_);
}

}  // namespace ti

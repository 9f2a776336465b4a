#include "report/trend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "model/findings.hpp"
#include "model/json_writer.hpp"
#include "report/counts.hpp"
#include "report/escape.hpp"

namespace ti {

namespace {

constexpr char absent = '-';
constexpr std::size_t most_cells = 30;  ///< that changed, in the text; JSON has all

/// p(ass), f(ail), u(nsupported), i(nconclusive), e(rror).
char letter_of(Outcome outcome) { return name(outcome)[0]; }

/// "seen in runs 2 to 5 of 7, last with 12 cells".
std::string course_text(const std::vector<std::size_t>& cells) {
  const auto seen = [](std::size_t count) { return count > 0; };
  const auto first = std::ranges::find_if(cells, seen) - cells.begin();
  std::size_t last = 0, runs = 0;
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (cells[i] > 0) {
      last = i;
      ++runs;
    }
  const std::string went = last + 1 < cells.size() ? fmt::format("gone since run {}", last + 2) : "still there";
  const std::string came = first == 0 ? "there from run 1" : fmt::format("came in run {}", first + 1);
  return fmt::format("{}, {}; in {} of {} runs, last with {}", came, went, runs, cells.size(),
                     counted(cells[last], "cell"));
}

}  // namespace

std::size_t changes_in(const std::string& steps) {
  std::size_t changes = 0;
  char before = absent;
  for (const char step : steps) {
    if (step == absent) continue;
    if (before != absent && step != before) ++changes;
    before = step;
  }
  return changes;
}

void Trend::add(const Results& results) {
  const std::size_t number = runs_.size();
  Run run{results.run.id, results.run.started, results.run.version, results.cells.size(), 0, 0};
  std::map<std::string, std::size_t> seen;
  for (const CellResult& cell : results.cells) {
    Steps& steps = cells_[cell.id.text()];
    steps.resize(number, absent);
    steps += letter_of(cell.verdict.outcome);
    if (!cell.finding.empty()) ++seen[cell.finding];
    if (is_unexpected(cell))
      ++run.unexpected;
    else if (cell.known)
      ++run.known;
  }
  runs_.push_back(std::move(run));
  for (auto& [id, steps] : cells_) steps.resize(runs_.size(), absent);
  for (const Finding& finding : results.findings) findings_[finding.id].latest = finding;
  for (auto& [id, course] : findings_) {
    course.cells.resize(number, 0);
    course.cells.push_back(seen.contains(id) ? seen.at(id) : 0);
  }
}

std::string Trend::text() const {
  std::string text;
  std::size_t number = 0;
  for (const Run& run : runs_)
    text += fmt::format("run {}: {} {}: {}, {} unexpected, {} known\n", ++number, run.started, run.id,
                        counted(run.cells, "cell"), in_groups(run.unexpected), in_groups(run.known));
  if (!findings_.empty()) text += "\nfindings:\n";
  for (const auto& [id, course] : findings_)
    text += fmt::format("  {} {}, {}: {} ({})\n", name(course.latest.side), course.latest.subject, course.latest.rule,
                        course_text(course.cells), id);
  std::vector<std::pair<std::size_t, std::string>> unsteady;
  for (const auto& [id, steps] : cells_)
    if (const std::size_t changes = changes_in(steps)) unsteady.emplace_back(changes, id);
  std::ranges::sort(
      unsteady, [](const auto& a, const auto& b) { return std::tie(b.first, a.second) < std::tie(a.first, b.second); });
  text += fmt::format("\n{} of {} ended always the same\n", in_groups(cells_.size() - unsteady.size()),
                      counted(cells_.size(), "cell"));
  for (std::size_t i = 0; i < std::min(unsteady.size(), most_cells); ++i)
    text += fmt::format("  {}  {} ({})\n", cells_.at(unsteady[i].second), unsteady[i].second,
                        counted(unsteady[i].first, "change"));
  if (unsteady.size() > most_cells) text += fmt::format("  and {} more\n", unsteady.size() - most_cells);
  std::string safe;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    safe += shown(text.substr(at, end - at)) + '\n';
    at = end + 1;
  }
  return safe;
}

std::string Trend::json() const {
  JsonWriter json;
  json.begin_object().field("schema", "ticket-interop/trend/1").key("runs").begin_array();
  for (const Run& run : runs_) {
    json.new_line().begin_object().field("id", run.id).field("started", run.started).field("version", run.version);
    json.field("cells", run.cells).field("unexpected", run.unexpected).field("known", run.known).end_object();
  }
  json.end_array().new_line().key("findings").begin_array();
  for (const auto& [id, course] : findings_) {
    json.new_line().begin_object().field("id", id).field("side", name(course.latest.side));
    json.field("subject", course.latest.subject).field("rule", course.latest.rule).key("cells").begin_array();
    for (const std::size_t count : course.cells) json.value(count);
    json.end_array().field("text", in_words(course.latest)).end_object();
  }
  json.end_array().new_line().key("cells").begin_array();
  for (const auto& [id, steps] : cells_) {
    json.new_line().begin_object().field("id", id).field("verdicts", steps);
    json.field("changes", changes_in(steps)).end_object();
  }
  json.end_array().end_object();
  return json.take() + '\n';
}

}  // namespace ti

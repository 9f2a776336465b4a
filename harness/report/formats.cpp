#include "report/formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "report/counts.hpp"

namespace ti {

namespace {

constexpr std::array table{
    Format{"html", "a page: index.html in a folder (default: that of the results)", nullptr},
    Format{"junit", "JUnit XML, as GitLab and Jenkins read it", junit},
    Format{"tap", "TAP 14", tap},
    Format{"markdown", "for a step summary or a comment, below 1 MiB", markdown},
    Format{"csv", "RFC 4180, a row for each cell", csv},
    Format{"sarif", "SARIF 2.1.0, a result for each finding", sarif},
    Format{"annotations", "lines by which a step of GitHub Actions marks new findings", annotations},
};

std::string links_of(const CellResult& cell, const Finding* finding) {
  if (!finding) return cell.known_link;
  const auto found = finding->links.find(cell.known_link);
  const std::string note = found == finding->links.end() ? "" : found->second;
  return note.empty() ? cell.known_link : fmt::format("{} ({})", note, cell.known_link);
}

}  // namespace

std::span<const Format> formats() { return table; }

const Format* find_format(std::string_view name) {
  const auto found = std::ranges::find(table, name, &Format::name);
  return found == table.end() ? nullptr : found;
}

ReportStatus report_status(const CellResult& cell) {
  const Outcome outcome = cell.verdict.outcome;
  if (outcome == Outcome::error || (outcome == Outcome::inconclusive && is_unexpected(cell)))
    return ReportStatus::broken;
  if (is_unexpected(cell)) return ReportStatus::failed;
  if (outcome == Outcome::unsupported) return ReportStatus::skipped;
  if (outcome == Outcome::pass || (cell.control && !cell.known)) return ReportStatus::passed;
  return ReportStatus::known;
}

std::string why(const CellResult& cell, const Finding* finding) {
  const Verdict& verdict = cell.verdict;
  std::string text = verdict.reason;
  if (cell.control == Caught::missed) text = "the control's fault was not found";
  if (text.empty()) text = fmt::format("{} where {} was to be expected", name(verdict.outcome), name(cell.expected));
  if (report_status(cell) != ReportStatus::known) return text;
  return (cell.known ? "known: " + links_of(cell, finding) : std::string("as the baseline has it")) + ": " + text;
}

std::vector<Grouped> grouped(const Results& results) {
  std::vector<Grouped> groups;
  for (const Finding& finding : results.findings) groups.push_back({&finding, {}});
  groups.push_back({nullptr, {}});
  for (const CellResult& cell : results.cells) {
    const auto is_its = [&](const Grouped& group) { return group.finding && group.finding->id == cell.finding; };
    const auto found = cell.finding.empty() ? groups.end() : std::ranges::find_if(groups, is_its);
    (found == groups.end() ? groups.back() : *found).cells.push_back(&cell);
  }
  return groups;
}

std::string totals_line(const Results& results) {
  const auto unexpected = std::ranges::count_if(results.cells, is_unexpected);
  const auto known =
      std::ranges::count_if(results.cells, [](const CellResult& cell) { return cell.known && !is_unexpected(cell); });
  return fmt::format("{} unexpected, {} known: {}", in_groups(static_cast<std::size_t>(unexpected)),
                     in_groups(static_cast<std::size_t>(known)), totals_text(totals_of(results.cells)));
}

}  // namespace ti

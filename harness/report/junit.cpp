#include <fmt/format.h>

#include <algorithm>

#include "model/findings.hpp"
#include "report/console.hpp"
#include "report/escape.hpp"
#include "report/formats.hpp"

namespace ti {

namespace {

struct Suite {
  std::string name;
  std::string about;  ///< for a person; may be empty
  const Finding* finding;
  std::vector<const CellResult*> cells;
};

/// A suite for each finding, then one for each pair.
std::vector<Suite> suites_of(const Results& results) {
  std::vector<Suite> suites;
  for (Grouped& group : grouped(results)) {
    if (group.finding) {
      const Finding& finding = *group.finding;
      suites.push_back({finding.id, in_words(finding), &finding, std::move(group.cells)});
      continue;
    }
    for (const CellResult* cell : group.cells) {
      const std::string pair = cell->id.server + '/' + cell->id.client;
      if (suites.empty() || suites.back().name != pair) suites.push_back({pair, "", nullptr, {}});
      suites.back().cells.push_back(cell);
    }
  }
  return suites;
}

std::size_t count(const std::vector<const CellResult*>& cells, std::initializer_list<ReportStatus> standings) {
  return static_cast<std::size_t>(std::ranges::count_if(cells, [&](const CellResult* cell) {
    return std::ranges::find(standings, report_status(*cell)) != standings.end();
  }));
}

std::string counts_text(const std::vector<const CellResult*>& cells) {
  double milliseconds = 0;
  for (const CellResult* cell : cells) milliseconds += cell->duration_ms;
  return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\"", cells.size(),
                     count(cells, {ReportStatus::failed}), count(cells, {ReportStatus::broken}),
                     count(cells, {ReportStatus::known, ReportStatus::skipped}), milliseconds / 1000);
}

/// What stands within the test case; nothing for one that passed.
std::string outcome_element(const CellResult& cell, const Finding* finding) {
  const std::string reason = xml_text(why(cell, finding));
  const ReportStatus status = report_status(cell);
  if (status == ReportStatus::known || status == ReportStatus::skipped)
    return fmt::format("      <skipped message=\"{}\"/>\n", reason);
  if (status == ReportStatus::passed) return {};
  const char* element = status == ReportStatus::failed ? "failure" : "error";
  const std::string type = cell.verdict.rule.empty() ? std::string(name(cell.verdict.outcome)) : cell.verdict.rule;
  const std::string about = finding ? in_words(*finding) + "\n" : "";
  return fmt::format("      <{} type=\"{}\" message=\"{}\">{}{}</{}>\n", element, xml_text(type), reason,
                     xml_text(failure_line(cell)), about.empty() ? "" : "\n" + xml_text(about), element);
}

std::string test_case(const CellResult& cell, const Suite& suite) {
  const std::string head = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"",
                                       xml_text(suite.name), xml_text(cell.id.text()), cell.duration_ms / 1000);
  const std::string body = outcome_element(cell, suite.finding);
  return body.empty() ? head + "/>\n" : head + ">\n" + body + "    </testcase>\n";
}

}  // namespace

std::string junit(const Results& results) {
  std::vector<const CellResult*> all;
  for (const CellResult& cell : results.cells) all.push_back(&cell);
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"ticket-interop\" {}>\n", counts_text(all));
  for (const Suite& suite : suites_of(results)) {
    text += fmt::format("  <testsuite name=\"{}\" timestamp=\"{}\" {}>\n", xml_text(suite.name),
                        xml_text(results.run.started), counts_text(suite.cells));
    for (const CellResult* cell : suite.cells) text += test_case(*cell, suite);
    if (!suite.about.empty()) text += "    <system-out>" + xml_text(suite.about) + "</system-out>\n";
    text += "  </testsuite>\n";
  }
  return text + "</testsuites>\n";
}

}  // namespace ti

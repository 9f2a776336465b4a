#include <fmt/format.h>

#include <array>

#include "model/findings.hpp"
#include "model/json_writer.hpp"
#include "report/escape.hpp"
#include "report/formats.hpp"

namespace ti {

namespace {

/// Text that holds no directive: TAP escapes # and the backslash by a backslash.
std::string tap_text(std::string_view text) {
  std::string safe;
  for (const char c : shown(text)) {
    if (c == '#' || c == '\\') safe += '\\';
    safe += c;
  }
  return safe;
}

/// A diagnostic of YAML, whose strings are written as those of JSON.
std::string diagnostic(const CellResult& cell, const Finding* finding) {
  JsonWriter reason, verdict, found;
  reason.value(shown(why(cell, finding)));
  verdict.value(name(cell.verdict.outcome));
  found.value_or_null(cell.finding);
  return fmt::format("  ---\n  message: {}\n  verdict: {}\n  finding: {}\n  ...\n", reason.take(), verdict.take(),
                     found.take());
}

std::string point(const CellResult& cell, const Finding* finding, std::size_t number) {
  const ReportStatus status = report_status(cell);
  const bool well = status == ReportStatus::passed || status == ReportStatus::skipped;
  std::string text = fmt::format("{} {} - {}", well ? "ok" : "not ok", number, tap_text(cell.id.text()));
  if (status == ReportStatus::known) text += " # TODO " + tap_text(why(cell, finding));
  if (status == ReportStatus::skipped) text += " # SKIP " + tap_text(why(cell, finding));
  text += '\n';
  return status == ReportStatus::failed || status == ReportStatus::broken ? text + diagnostic(cell, finding) : text;
}

}  // namespace

std::string tap(const Results& results) {
  std::string text = fmt::format("TAP version 14\n1..{}\n", results.cells.size());
  text += "# " + shown(totals_line(results)) + '\n';
  std::size_t number = 0;
  for (const Grouped& group : grouped(results)) {
    if (group.finding)
      text += fmt::format("# {} finding {}: {}\n", name(group.finding->state), group.finding->id,
                          shown(in_words(*group.finding)));
    for (const CellResult* cell : group.cells) text += point(*cell, group.finding, ++number);
  }
  return text;
}

}  // namespace ti

#include <fmt/format.h>

#include "model/findings.hpp"
#include "report/escape.hpp"
#include "report/formats.hpp"

namespace ti {

namespace {

/// GitHub shows so many of a kind for each step, and no more.
constexpr std::size_t most = 10;

/// A value of a workflow command; `property`: one before the double colon.
std::string value(std::string_view text, bool property) {
  std::string safe;
  for (const char c : shown(text)) {
    const bool special = c == '%' || (property && (c == ':' || c == ','));
    safe += special ? fmt::format("%{:02X}", static_cast<int>(c)) : std::string(1, c);
  }
  return safe;
}

std::string annotation(std::string_view kind, std::string_view title, std::string_view text) {
  return fmt::format("::{} title={}::{}\n", kind, value(title, true), value(text, false));
}

}  // namespace

std::string annotations(const Results& results) {
  std::string text;
  std::size_t told = 0;
  for (const Finding& finding : results.findings) {
    if (finding.state != FindingState::fresh || ++told > most) continue;
    text += annotation("error", fmt::format("{} {}, {}", name(finding.side), finding.subject, finding.rule),
                       in_words(finding));
  }
  told = 0;
  for (const CellResult& cell : results.cells)
    if (report_status(cell) == ReportStatus::broken && ++told <= most)
      text += annotation("warning", cell.id.text(), why(cell, nullptr));
  return text + annotation("notice", "ticket-interop", totals_line(results));
}

}  // namespace ti

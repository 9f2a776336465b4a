#pragma once
// Results in the formats of others. Each is one function in a file of its own and one row in the table of formats.cpp;
// all begin with the findings.
#include <span>
#include <string>
#include <string_view>

#include "model/results.hpp"

namespace ti {

struct Format {
  std::string_view name;
  std::string_view summary;
  std::string (*write)(const Results& results);  ///< nullptr: a page, which is a folder (report/page.hpp)
};

std::span<const Format> formats();
/// nullptr if there is none of that name.
const Format* find_format(std::string_view name);

/// As GitLab and Jenkins read it: a suite for each finding, then one for each pair. Known failures are skipped, with
/// the reason.
std::string junit(const Results& results);
/// TAP 14: a point for each cell, known failures as TODO.
std::string tap(const Results& results);
/// A summary for people, below a mebibyte however large the run.
std::string markdown(const Results& results);
/// RFC 4180: a row for each cell, those of findings first.
std::string csv(const Results& results);
/// SARIF 2.1.0: a result for each finding, known ones suppressed.
std::string sarif(const Results& results);
/// GitHub's workflow commands: an error for each new finding, a warning for what was not judged, a notice of the
/// totals.
std::string annotations(const Results& results);

/// What a cell comes to for whoever counts failures.
enum class ReportStatus : std::uint8_t { passed, failed, known, skipped, broken };

/// failed: unexpected; known: a failure that was to be expected; skipped: unsupported, as was to be expected; broken:
/// not judged; passed: all else, controls that were caught included.
ReportStatus report_status(const CellResult& cell);

/// Why the cell stands as it does, in a sentence: its reason, and why that was or was not to be expected.
std::string why(const CellResult& cell, const Finding* finding);

/// The findings in their order, each with its cells, and behind them what is of no finding, in order of id.
struct Grouped {
  const Finding* finding;  ///< nullptr for the rest
  std::vector<const CellResult*> cells;
};
std::vector<Grouped> grouped(const Results& results);

/// "0 unexpected, 2,511 known: 4284 pass, ...".
std::string totals_line(const Results& results);

}  // namespace ti

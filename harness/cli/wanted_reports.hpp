#pragma once
// Reports that a run or merge is to leave beside its results: `--report junit=FILE`.
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "report/formats.hpp"

namespace ti {

/// A format by its name. Throws UsageError when there is none.
const Format& format_named(const std::string& typed);

void add_report_option(CLI::App& app, std::vector<std::string>& reports);

struct WantedReport {
  const Format* format;
  std::string file;
};

/// What was typed, before anything is run. Throws UsageError for what is no FORMAT=FILE.
std::vector<WantedReport> wanted_reports(const std::vector<std::string>& reports);

/// Writes them from the results in a folder.
void write_reports(const std::vector<WantedReport>& wanted, const std::string& folder);

}  // namespace ti

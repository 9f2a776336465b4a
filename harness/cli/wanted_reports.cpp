#include "cli/wanted_reports.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/stored_results.hpp"

namespace ti {

const Format& format_named(const std::string& typed) {
  if (const Format* format = find_format(typed)) return *format;
  std::vector<std::string> names;
  for (const Format& format : formats()) names.emplace_back(format.name);
  throw UsageError(
      fmt::format("there is no format \"{}\";{} one of {}", typed, did_you_mean(typed, names), fmt::join(names, ", ")));
}

void add_report_option(CLI::App& app, std::vector<std::string>& reports) {
  app.add_option("--report", reports,
                 "also write the results as html, junit, tap, markdown, csv, sarif or annotations; may be repeated")
      ->type_name("FORMAT=FILE")
      ->expected(1)
      ->take_all();
}

std::vector<WantedReport> wanted_reports(const std::vector<std::string>& reports) {
  std::vector<WantedReport> wanted;
  for (const std::string& report : reports) {
    const std::size_t at = report.find('=');
    if (at == std::string::npos || at + 1 == report.size())
      throw UsageError("--report " + report + ": want FORMAT=FILE, such as junit=report.xml");
    wanted.push_back({&format_named(report.substr(0, at)), report.substr(at + 1)});
  }
  return wanted;
}

void write_reports(const std::vector<WantedReport>& wanted, const std::string& folder) {
  if (wanted.empty()) return;
  const Results results = load_stored(folder);
  for (const auto& [format, file] : wanted) write_as(*format, results, folder, file);
}

}  // namespace ti

// trend: many runs side by side.
#include <algorithm>

#include "cli/command.hpp"
#include "cli/stored_results.hpp"
#include "report/trend.hpp"

namespace ti {

Action make_trend(CLI::App& app) {
  struct Options {
    std::vector<std::string> folders;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  app.add_option("results", options->folders, "results of runs, in whatever order: they are put in order of time")
      ->required()
      ->type_name("DIR");
  app.add_flag("--json", options->json, "all of it as JSON (reports/trend.schema.json)");
  return [options](const Invocation&) {
    std::vector<std::pair<std::string, std::string>> ordered;  // when it started -> where it lies
    for (const std::string& folder : options->folders) ordered.emplace_back(load_stored(folder).run.started, folder);
    std::ranges::stable_sort(ordered);
    Trend trend;
    for (const auto& [started, folder] : ordered) trend.add(load_stored(folder));
    write_report(options->json ? trend.json() : trend.text(), "");
    return status::ok;
  };
}

}  // namespace ti

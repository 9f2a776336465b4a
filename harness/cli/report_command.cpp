// report: results in the formats of others.
#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/stored_results.hpp"
#include "cli/wanted_reports.hpp"

namespace ti {

Action make_report(CLI::App& app) {
  struct Options {
    std::string results;
    std::string format;
    std::string out;
  };
  auto options = std::make_shared<Options>();
  std::string footer = "Formats:\n";
  for (const Format& format : formats()) footer += fmt::format("  {:<10} {}\n", format.name, format.summary);
  app.footer(footer);
  app.add_option("results", options->results, "a run's folder or its results.json")->required()->type_name("RESULTS");
  app.add_option("--format,-f", options->format, "one of those below")->required()->type_name("FORMAT");
  app.add_option("--out,-o", options->out, "file to write (default: stdout); folder of a page")->type_name("FILE");
  return [options](const Invocation&) {
    const Format& format = format_named(options->format);
    write_as(format, load_stored(options->results), options->results, options->out);
    return status::ok;
  };
}

}  // namespace ti

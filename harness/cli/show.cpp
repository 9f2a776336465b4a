// show: the message ladder of a cell.
#include <unistd.h>

#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/stored_results.hpp"
#include "report/details.hpp"
#include "report/escape.hpp"
#include "report/ladder.hpp"
#include "report/try_print.hpp"

namespace ti {

namespace {

struct Options {
  std::string results;
  std::string cell;
  bool json = false;
};

int show(const Options& options) {
  const std::vector<CellResult> cells = load_stored(options.results).cells;
  DetailsReader details(folder_of(options.results));
  std::vector<std::string> names;
  bool found = false;
  for (const CellResult& stored : cells) {
    names.push_back(stored.id.text());
    if (!glob_match(options.cell, stored.id.text())) continue;
    const Result<CellResult> whole = details.whole(stored);
    if (!whole) throw UsageError(shown(whole.error().text()));
    const CellResult& cell = *whole;
    if (options.json) try_print(stdout, "{}{}", found ? ",\n" : "[\n", cell_json(cell));
    found = true;
    if (options.json) continue;
    try_print(stdout, "{}\n{}", cell.id.text(), ladder(cell, shows_colour(STDOUT_FILENO)));
    if (cell.evidence)
      try_print(stdout, "  evidence: {} {}\n", shown(cell.evidence->capture), shown(cell.evidence->trace));
    try_print(stdout, "\n");
  }
  if (!found) {
    const std::string guess = did_you_mean(options.cell, names);
    throw UsageError("no cell \"" + options.cell + "\" in " + options.results + "; " +
                     (names.empty()   ? "it holds none"
                      : guess.empty() ? "it holds " + std::to_string(names.size()) + ", such as " + names.front()
                                      : guess.substr(1)));
  }
  if (options.json) try_print(stdout, "\n]\n");
  return status::ok;
}

}  // namespace

Action make_show(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("results", options->results, "a run's folder or its results.json")->required()->type_name("RESULTS");
  app.add_option("cell", options->cell, "server/client/scenario@version; * and ? stand for anything")
      ->required()
      ->type_name("CELL");
  app.add_flag("--json", options->json, "as a JSON array of cells");
  return [options](const Invocation&) { return show(*options); };
}

}  // namespace ti

// show: the message ladder of a cell.
#include <unistd.h>

#include "base/text.hpp"
#include "cli/command.hpp"
#include "report/ladder.hpp"
#include "report/results_file.hpp"
#include "report/say.hpp"

namespace ti {

namespace {

struct Options {
  std::string results;
  std::string cell;
  bool json = false;
};

/// The cells of a results file or folder; of a run that was killed, those in cells.jsonl.
std::vector<CellResult> load(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path) && !std::filesystem::exists(path / "results.json") &&
      std::filesystem::exists(path / "cells.jsonl")) {
    Result<std::vector<CellResult>> cells = load_cells(path / "cells.jsonl");
    if (!cells) throw UsageError(cells.error().text());
    return std::move(*cells);
  }
  Result<Results> results = load_results(path);
  if (!results) throw UsageError(results.error().text());
  return std::move(results->cells);
}

int show(const Options& options) {
  const std::vector<CellResult> cells = load(options.results);
  std::vector<std::string> names;
  bool found = false;
  for (const CellResult& cell : cells) {
    names.push_back(cell.id.text());
    if (!glob_match(options.cell, cell.id.text())) continue;
    if (options.json) say(stdout, "{}{}", found ? ",\n" : "[\n", cell_json(cell));
    found = true;
    if (options.json) continue;
    say(stdout, "{}\n{}", cell.id.text(), ladder(cell, shows_colour(STDOUT_FILENO)));
    if (cell.evidence) say(stdout, "  evidence: {} {}\n", cell.evidence->capture, cell.evidence->trace);
    say(stdout, "\n");
  }
  if (!found) {
    const std::string guess = did_you_mean(options.cell, names);
    throw UsageError("no cell \"" + options.cell + "\" in " + options.results + "; " +
                     (names.empty()   ? "it holds none"
                      : guess.empty() ? "it holds " + std::to_string(names.size()) + ", such as " + names.front()
                                      : guess.substr(1)));
  }
  if (options.json) say(stdout, "\n]\n");
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

// known: the known issues, kept with a command.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.hpp"
#include "cli/catalogue.hpp"
#include "cli/command.hpp"
#include "cli/expectations.hpp"
#include "cli/stored_results.hpp"
#include "model/files.hpp"
#include "report/counts.hpp"
#include "report/escape.hpp"
#include "report/known_check.hpp"
#include "report/try_print.hpp"

namespace ti {

namespace {

struct Options {
  std::string file;
  std::string results;
  std::string cell;
  std::string link;
  std::string note;
  bool finding = false;
};

std::string file_of(const Options& options, const Invocation& invocation) {
  return options.file.empty() ? invocation.paths().known_issues().string() : options.file;
}

Results results_of(const Options& options, const Invocation& invocation) {
  return load_stored(options.results.empty() ? (invocation.paths().reports / "latest").string() : options.results);
}

int add(const Options& options, const Invocation& invocation) {
  const Results results = results_of(options, invocation);
  const CellResult& named = cell_named(options.cell, results);
  if (named.verdict.outcome != Outcome::fail)
    throw UsageError(fmt::format("{} did not fail: {}", options.cell, name(named.verdict.outcome)));
  std::vector<const CellResult*> cells{&named};
  if (options.finding)
    for (const CellResult& cell : results.cells)
      if (&cell != &named && cell.finding == named.finding && !cell.known) cells.push_back(&cell);
  if (named.known) throw UsageError(options.cell + " is known already: " + named.known_link);
  const std::vector<std::string> entries = known_entries(cells, results, options.link, options.note);

  const std::string file = file_of(options, invocation);
  const Result<std::string> before = read_file(file);
  if (!before) throw UsageError(before.error().text());
  if (const auto readable = load_known_issues(file); !readable) throw UsageError(readable.error().text());
  write_report(with_entries(*before, entries), file);
  if (const auto after = load_known_issues(file); !after) {
    write_report(*before, file);
    throw std::runtime_error(file + " was left as it was, as it could not be added to: " + after.error().text());
  }
  for (const std::string& entry : entries) try_print(stdout, "{}\n", entry);
  try_print(stdout, "added to {}: {}\n", file, counted(cells.size(), "cell"));
  return status::ok;
}

int check(const Options& options, const Invocation& invocation) {
  const Catalogue catalogue = load_catalogue(invocation.paths());
  const Result<std::vector<KnownIssue>> issues = load_known_issues(file_of(options, invocation));
  if (!issues) throw UsageError(issues.error().text());
  const std::vector<Misfit> found =
      misfits(*issues, results_of(options, invocation), expectations_of(catalogue, false).likes);
  for (const Misfit& misfit : found)
    try_print(stdout, "{}: server {}, client {}, scenario {}, rule {} ({}): {}\n", misfit.kind,
              shown(misfit.issue.server), shown(misfit.issue.client), shown(misfit.issue.scenario),
              shown(misfit.issue.rule), shown(misfit.issue.link), shown(misfit.why));
  try_print(stdout, "{} of {} fit what ran\n", issues->size() - found.size(), counted(issues->size(), "known issue"));
  return found.empty() ? status::ok : status::unexpected;
}

void add_common(CLI::App& app, const std::shared_ptr<Options>& options) {
  app.add_option("--results", options->results, "the run to look at (default: reports/latest)")->type_name("RESULTS");
  app.add_option("--known", options->file, "the known issues (default: reports/known_issues.json)")->type_name("FILE");
}

}  // namespace

Action make_known(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* added = app.add_subcommand("add", "add an entry for a cell that failed");
  added->add_option("cell", options->cell, "server/client/scenario@version")->required()->type_name("CELL");
  added->add_option("--link", options->link, "where the failure is explained or reported")
      ->required()
      ->check(not_empty())
      ->type_name("LINK");
  added->add_option("--note", options->note, "one sentence")->type_name("TEXT");
  added->add_flag("--finding", options->finding, "for all cells of the same finding that are not known");
  add_common(*added, options);
  CLI::App* checked =
      app.add_subcommand("check", "tell which entries a run shows to be stale, too wide, expired or never matched");
  add_common(*checked, options);
  app.require_subcommand(1);
  app.footer(
      "Exit status of check: 0 when all entries fit, 1 when one does not. Look at a whole run: of a part of the\n"
      "matrix, most entries match nothing.");
  return [options, added](const Invocation& invocation) {
    return added->parsed() ? add(*options, invocation) : check(*options, invocation);
  };
}

}  // namespace ti

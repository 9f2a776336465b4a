// history: versions of a library side by side.
#include "report/history.hpp"

#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/stored_results.hpp"
#include "run/matrix.hpp"

namespace ti {

namespace {

struct Options {
  std::vector<std::string> results;
  Filter filter;
  bool json = false;
  bool markdown = false;
};

bool any_matches(const std::vector<std::string>& globs, std::string_view id) {
  return globs.empty() || std::ranges::any_of(globs, [&](const std::string& glob) { return glob_match(glob, id); });
}

/// Leaves the cells that were asked for.
void select(Results& results, const Filter& filter) {
  std::erase_if(results.cells, [&](const CellResult& cell) {
    return !any_matches(filter.servers, cell.id.server) || !any_matches(filter.clients, cell.id.client) ||
           !any_matches(filter.scenarios, cell.id.scenario);
  });
}

int history(const Options& options) {
  History history;
  std::size_t cells = 0;
  for (const std::string& folder : options.results) {
    Results results = load_stored(folder);
    select(results, options.filter);
    cells += results.cells.size();
    history.add(results);
  }
  if (cells == 0) throw UsageError("the filters leave no cell of these results");
  write_report(options.json ? history.json() : options.markdown ? history.markdown() : history.text(), "");
  return status::ok;
}

}  // namespace

Action make_history(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option(
         "results", options->results,
         "results of runs at several versions (`run --client gnutls=PREFIX`, `run_matrix.sh --with debian:SUITE`)")
      ->required()
      ->type_name("DIR");
  const auto globs = [&](const char* option, std::vector<std::string>& where, const char* help) {
    app.add_option(option, where, help)->type_name("GLOB")->expected(1)->take_all();
  };
  globs("--server", options->filter.servers, "only cells of these servers, such as 'openssl*'");
  globs("--client", options->filter.clients, "only cells of these clients");
  globs("--scenario", options->filter.scenarios, "only cells of these scenarios");
  auto* json = app.add_flag("--json", options->json, "all of it as JSON (reports/history.schema.json)");
  app.add_flag("--markdown", options->markdown, "as Markdown tables")->excludes(json);
  return [options](const Invocation&) { return history(*options); };
}

}  // namespace ti

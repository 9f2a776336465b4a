// diff: what changed between two runs, or between two builds.
#include "report/diff.hpp"

#include <future>

#include "cli/command.hpp"
#include "cli/stored_results.hpp"

namespace ti {

namespace {

struct Options {
  std::string before;
  std::string now;
  std::string server;
  std::string client;
  std::string against;
  std::string out;
  bool json = false;
  bool markdown = false;
};

/// The cells of one server or client; a name that none of them bears is an error.
Selection select(const Results& results, const std::string& where, const std::string& server,
                 const std::string& client) {
  const auto has = [](const std::map<std::string, Facts>& sides, const std::string& id) {
    return id.empty() || sides.contains(id);
  };
  if (!has(results.servers, server)) throw UsageError(where + " has no server \"" + server + '"');
  if (!has(results.clients, client)) throw UsageError(where + " has no client \"" + client + '"');
  return {server, client};
}

int diff(const Options& options) {
  const bool builds = !options.server.empty() || !options.client.empty();
  if (builds == options.against.empty()) throw UsageError("--against goes with --client or --server");
  if (!builds && options.now.empty())
    throw UsageError("give two results, or --client or --server with --against to compare builds within one");
  const std::string& later = options.now.empty() ? options.before : options.now;
  const auto load_other = [&] { return options.now.empty() ? Results{} : load_stored(options.now); };
  std::future<Results> loading = std::async(std::launch::async, load_other);
  const Results before = load_stored(options.before);
  const Results other = loading.get();
  const Results& now = options.now.empty() ? before : other;
  const Diff found = compare(
      before, now, select(before, options.before, options.server, options.client),
      select(now, later, options.server.empty() ? "" : options.against, options.client.empty() ? "" : options.against));
  if (found.compared == 0 && found.cells.empty()) throw UsageError("there is no cell to compare");
  write_report(options.json       ? diff_json(found)
               : options.markdown ? diff_markdown(found)
                                  : diff_text(found),
               options.out);
  return found.any_regression() ? status::unexpected : status::ok;
}

}  // namespace

Action make_diff(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("old", options->before, "results of the earlier run")->required()->type_name("OLD");
  app.add_option("new", options->now, "results of the later one")->type_name("NEW");
  auto* server =
      app.add_option("--server", options->server, "only this server, such as openssl=3.0.19")->type_name("ID");
  app.add_option("--client", options->client, "only this client")->type_name("ID")->excludes(server);
  app.add_option("--against", options->against, "the build that it is held against, of NEW or of the same results")
      ->type_name("ID");
  auto* json = app.add_flag("--json", options->json, "all of it as JSON (reports/diff.schema.json)");
  app.add_flag("--markdown", options->markdown, "for a comment, below 1 MiB")->excludes(json);
  app.add_option("--out,-o", options->out, "file to write (default: stdout)")->type_name("FILE");
  app.footer(
      "Exit status: 0 no regression; 1 a new failure, a changed reason, a lost capability or a cell that is no longer\n"
      "judged, unless it is a known issue now; 2 wrong arguments.");
  return [options](const Invocation&) { return diff(*options); };
}

}  // namespace ti

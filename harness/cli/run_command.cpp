// run: the matrix, or a part of it.
#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fstream>

#include "cli/catalogue.hpp"
#include "cli/command.hpp"
#include "cli/dry_run.hpp"
#include "cli/facts.hpp"
#include "cli/shard_from_environment.hpp"
#include "exec/deadline.hpp"
#include "exec/task_group.hpp"
#include "report/agreement.hpp"
#include "report/console.hpp"
#include "report/expected.hpp"
#include "report/results_file.hpp"
#include "run/runner.hpp"

namespace ti {

namespace {

struct Options {
  Filter filter;
  std::string clock = "virtual";
  std::size_t jobs = 0;
  std::string shard;
  std::string out;
  std::string resume;
  std::string keep = "failed";
  std::string baseline;
  std::string known;
  bool quiet = false;
  bool fresh = false;
  bool dry_run = false;
  std::size_t repeat = 1;
  std::size_t deadline_s = 0;
};

std::string run_id() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::tm utc{};
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", ::gmtime_r(&now, &utc));
  return fmt::format("{}-{}", text, ::getpid());
}

std::string now_text() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::tm utc{};
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", ::gmtime_r(&now, &utc));
  return text;
}

Results load(const std::string& path) {
  Result<Results> results = load_results(path);
  if (!results) throw UsageError(results.error().text());
  return std::move(*results);
}

template <class T>
T choice(const std::string& option, const std::string& typed, const std::map<std::string, T>& choices) {
  const auto found = choices.find(typed);
  if (found != choices.end()) return found->second;
  std::string names;
  for (const auto& [name, value] : choices) names += (names.empty() ? "" : ", ") + name;
  throw UsageError(option + " " + typed + ": want one of " + names);
}

/// Points reports/latest at a run's folder.
void link_latest(const std::filesystem::path& reports, const std::filesystem::path& folder) {
  const std::filesystem::path link = reports / "latest";
  const std::filesystem::path made = reports / fmt::format(".latest-{}", ::getpid());
  std::error_code ignored;  // a convenience: that it cannot be made is no reason to fail a run
  std::filesystem::create_directory_symlink(std::filesystem::relative(folder, reports), made, ignored);
  if (!ignored) std::filesystem::rename(made, link, ignored);
}

/// Makes the folder of a run, private to the user. What an earlier run left in it goes, unless it is resumed; what is
/// there and not ours stays as it is.
void make_results_folder(const std::filesystem::path& folder, bool resuming) {
  namespace fs = std::filesystem;
  if (fs::create_directories(folder)) fs::permissions(folder, fs::perms::owner_all);
  if (resuming) return;
  const bool ours = fs::exists(folder / "cells.jsonl");
  if (!ours && fs::exists(folder / "evidence"))
    throw UsageError("--out " + folder.string() +
                     ": there is an evidence folder that no run made; give another folder");
  for (const char* name : {"results.json", "cells.jsonl", "evidence", "credentials"})
    if (ours) fs::remove_all(folder / name);
}

void print_not_seen_again(const Expected& expected) {
  for (const KnownIssue& issue : expected.not_seen_again())
    fmt::print("known issue not seen again: server {}, client {}, scenario {}, rule {} ({})\n", issue.server,
               issue.client, issue.scenario, issue.rule, issue.link);
}

/// Runs the cells until they have ended, or a signal came. Gives whether it was stopped.
bool run_cells(asio::io_context& loop, Runner& runner, LoopWatch& watch, std::vector<PlannedCell> cells,
               std::chrono::seconds deadline) {
  bool stopped = false;
  bool over = false;
  std::exception_ptr error;
  TaskGroup work(loop.get_executor());
  asio::signal_set signals(loop, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code& failed, int) {
    if (failed) return;
    stopped = true;
    work.cancel();
  });
  asio::steady_timer limit(loop);
  if (deadline.count() > 0) {
    limit.expires_after(deadline);
    limit.async_wait([&](const boost::system::error_code& failed) {
      if (failed) return;
      stopped = true;
      work.cancel();
    });
  }
  const auto all = [&]() -> awaitable<void> {
    co_await runner.run(std::move(cells));
    over = true;
  };
  const auto supervise = [&]() -> awaitable<void> {
    try {
      co_await work.join();
    } catch (...) {
      error = std::current_exception();
    }
    signals.cancel();
    limit.cancel();
    watch.stop();
  };
  work.spawn(all());
  TaskGroup supervisor(loop.get_executor());
  supervisor.spawn(supervise());
  loop.run();
  if (error) std::rethrow_exception(error);
  return stopped || !over;
}

int run(const Options& options, const Invocation& invocation) {
  const bool real = choice<bool>("--clock", options.clock, {{"virtual", false}, {"real", true}});
  const Keep keep =
      choice<Keep>("--keep", options.keep, {{"failed", Keep::failed}, {"all", Keep::all}, {"none", Keep::none}});
  const Paths& paths = invocation.paths;
  const Catalogue catalogue = load_catalogue(paths);
  print_errors(catalogue);

  Result<std::vector<PlannedCell>> planned = plan(catalogue, options.filter, real);
  if (!planned) throw UsageError(planned.error().text());
  std::vector<PlannedCell> cells = std::move(*planned);

  Shard shard = shard_from_environment(process_environment());
  if (!options.shard.empty()) {
    const Result<Shard> asked = Shard::parse(options.shard);
    if (!asked) throw UsageError(asked.error().text());
    shard = *asked;
  }
  std::map<std::string, double> cost_ms;
  std::map<std::string, Outcome> baseline;
  if (!options.baseline.empty())
    for (const CellResult& cell : load(options.baseline).cells) {
      baseline[cell.id.text()] = cell.verdict.outcome;
      cost_ms[cell.id.text()] = cell.duration_ms;
    }
  if (shard.count > 1) cells = take_shard(std::move(cells), shard, cost_ms);

  const std::filesystem::path reports = paths.root / "reports";
  const std::string id = run_id();
  if (options.dry_run) {
    print_commands(cells, paths, options.out.empty() ? reports / "dry-run" : std::filesystem::path(options.out));
    return status::ok;
  }

  RunnerSettings settings;
  settings.jobs = options.jobs;
  settings.cost_ms = cost_ms;
  settings.mode.keep_warm = !options.fresh;
  if (!real) {
    const auto libfaketime = find_libfaketime();
    if (!libfaketime)
      throw std::runtime_error(
          "the virtual clock needs libfaketime (apt-get install libfaketime), or use --clock real");
    settings.mode.libfaketime = *libfaketime;
  }

  const std::filesystem::path known_file =
      options.known.empty() ? reports / "known_issues.json" : std::filesystem::path(options.known);
  Result<std::vector<KnownIssue>> known = load_known_issues(known_file);
  if (!known) throw UsageError(known.error().text());

  const bool resuming = !options.resume.empty();
  const std::filesystem::path folder = std::filesystem::absolute(resuming              ? options.resume
                                                                 : options.out.empty() ? (reports / id).string()
                                                                                       : options.out)
                                           .lexically_normal();
  if (resuming && !std::filesystem::exists(folder / "cells.jsonl"))
    throw UsageError("--resume " + folder.string() +
                     ": no cells.jsonl there; give the folder of a run that was stopped");
  make_results_folder(folder, resuming);
  settings.cell = CellSettings{folder, keep};

  Guardian guardian;
  asio::io_context loop(1);
  TempDir private_files(guardian);
  // With evidence goes what its commands need to be repeated.
  const std::filesystem::path credentials = keep == Keep::none ? private_files.path() : folder / "credentials";
  if (std::filesystem::create_directory(credentials))
    std::filesystem::permissions(credentials, std::filesystem::perms::owner_all);
  Site site{loop.get_executor(),
            &guardian,
            make_credentials(credentials),
            paths.servers_build(),
            paths.clients_build(),
            paths.optional_clients_build(),
            {}};
  Results facts = gather_facts(cells, catalogue, site, invocation, settings.mode.libfaketime);
  set_aside_unfit(cells, facts);
  ResultsFile file(folder, resuming);
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const bool colour = ::isatty(STDOUT_FILENO) == 1 && !std::getenv("NO_COLOR");
  const std::string shown = resuming ? options.resume : options.out.empty() ? folder.string() : options.out;
  Console console(stdout, stderr, {terminal, colour, options.quiet}, shown);
  Expected expected(std::move(*known), std::move(baseline), {&file, &console});
  std::size_t done = 0;
  if (resuming) {
    const Result<std::vector<CellResult>> ended = load_cells(folder / "cells.jsonl");
    if (!ended) throw UsageError(ended.error().text());
    std::set<std::string> have;
    for (const CellResult& cell : *ended) {
      have.insert(cell.id.text());
      expected.count(cell);
    }
    done = have.size();
    std::erase_if(cells, [&](const PlannedCell& cell) { return have.contains(cell.id.text()); });
  }

  facts.run.id = id;
  facts.run.started = now_text();
  facts.run.clock = options.clock;
  facts.run.planned = cells.size() + done;
  if (shard.count > 1) facts.run.shard = fmt::format("{}/{}", shard.index, shard.count);

  expected.run_started(facts, cells.size() + done, done);

  settings.repetitions = options.repeat;
  Agreement agreement(settings.repetitions, {&expected});
  Runner runner(site, std::move(settings), {&agreement});
  const std::chrono::seconds deadline(options.deadline_s);
  LoopWatch watch(loop.get_executor());
  site.loop_watch = &watch;
  const bool stopped = run_cells(loop, runner, watch, std::move(cells), deadline);
  facts.run.finished = now_text();
  expected.run_ended(facts.run, stopped);
  if (!stopped) print_not_seen_again(expected);
  if (folder.parent_path() == reports) link_latest(reports, folder);
  if (!catalogue.errors.empty() || stopped || expected.any_error()) return status::error;
  return expected.any_unexpected() ? status::unexpected : status::ok;
}

}  // namespace

Action make_run(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("--server", options->filter.servers, "only servers whose id matches GLOB; may be given again")
      ->type_name("GLOB")
      ->expected(1)
      ->take_all();
  app.add_option("--client", options->filter.clients, "only clients whose id matches")
      ->type_name("GLOB")
      ->expected(1)
      ->take_all();
  app.add_option("--scenario", options->filter.scenarios, "only scenarios whose id matches")
      ->type_name("GLOB")
      ->expected(1)
      ->take_all();
  app.add_option("--tls", options->filter.tls, "only these versions: 1.0, 1.1, 1.2, 1.3")
      ->type_name("V")
      ->expected(1)
      ->take_all();
  app.add_option("--skip", options->filter.skip, "not the cells whose id (server/client/scenario@1.2) matches")
      ->type_name("GLOB")
      ->expected(1)
      ->take_all();
  app.add_option("--clock", options->clock, "virtual: timelines in milliseconds by libfaketime; real: in true seconds")
      ->capture_default_str();
  app.add_option("--jobs,-j", options->jobs, "cells at once (default: by cores, memory and clock)")
      ->check(CLI::Range(1, 10000));
  app.add_option("--shard", options->shard,
                 "the I-th of N even shares (default: from the variables of GitHub Actions, GitLab, Kubernetes, Slurm)")
      ->type_name("I/N");
  app.add_option("--out,-o", options->out, "folder for the results (default: reports/<run-id>)")->type_name("DIR");
  app.add_option("--resume", options->resume, "go on with a run that was stopped: runs the cells that DIR lacks")
      ->type_name("DIR");
  app.add_option("--keep", options->keep, "evidence of which cells: failed, all, none")->capture_default_str();
  app.add_option("--baseline", options->baseline,
                 "results of an earlier run: what differs is unexpected; its durations order the cells")
      ->type_name("RESULTS");
  app.add_option("--known", options->known, "known issues (default: reports/known_issues.json)")->type_name("FILE");
  app.add_option("--deadline", options->deadline_s, "stop the run after so many seconds")
      ->check(CLI::Range(1, 100000000))
      ->type_name("S");
  app.add_option("--repeat", options->repeat, "run each cell so often; it must end the same way each time")
      ->check(CLI::Range(1, 1000000))
      ->type_name("N");
  app.add_flag("--fresh", options->fresh, "new processes for every cell, none kept warm");
  app.add_flag("--dry-run", options->dry_run, "make the files and print the commands of each cell, and run none");
  app.add_flag("--quiet,-q", options->quiet, "only failures and totals");
  return [options](const Invocation& invocation) { return run(*options, invocation); };
}

}  // namespace ti

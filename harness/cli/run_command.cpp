// run: the matrix, or a part of it.
#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <fstream>

#include "cli/builds.hpp"
#include "cli/catalogue.hpp"
#include "cli/command.hpp"
#include "cli/dry_run.hpp"
#include "cli/expectations.hpp"
#include "cli/facts.hpp"
#include "cli/folder_lock.hpp"
#include "cli/interruptible.hpp"
#include "cli/shard_from_environment.hpp"
#include "cli/wanted_reports.hpp"
#include "exec/task_group.hpp"
#include "report/console.hpp"
#include "report/expected.hpp"
#include "report/results_file.hpp"
#include "report/try_print.hpp"
#include "run/runner.hpp"

namespace ti {

namespace {

namespace fs = std::filesystem;

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
  std::string scenarios;
  std::vector<std::string> reports;
  bool quiet = false;
  bool fresh = false;
  bool dry_run = false;
  bool force = false;
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

/// The results of an earlier run that this one is held against; nothing without one.
struct Baseline {
  std::vector<CellId> cells;
  std::map<std::string, BaselineVerdict> verdicts;  ///< by cell id
  std::map<std::string, double> cost_ms;
};

Baseline load_baseline(const std::string& path) {
  Baseline baseline;
  if (path.empty()) return baseline;
  const Result<Results> results = load_results(path);
  if (!results) throw UsageError(results.error().text());
  for (const CellResult& cell : results->cells) {
    baseline.cells.push_back(cell.id);
    baseline.verdicts[cell.id.text()] = BaselineVerdict::of(cell.verdict);
    baseline.cost_ms[cell.id.text()] = cell.duration_ms;
  }
  return baseline;
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
void link_latest(const fs::path& reports, const fs::path& folder) {
  const fs::path link = reports / "latest";
  const fs::path made = reports / fmt::format(".latest-{}", ::getpid());
  std::error_code ignored;  // a convenience: that it cannot be made is no reason to fail a run
  fs::create_directory_symlink(fs::relative(folder, reports), made, ignored);
  if (!ignored) fs::rename(made, link, ignored);
}

/// Makes the folder of a run, private to the user.
void make_results_folder(const fs::path& folder) {
  std::error_code none;
  if (fs::exists(folder, none) && !fs::is_directory(folder, none))
    throw UsageError("--out " + folder.string() + ": this is a file; results go into a folder");
  if (fs::create_directories(folder)) fs::permissions(folder, fs::perms::owner_all);
}

/// What an earlier run left in its folder goes if that is asked for; what is there and not ours stays as it is.
void clear_results_folder(const fs::path& folder, bool force) {
  const bool ours = holds_a_run(folder);
  if (ours && !force)
    throw UsageError("--out " + folder.string() +
                     ": it holds the results of a run; give another folder, or --force to replace them");
  if (!ours && fs::exists(folder / "evidence"))
    throw UsageError("--out " + folder.string() +
                     ": there is an evidence folder that no run made; give another folder");
  for (const char* name : {"run.json", "results.json", "cells.jsonl", "details.zst", "details.index", "details.part",
                           "exercised.json", "scenarios.json", "evidence", "credentials"})
    if (ours) fs::remove_all(folder / name);
}

void print_not_seen_again(const Expected& expected) {
  for (const KnownIssue& issue : expected.not_seen_again())
    try_print(
        stdout,
        "a known issue was not seen again, so it may be solved: server {}, client {}, scenario {}, rule {} ({})\n",
        issue.server, issue.client, issue.scenario, issue.rule, issue.link);
}

/// Tells of cells that only the baseline has: nobody else would miss them.
void print_not_run(std::vector<std::string> gone) {
  constexpr std::size_t most = 5;
  if (gone.empty()) return;
  const std::size_t count = gone.size();
  if (count > most) gone.resize(most);
  try_print(stdout, "{} of the baseline {} not run: {}{}\n", count == 1 ? "1 cell" : fmt::format("{} cells", count),
            count == 1 ? "was" : "were", fmt::join(gone, ", "), count > most ? ", ..." : "");
}

/// Lets the console show how far the run is while no cell ends.
awaitable<void> tick(Console& console) {
  Timer timer(co_await asio::this_coro::executor);
  while (true) {
    timer.expires_after(std::chrono::milliseconds(200));
    co_await timer.async_wait(use_awaitable);
    console.tick();
  }
}

/// The run that is gone on with: what it was asked for, and what it found then.
struct Earlier {
  Options options;
  Results facts;
  std::vector<CellResult> cells;
};

void add_options(CLI::App& app, Options& options);

/// A run that was stopped, its options with those given now over them.
Earlier load_earlier(const fs::path& folder, const std::vector<std::string>& argv) {
  const auto need = [&]<class T>(Result<T> loaded) {
    if (loaded) return std::move(*loaded);
    throw UsageError(fmt::format("--resume {}: {}; give the folder of a run that was stopped", folder.string(),
                                 loaded.error().text()));
  };
  Earlier earlier{{}, need(load_results(folder / "run.json")), need(load_cells(folder))};
  CLI::App app;
  add_options(app, earlier.options);
  for (const std::vector<std::string>& words : {earlier.facts.run.argv, argv}) {
    std::vector<std::string> last_first(words.rbegin(), words.rend());
    last_first.pop_back();  // run
    app.parse(last_first);
  }
  return earlier;
}

/// Refuses what would mix two runs in one folder.
void check_goes_on(const Options& options, const Results& earlier, const Results& now) {
  const auto refuse = [&](const std::string& why) {
    throw UsageError(fmt::format("--resume {}: {}", options.resume, why));
  };
  if (const std::string found = difference(now, earlier); !found.empty())
    refuse("what was run there differs in " + found + " now");
  if (now.run.plan != earlier.run.plan)
    refuse(fmt::format("{} cells were to be run there, {}{} now; without filters it goes on as it began",
                       earlier.run.plan.cells, now.run.plan.cells == earlier.run.plan.cells ? "others, " : "",
                       now.run.plan.cells));
  if (now.run.shard != earlier.run.shard)
    refuse(fmt::format("it is of {}, not of {}", earlier.run.shard.empty() ? "no shard" : "shard " + earlier.run.shard,
                       now.run.shard.empty() ? "no shard" : "shard " + now.run.shard));
}

/// The share that was asked for, else that of the run that is gone on with, else that of the CI engine.
Shard shard_of(const Options& options, const std::optional<Earlier>& earlier) {
  const std::string& text = options.shard.empty() && earlier ? earlier->facts.run.shard : options.shard;
  if (text.empty()) return earlier ? Shard() : shard_from_environment(process_environment());
  const Result<Shard> shard = Shard::parse(text);
  if (!shard) throw UsageError(shard.error().text());
  return *shard;
}

/// What this run is: all but its servers, clients and cells.
RunFacts run_facts(const Options& options, const Invocation& invocation, const Paths& paths,
                   const std::vector<PlannedCell>& cells, const fs::path& known_issues) {
  RunFacts run;
  run.id = run_id();
  run.started = now_text();
  run.clock = options.clock;
  run.version = invocation.version;
  run.argv = with_absolute_places(invocation.argv);
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  run.host = host;
  std::map<std::string, fs::path> sources{{"clients", paths.root / "clients"},
                                          {"known_issues", known_issues},
                                          {"scenarios", paths.scenarios},
                                          {"servers", paths.root / "servers"}};
  if (const fs::path baseline = options.baseline; !baseline.empty())
    sources["baseline"] = fs::is_directory(baseline) ? baseline / "results.json" : baseline;
  run.sources = digests(sources);
  std::set<std::string> ids;
  for (const PlannedCell& cell : cells) ids.insert(cell.id.text());
  run.plan = plan_of(ids);
  return run;
}

/// What the cells that can run are expected to cost, by id.
std::map<std::string, double> costs_of(const std::vector<PlannedCell>& cells,
                                       const std::map<std::string, double>& past) {
  std::map<std::string, double> costs;
  for (const PlannedCell& cell : cells)
    if (cell.unsupported.empty() && cell.broken.empty()) costs[cell.id.text()] = expected_cost(cell, past);
  return costs;
}

/// What somebody asked for by its name must be there: that nothing was tested must not look like success.
void check_named(const Filter& filter, const Catalogue& catalogue) {
  const auto check = [](const std::vector<std::string>& names, const std::map<std::string, std::string>& missing) {
    for (const std::string& name : names)
      if (const auto why = missing.find(name); why != missing.end()) throw std::runtime_error(why->second);
  };
  check(filter.servers, catalogue.server_missing);
  check(filter.clients, catalogue.client_missing);
}

/// Prepared is a run of which nothing has been started yet.
struct Prepared {
  Paths paths;
  bool real_clock;
  Catalogue catalogue = {};
  std::vector<PlannedCell> cells = {};  ///< of this shard
  bool any_runs = false;                ///< of the whole matrix
  std::vector<WantedReport> reports = {};
  std::vector<KnownIssue> known = {};
  Baseline baseline = {};
  std::vector<std::string> gone = {};  ///< cells of the baseline that there are no more
  RunFacts run = {};
  Shard shard = {};
};

Prepared prepare(const Options& options, const Invocation& invocation, const std::optional<Earlier>& earlier,
                 bool real_clock) {
  Prepared made{invocation.paths(), real_clock};
  if (!options.scenarios.empty()) made.paths.scenarios = options.scenarios;
  made.catalogue = load_catalogue(made.paths);
  print_errors(made.catalogue);
  Filter filter = options.filter;
  add_builds(made.catalogue, filter, made.paths);

  Result<std::vector<PlannedCell>> planned = plan(made.catalogue, filter, real_clock);
  if (!planned) throw UsageError(planned.error().text());
  check_named(filter, made.catalogue);
  made.cells = std::move(*planned);
  made.any_runs = std::ranges::any_of(made.cells, [](const PlannedCell& cell) { return cell.unsupported.empty(); });

  made.reports = wanted_reports(options.reports);
  const fs::path known_file = options.known.empty() ? made.paths.known_issues() : fs::path(options.known);
  made.known = read_known_issues(known_file, made.catalogue, !options.scenarios.empty());
  made.baseline = load_baseline(options.baseline);
  made.gone = no_longer_planned(made.baseline.cells, made.catalogue, filter, made.cells);

  made.run = run_facts(options, invocation, made.paths, made.cells, known_file);
  made.shard = shard_of(options, earlier);
  if (made.shard.count > 1) {
    made.run.shard = fmt::format("{}/{}", made.shard.index, made.shard.count);
    made.cells = take_shard(std::move(made.cells), made.shard, made.baseline.cost_ms);
  }
  made.run.planned = made.cells.size();
  return made;
}

int print_dry_run(const Prepared& prepared, const Options& options) {
  const fs::path made = options.out.empty() ? prepared.paths.reports / "dry-run" : fs::path(options.out);
  make_results_folder(made);
  const FolderLock alone(made, "--out");
  print_commands(prepared.cells, prepared.paths, made);
  return status::ok;
}

RunnerSettings runner_settings(const Prepared& prepared, const Options& options) {
  RunnerSettings settings;
  settings.jobs = options.jobs;
  settings.cost_ms = prepared.baseline.cost_ms;
  settings.mode.keep_warm = !options.fresh;
  settings.repetitions = options.repeat;
  if (prepared.real_clock) return settings;
  const auto libfaketime = find_libfaketime();
  if (!libfaketime)
    throw std::runtime_error("the virtual clock needs libfaketime (apt-get install libfaketime), or use --clock real");
  settings.mode.libfaketime = *libfaketime;
  return settings;
}

/// Takes out the cells that ended in an earlier run. Gives how many these were.
std::size_t leave_out_ended(std::vector<PlannedCell>& cells, const Earlier& earlier) {
  std::set<std::string> ended;
  for (const CellResult& cell : earlier.cells) ended.insert(cell.id.text());
  std::erase_if(cells, [&](const PlannedCell& cell) { return ended.contains(cell.id.text()); });
  return ended.size();
}

int status_of(const Prepared& prepared, const Expected& expected, bool stopped) {
  const bool proves_nothing = !prepared.any_runs || (prepared.shard.count == 1 && expected.nothing_ran());
  if (proves_nothing) try_print(stderr, "ticket-interop run: no cell could be run: all of them are unsupported\n");
  if (!prepared.catalogue.errors.empty() || stopped || expected.any_error() || proves_nothing) return status::error;
  return expected.any_unexpected() ? status::unexpected : status::ok;
}

/// Runs what was prepared in the folder of `settings`, which is called `shown`, and gives the exit status.
int carry_out(Prepared& prepared, RunnerSettings settings, const Options& options,
              const std::optional<Earlier>& earlier, const std::string& shown) {
  const fs::path folder = settings.cell.results;
  Guardian guardian;
  asio::io_context loop(1);
  Interruptible interruptible(loop, std::chrono::seconds(options.deadline_s));
  TempDir private_files(guardian);
  // With evidence goes what its commands need to be repeated.
  const fs::path credentials = settings.cell.keep == Keep::none ? private_files.path() : folder / "credentials";
  if (fs::create_directory(credentials)) fs::permissions(credentials, fs::perms::owner_all);
  RunContext context{loop.get_executor(),
                     &guardian,
                     make_credentials(credentials),
                     prepared.paths.servers_build(),
                     prepared.paths.clients_build(),
                     prepared.paths.optional_clients_build(),
                     {}};
  Results facts;
  const auto ask = [&]() -> awaitable<void> {
    Results asked_now = co_await gather_facts(prepared.cells, prepared.catalogue, context, settings.mode.libfaketime);
    facts = std::move(asked_now);
  };
  if (!interruptible.run(ask())) {
    try_print(stdout, "stopped before the first cell, while servers and clients were asked for their versions\n");
    if (earlier) try_print(stdout, "to go on: ticket-interop run --resume {}\n", options.resume);
    return status::error;
  }
  facts.run = prepared.run;
  if (earlier) {
    check_goes_on(options, earlier->facts, facts);
    facts.run = earlier->facts.run;
  }
  set_aside_unfit(prepared.cells, facts);

  ResultsFile file(folder, earlier.has_value());
  std::set<std::string> scenarios;
  for (const auto& [id, scenario] : facts.scenarios) scenarios.insert(id);
  file.define(definitions_of(prepared.paths.scenarios, scenarios));
  Console console(stdout, stderr, {is_screen(STDERR_FILENO), shows_colour(STDOUT_FILENO), options.quiet}, shown);
  Expectations expectations = expectations_of(prepared.catalogue, prepared.real_clock);
  expectations.issues = std::move(prepared.known);
  expectations.baseline = std::move(prepared.baseline.verdicts);
  Expected expected(std::move(expectations), {&file, &console});
  const std::size_t ended = earlier ? leave_out_ended(prepared.cells, *earlier) : 0;
  if (prepared.cells.size() + ended != facts.run.planned)
    throw UsageError(fmt::format("--resume {}: it holds cells that are not of this run", options.resume));
  console.expect(costs_of(prepared.cells, prepared.baseline.cost_ms));
  expected.run_started(facts, facts.run.planned, ended);
  if (earlier)
    for (const CellResult& cell : earlier->cells) expected.cell_recalled(cell);

  Runner runner(context, std::move(settings), {&expected});
  const auto all = [&]() -> awaitable<void> {
    LoopWatch watch(loop.get_executor());
    context.loop_watch = &watch;
    TaskGroup beside(loop.get_executor());
    beside.spawn(tick(console));
    co_await runner.run(std::move(prepared.cells));
  };
  const bool stopped = !interruptible.run(all());
  facts.run.finished = now_text();
  expected.run_ended(facts.run, stopped);
  write_reports(prepared.reports, folder.string());
  if (!stopped) {
    print_not_seen_again(expected);
    print_not_run(prepared.gone);
  }
  return status_of(prepared, expected, stopped);
}

int run(const Options& asked, const Invocation& invocation) {
  std::optional<Earlier> earlier;
  std::optional<FolderLock> lock;
  if (!asked.resume.empty()) lock.emplace(asked.resume, "--resume");
  if (lock) earlier = load_earlier(asked.resume, invocation.argv);
  const Options& options = earlier ? earlier->options : asked;
  const bool real = choice<bool>("--clock", options.clock, {{"virtual", false}, {"real", true}});
  const Keep keep =
      choice<Keep>("--keep", options.keep, {{"failed", Keep::failed}, {"all", Keep::all}, {"none", Keep::none}});
  Prepared prepared = prepare(options, invocation, earlier, real);
  if (options.dry_run) return print_dry_run(prepared, options);
  RunnerSettings settings = runner_settings(prepared, options);

  if (earlier) check_goes_on(options, earlier->facts, Results{prepared.run, {}, {}, {}, {}});
  const fs::path& reports = prepared.paths.reports;
  const std::string shown = earlier               ? options.resume
                            : options.out.empty() ? (reports / prepared.run.id).string()
                                                  : options.out;
  const fs::path folder = fs::absolute(shown).lexically_normal();
  if (!lock) {
    make_results_folder(folder);
    lock.emplace(folder, "--out");
    clear_results_folder(folder, options.force);
  }
  settings.cell = CellSettings{folder, keep};
  const int ended = carry_out(prepared, std::move(settings), options, earlier, shown);
  if (folder.parent_path() == reports && fs::exists(folder / "results.json")) link_latest(reports, folder);
  return ended;
}

void add_options(CLI::App& app, Options& options) {
  app.add_option("--server", options.filter.servers,
                 fmt::format("only these servers; may be given more than once. {}", build_help))
      ->type_name("GLOB|ID=PLACE")
      ->expected(1)
      ->take_all();
  app.add_option("--client", options.filter.clients, "only these clients; likewise")
      ->type_name("GLOB|ID=PLACE")
      ->expected(1)
      ->take_all();
  app.add_option("--scenario", options.filter.scenarios, "only scenarios whose id matches")
      ->type_name("GLOB")
      ->expected(1)
      ->take_all();
  app.add_option("--scenarios", options.scenarios, "use the scenarios in DIR instead of the checkout's")
      ->check(not_empty())
      ->type_name("DIR");
  app.add_option("--tls", options.filter.tls, "only these versions: 1.0, 1.1, 1.2, 1.3")
      ->type_name("V")
      ->expected(1)
      ->take_all();
  app.add_option("--skip", options.filter.skip, "leave out the cells whose id (server/client/scenario@1.2) matches")
      ->type_name("GLOB")
      ->expected(1)
      ->take_all();
  app.add_option("--clock", options.clock,
                 "virtual: libfaketime moves the clocks, a timeline takes milliseconds; real: it takes real seconds")
      ->capture_default_str();
  app.add_option("--jobs,-j", options.jobs, "cells at once (default: by cores, memory and clock)")
      ->check(CLI::Range(1, 10000));
  app.add_option(
         "--shard", options.shard,
         "the I-th of N even shares (default: TICKET_INTEROP_SHARD, or what GitLab, Slurm or Kubernetes says; GitHub "
         "Actions says nothing by itself, docs/ci sets TICKET_INTEROP_SHARD from its matrix)")
      ->check(not_empty())
      ->type_name("I/N");
  CLI::Option* out = app.add_option("--out,-o", options.out, "folder for the results (default: reports/<run-id>)");
  out->check(not_empty())->type_name("DIR");
  app.add_flag("--force", options.force, "replace the results of an earlier run in that folder");
  app.add_option("--resume", options.resume,
                 "go on with the stopped run in DIR, with the options that it was started with")
      ->check(not_empty())
      ->type_name("DIR")
      ->excludes(out);
  app.add_option("--keep", options.keep, "evidence of which cells: failed, all, none")->capture_default_str();
  app.add_option("--baseline", options.baseline,
                 "results of an earlier run: every cell that ends differently (for a fail, also in fault or rule) is "
                 "unexpected and listed")
      ->check(not_empty())
      ->type_name("RESULTS");
  app.add_option("--known", options.known, "known issues (default: reports/known_issues.json)")
      ->check(not_empty())
      ->type_name("FILE");
  add_report_option(app, options.reports);
  app.add_option("--deadline", options.deadline_s, "stop the run after S seconds")
      ->check(CLI::Range(1, 100000000))
      ->type_name("S");
  app.add_option("--repeat", options.repeat, "run each cell N times; it must end the same way each time")
      ->check(CLI::Range(1, 1000000))
      ->type_name("N");
  app.add_flag("--fresh", options.fresh, "start new processes for every cell instead of reusing them");
  app.add_flag("--dry-run", options.dry_run, "write scripts that run each cell by hand, and run nothing");
  app.add_flag("--quiet,-q", options.quiet, "print only what is unexpected, and the totals");
}

}  // namespace

Action make_run(CLI::App& app) {
  auto options = std::make_shared<Options>();
  add_options(app, *options);
  return [options](const Invocation& invocation) { return run(*options, invocation); };
}

}  // namespace ti

// repro: one cell as a folder that stands alone.
#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <fstream>

#include "base/text.hpp"
#include "cli/builds.hpp"
#include "cli/by_hand.hpp"
#include "cli/catalogue.hpp"
#include "cli/command.hpp"
#include "cli/stored_results.hpp"
#include "endpoints/credentials.hpp"
#include "report/case_report.hpp"
#include "report/details.hpp"
#include "report/escape.hpp"
#include "report/ladder.hpp"
#include "report/results_file.hpp"
#include "report/try_print.hpp"
#include "rules/registry.hpp"

namespace ti {

namespace {

namespace fs = std::filesystem;

struct Options {
  std::string results;
  std::string cell;
  std::string out;
};

using Files = std::vector<std::pair<std::string, std::string>>;

/// What a word of the command line that made the results was given: `--client X`, `--client=X`.
std::vector<std::string> given(const std::vector<std::string>& argv, const std::string& option) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < argv.size(); ++i) {
    if (argv[i] == option && i + 1 < argv.size()) values.push_back(argv[i + 1]);
    if (argv[i].starts_with(option + "=")) values.push_back(argv[i].substr(option.size() + 1));
  }
  return values;
}

/// The word that asks for a server or client again: its id, or of a build what the run was given.
std::string order_of(const std::string& id, const std::string& option, const std::vector<std::string>& argv) {
  const std::size_t equals = id.find('=');
  if (equals == std::string::npos) return id;
  std::vector<std::string> builds;
  for (const std::string& value : given(argv, option)) {
    if (value.starts_with(id + ":")) return value;  // ID=LABEL:PLACE
    const std::size_t end = value.find('=');
    if (end != std::string::npos && glob_match(value.substr(0, end), id.substr(0, equals))) builds.push_back(value);
  }
  if (builds.size() == 1) return id.substr(0, equals) + builds[0].substr(builds[0].find('='));
  throw UsageError(fmt::format("{} is a build, and the run does not tell which place it was at", id));
}

/// The words of the run of this one cell.
std::vector<std::string> run_words(const CellId& cell, const RunFacts& run) {
  std::vector<std::string> words{"run",
                                 "--server",
                                 order_of(cell.server, "--server", run.argv),
                                 "--client",
                                 order_of(cell.client, "--client", run.argv),
                                 "--scenario",
                                 cell.scenario,
                                 "--tls",
                                 std::string(name(cell.tls)),
                                 "--clock",
                                 run.clock};
  for (const std::string& folder : given(run.argv, "--scenarios"))
    words.insert(words.end(), {"--scenarios", fs::absolute(folder).string()});
  return words;
}

void write_text(const fs::path& file, const std::string& text) { write_report(text, file.string()); }

/// The cell as a results folder of its own, which `show` and `run --baseline` read.
void write_before(const CellResult& cell, const Results& all, const Definitions& definitions, const fs::path& folder) {
  fs::create_directories(folder);
  Results one{all.run, {}, {}, {}, {}, {}};
  const auto take = [](auto& to, const auto& from, const std::string& id) {
    if (const auto found = from.find(id); found != from.end()) to.insert(*found);
  };
  take(one.servers, all.servers, cell.id.server);
  take(one.clients, all.clients, cell.id.client);
  take(one.scenarios, all.scenarios, cell.id.scenario);
  one.run.shard.clear();
  one.run.planned = 1;
  one.run.plan = plan_of({cell.id.text()});
  ResultsFile file(folder, false);
  if (const auto its = definitions.find(cell.id.scenario); its != definitions.end()) file.define({*its});
  file.run_started(one, 1, 0);
  file.cell_ended(cell);
  file.run_ended(one.run, false);
}

/// Copies what is left of the cell's evidence.
void copy_evidence(const CellResult& cell, const fs::path& results, const fs::path& out, Files& files) {
  if (!cell.evidence) return;
  const auto copy = [&](const std::string& path, const std::string& what) {
    const fs::path from = fs::path(path).lexically_normal();
    if (path.empty() || from.is_absolute() || *from.begin() == "..") return;
    std::error_code missing;
    if (!fs::is_regular_file(results / from, missing) || from.filename() == "commands.txt") return;
    fs::copy_file(results / from, out / from.filename(), fs::copy_options::overwrite_existing);
    files.emplace_back(from.filename().string(), what);
  };
  copy(cell.evidence->capture, "the packets, with the TLS secrets in it: Wireshark opens it");
  copy(cell.evidence->keylog, "the TLS secrets alone");
  copy(cell.evidence->trace, "every message in full");
  for (const std::string& log : cell.evidence->logs) copy(log, "what was said or sent");
}

std::string expected_words(const Verdict& verdict) {
  if (verdict.outcome != Outcome::fail) return "it ended as before: " + std::string(name(verdict.outcome));
  return fmt::format("shown again: the {} broke {}", verdict.fault ? name(*verdict.fault) : "peer",
                     shown(verdict.rule));
}

void write_again(const CellResult& cell, const std::vector<std::string>& words, const fs::path& out) {
  const std::string program = fs::read_symlink("/proc/self/exe").string();
  write_script(
      out / "again.sh",
      fmt::format("# Runs {} again, and says whether it ends as it did: 0 if so, 1 if not.\n"
                  "# TICKET_INTEROP names the program if it is not where it was.\n"
                  "cd \"$(dirname \"${{BASH_SOURCE[0]}}\")\" || exit 3\n"
                  "program=${{TICKET_INTEROP:-{}}}\n"
                  "\"$program\" {} --keep all --quiet --force --baseline before --out again >again.txt 2>&1\n"
                  "status=$?\n"
                  "case $status in\n"
                  "  0) echo {} ;;\n"
                  "  1) echo {}; \"$program\" diff before again ;;\n"
                  "  *) echo 'it could not be run:'; cat again.txt ;;\n"
                  "esac\n"
                  "exit $status\n",
                  cell.id.text(), pasteable({program}), pasteable(words), pasteable({expected_words(cell.verdict)}),
                  pasteable({"not shown again: it ended otherwise"})));
}

/// The cell as a script that needs only server, client and socat.
void write_by_hand(const PlannedCell& planned, const CellResult& cell, const Paths& paths, const fs::path& out) {
  const fs::path credentials = out / "credentials";
  if (fs::create_directory(credentials)) fs::permissions(credentials, fs::perms::owner_all);
  boost::asio::io_context idle;
  const RunContext context{.executor = idle.get_executor(),
                           .credentials = make_credentials(credentials),
                           .servers = paths.servers_build(),
                           .clients = paths.clients_build(),
                           .optional_clients = paths.optional_clients_build(),
                           .limits = {}};
  const ByHand hand = by_hand(planned, context, out);
  const auto here = [&](const std::string& text) {
    return replaced(replaced(text, out.string() + "/", "./"), out.string(), ".");
  };
  for (const auto& [file, text] : hand.files) std::ofstream(out / file, std::ios::binary) << here(text);
  std::string script = fmt::format(
      "# {}: {}\n# By the machine's own clock: it takes {} s. It can be run as it is, or pasted line by line in this "
      "folder.\n"
      "cd \"$(dirname \"${{BASH_SOURCE[0]}}\")\" || exit 3\n"
      "trap 'kill $(jobs -p) 2>/dev/null' EXIT\n\n# the server\n{} &\n",
      cell.id.text(), shown(planned.scenario->title), planned.scenario->duration().count() / 1000, here(hand.server));
  if (hand.bridge.empty())
    script += fmt::format("# It prints its port: put it for {} below.\nsleep 1\n", ByHand::port);
  else
    script += fmt::format(
        "until [ -S s.sock ]; do sleep 0.1; done\n\n# port {} of this machine leads to it\n{} &\nsleep 0.5\n",
        ByHand::port, hand.bridge);
  write_script(out / "by-hand.sh", script + "\n# the client\n" + here(hand.client));
}

/// The cell as it would be run here now; throws UsageError where it cannot be.
void write_by_hand_if_possible(const CellResult& cell, const RunFacts& run, const Paths& found, const fs::path& out) {
  Paths paths = found;
  for (const std::string& folder : given(run.argv, "--scenarios")) paths.scenarios = folder;
  Catalogue catalogue = load_catalogue(paths);
  Filter filter{{order_of(cell.id.server, "--server", run.argv)},
                {order_of(cell.id.client, "--client", run.argv)},
                {cell.id.scenario},
                {std::string(name(cell.id.tls))},
                {}};
  add_builds(catalogue, filter, paths);
  const Result<std::vector<PlannedCell>> planned = plan(catalogue, filter, run.clock == "real");
  if (!planned) throw UsageError(planned.error().text());
  if (planned->size() != 1) throw UsageError("it is not one cell of the matrix now");
  if (!planned->front().unsupported.empty()) throw UsageError(planned->front().unsupported);
  write_by_hand(planned->front(), cell, paths, out);
}

int repro(const Options& options, const Invocation& invocation) {
  const Results results = load_stored(options.results);
  DetailsReader details(folder_of(options.results));
  const Result<CellResult> whole = details.whole(cell_named(options.cell, results));
  if (!whole) throw UsageError(shown(whole.error().text()));
  const CellResult& cell = *whole;
  if (cell.connections.empty()) throw UsageError(options.cell + " was not run: " + shown(cell.verdict.reason));
  const fs::path out = fs::absolute(options.out).lexically_normal();
  std::error_code none;
  if (fs::exists(out, none) && !fs::is_empty(out, none))
    throw UsageError(options.out + " is there already; give a new folder");
  fs::create_directories(out);
  fs::permissions(out, fs::perms::owner_all);

  CaseNotes notes;
  if (const Rule* rule = find_rule(cell.verdict.rule)) {
    notes.sentence = rule->sentence;
    notes.section = rule->section;
  }
  const Definitions definitions = load_definitions(folder_of(options.results));
  if (const auto found = definitions.find(cell.id.scenario); found != definitions.end())
    notes.definition = found->second;
  notes.files = {{"ladder.txt", "the messages, the offending one marked"}, {"before/", "the results of this cell"}};
  write_text(out / "ladder.txt", cell.id.text() + "\n" + ladder(cell, false));
  write_before(cell, results, definitions, out / "before");
  copy_evidence(cell, folder_of(options.results), out, notes.files);
  std::string why_not;
  try {
    write_by_hand_if_possible(cell, results.run, invocation.paths(), out);
    write_again(cell, run_words(cell.id, results.run), out);
    notes.again = {"- `./again.sh` runs it by ticket-interop, and says whether it ends as it did",
                   "- `./by-hand.sh` runs server and client without it, in true seconds (it needs socat)"};
  } catch (const UsageError& wrong) {
    why_not = wrong.what();
    notes.again = {"It cannot be run where this folder was made: " + markdown_text(why_not)};
  }
  write_text(out / "report.md", case_report(cell, results, notes));
  try_print(stdout, "{}: report.md tells of it{}\n", options.out,
            why_not.empty() ? "; again.sh runs it again, by-hand.sh does so without this program"
                            : "; it cannot be run here: " + shown(why_not));
  return status::ok;
}

}  // namespace

Action make_repro(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("results", options->results, "a run's folder or its results.json")->required()->type_name("RESULTS");
  app.add_option("cell", options->cell, "server/client/scenario@version")->required()->type_name("CELL");
  app.add_option("--out,-o", options->out, "a new folder")->required()->check(not_empty())->type_name("DIR");
  return [options](const Invocation& invocation) { return repro(*options, invocation); };
}

}  // namespace ti

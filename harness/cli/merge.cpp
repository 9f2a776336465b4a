// merge: the results of shards, joined.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cli/command.hpp"
#include "cli/facts.hpp"
#include "cli/folder_lock.hpp"
#include "cli/stored_results.hpp"
#include "cli/wanted_reports.hpp"
#include "report/console.hpp"
#include "report/expected.hpp"
#include "report/results_file.hpp"

namespace ti {

namespace {

struct Options {
  std::vector<std::string> folders;
  std::string out;
  std::vector<std::string> reports;
};

using Parts = std::vector<std::pair<std::string, Results>>;

std::string told(const RunFacts& run) {
  return fmt::format("{} cells by `ticket-interop {}`", run.plan.cells, fmt::join(run.argv, " "));
}

/// Every shard of one split, once each, and each with all of its cells. Folders that were not sharded stand for
/// themselves.
void check_complete(const Parts& parts) {
  std::map<std::string, std::set<std::string>> seen;  // N -> the shards there
  for (const auto& [folder, results] : parts) {
    const RunFacts& run = results.run;
    if (run.plan.cells == 0)
      throw UsageError(folder + " does not say what it is a part of: an older ticket-interop made it");
    if (results.cells.size() != run.planned)
      throw UsageError(fmt::format("{} is not complete: {} of {} cells; go on with `ticket-interop run --resume {}`",
                                   folder, results.cells.size(), run.planned, folder));
    if (run.shard.empty()) continue;
    const std::string count = run.shard.substr(run.shard.find('/') + 1);
    if (!seen[count].insert(run.shard).second)
      throw UsageError(fmt::format("{}: shard {} is there twice", folder, run.shard));
  }
  if (seen.size() > 1)
    throw UsageError("these are shards of different splits: " + seen.begin()->first + " and " + seen.rbegin()->first);
  for (const auto& [count, shards] : seen)
    for (std::size_t i = 1; i <= std::stoul(count); ++i)
      if (const std::string shard = fmt::format("{}/{}", i, count); !shards.contains(shard))
        throw UsageError("shard " + shard + " is missing");
}

void check_one_matrix(const Parts& parts) {
  const auto is_shard = [](const auto& part) { return !part.second.run.shard.empty(); };
  const auto first = std::find_if(parts.begin(), parts.end(), is_shard);
  for (const auto& part : parts)
    if (is_shard(part) && part.second.run.plan != first->second.run.plan)
      throw UsageError(fmt::format("{} is a share of another matrix than {}: {} against {}", part.first, first->first,
                                   told(part.second.run), told(first->second.run)));
}

/// Together, the shards are all of their matrix, as a folder that was not sharded is of its own.
void check_no_gap(const Parts& parts) {
  std::map<std::string, std::set<std::string>> there;  // plan -> cells
  for (const auto& [folder, results] : parts)
    for (const CellResult& cell : results.cells) there[results.run.plan.sha256].insert(cell.id.text());
  for (const auto& [folder, results] : parts) {
    const PlanFacts& plan = results.run.plan;
    const PlanFacts have = plan_of(there[plan.sha256]);
    if (have == plan) continue;
    throw UsageError(have.cells < plan.cells
                         ? fmt::format("{} of the {} cells of {}'s matrix are in none of these folders",
                                       plan.cells - have.cells, plan.cells, folder)
                         : fmt::format("{} has cells that are not of its matrix", folder));
  }
}

void copy_evidence(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (!std::filesystem::exists(from / "evidence")) return;
  std::filesystem::copy(from / "evidence", to / "evidence",
                        std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
}

/// What the findings of all parts are about; their cells are counted anew.
void join(std::vector<Finding>& all, const std::vector<Finding>& more) {
  for (const Finding& finding : more) {
    const auto same = std::ranges::find(all, finding.id, &Finding::id);
    if (same == all.end())
      all.push_back(finding);
    else
      same->links.insert(finding.links.begin(), finding.links.end());
  }
}

int merge(const Options& options) {
  const std::vector<WantedReport> wanted = wanted_reports(options.reports);
  Parts parts;
  for (const std::string& folder : options.folders) parts.emplace_back(folder, load_stored(folder));
  check_complete(parts);
  Results joined = parts.front().second;
  joined.cells.clear();
  for (const auto& [folder, results] : parts) {
    if (const std::string found = difference(joined, results); !found.empty())
      throw UsageError(fmt::format("{} differs in {}", folder, found));
    joined.servers.insert(results.servers.begin(), results.servers.end());
    joined.clients.insert(results.clients.begin(), results.clients.end());
    joined.scenarios.insert(results.scenarios.begin(), results.scenarios.end());
    join(joined.findings, results.findings);
    joined.run.started = std::min(joined.run.started, results.run.started);
    joined.run.finished = std::max(joined.run.finished, results.run.finished);
  }
  check_one_matrix(parts);
  std::map<std::string, std::string> from;  // cell -> the folder it came from
  for (const auto& [folder, results] : parts)
    for (const CellResult& cell : results.cells) {
      const auto [at, fresh] = from.emplace(cell.id.text(), folder);
      if (!fresh) throw UsageError(fmt::format("{} is in both {} and {}", cell.id.text(), at->second, folder));
    }
  check_no_gap(parts);
  std::set<std::string> ids;
  for (const auto& [id, folder] : from) ids.insert(id);
  joined.run.shard.clear();
  joined.run.planned = from.size();
  joined.run.plan = plan_of(ids);

  const std::filesystem::path out(options.out);
  std::filesystem::create_directories(out);
  const FolderLock lock(out, "--out");
  if (holds_a_run(out)) throw UsageError(options.out + " already holds results; give a new folder");
  std::filesystem::permissions(out, std::filesystem::perms::owner_all);
  for (const std::string& folder : options.folders) copy_evidence(folder, out);
  ResultsFile file(out, false);
  Console console(stdout, stderr, {}, options.out);
  Expected expected({}, {&file, &console});
  Definitions definitions;
  for (const auto& [folder, results] : parts) definitions.merge(load_definitions(folder_of(folder)));
  file.define(std::move(definitions));
  expected.run_started(joined, from.size(), from.size());
  for (const auto& [folder, results] : parts)
    for (const CellResult& cell : results.cells) expected.cell_recalled(cell);
  for (const auto& [folder, results] : parts) file.take_over_details(folder_of(folder));
  expected.run_ended(joined.run, false);
  write_reports(wanted, options.out);
  if (expected.any_error() || expected.nothing_ran()) return status::error;
  return expected.any_unexpected() ? status::unexpected : status::ok;
}

}  // namespace

Action make_merge(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("folders", options->folders, "results of the shards")->required()->type_name("DIR");
  app.add_option("--out,-o", options->out, "folder for the joined results")
      ->required()
      ->check(not_empty())
      ->type_name("DIR");
  add_report_option(app, options->reports);
  return [options](const Invocation&) { return merge(*options); };
}

}  // namespace ti

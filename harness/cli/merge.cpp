// merge: the results of shards, joined.
#include <fmt/format.h>

#include <fstream>
#include <set>

#include "cli/command.hpp"
#include "report/console.hpp"
#include "report/expected.hpp"
#include "report/results_file.hpp"

namespace ti {

namespace {

struct Options {
  std::vector<std::string> folders;
  std::string out;
};

Results load(const std::string& folder) {
  Result<Results> results = load_results(folder);
  if (!results) throw UsageError(results.error().text());
  return std::move(*results);
}

std::string fact_of(const Facts& facts, const char* name) {
  const auto found = facts.find(name);
  return found == facts.end() ? "none" : found->second;
}

/// What would make a joined result untrue: refused, by name. A server that was built on one machine only is that too.
void check_alike(const Results& joined, const Results& other, const std::string& name) {
  const auto differs = [&](const char* what, const std::string& a, const std::string& b) {
    if (a != b) throw UsageError(fmt::format("{} is of another {}: {} against {}", name, what, b, a));
  };
  differs("version of ticket-interop", joined.run.version, other.run.version);
  differs("clock", joined.run.clock, other.run.clock);
  const auto same_facts = [&](const char* kind, const auto& ours, const auto& theirs) {
    for (const auto& [id, facts] : theirs) {
      const auto mine = ours.find(id);
      if (mine == ours.end()) continue;
      for (const char* fact : {"version", "library_version", "binary_sha256"})
        differs(fmt::format("{} of {} {}", fact, kind, id).c_str(), fact_of(mine->second, fact), fact_of(facts, fact));
    }
  };
  same_facts("server", joined.servers, other.servers);
  same_facts("client", joined.clients, other.clients);
}

/// Every shard of N, once each; folders that were not sharded are only checked for overlap.
void check_complete(const std::vector<std::pair<std::string, Results>>& parts) {
  std::map<std::string, std::set<std::string>> seen;  // N -> the shards there
  for (const auto& [folder, results] : parts) {
    if (results.cells.size() != results.run.planned)
      throw UsageError(fmt::format("{} is not complete: {} of {} cells; go on with `ticket-interop run --resume {}`",
                                   folder, results.cells.size(), results.run.planned, folder));
    if (results.run.shard.empty()) continue;
    const std::string count = results.run.shard.substr(results.run.shard.find('/') + 1);
    if (!seen[count].insert(results.run.shard).second)
      throw UsageError(fmt::format("{}: shard {} is there twice", folder, results.run.shard));
  }
  if (seen.size() > 1)
    throw UsageError("these are shards of different splits: " + seen.begin()->first + " and " + seen.rbegin()->first);
  for (const auto& [count, shards] : seen)
    for (std::size_t i = 1; i <= std::stoul(count); ++i)
      if (const std::string shard = fmt::format("{}/{}", i, count); !shards.contains(shard))
        throw UsageError("shard " + shard + " is missing");
}

void copy_evidence(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (!std::filesystem::exists(from / "evidence")) return;
  std::filesystem::copy(from / "evidence", to / "evidence",
                        std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
}

int merge(const Options& options) {
  std::vector<std::pair<std::string, Results>> parts;
  for (const std::string& folder : options.folders) parts.emplace_back(folder, load(folder));
  check_complete(parts);
  Results joined = parts.front().second;
  std::map<std::string, std::string> from;  // cell -> the folder it came from
  std::vector<CellResult> cells;
  for (const auto& [folder, results] : parts) {
    check_alike(joined, results, folder);
    for (const CellResult& cell : results.cells) {
      const auto [at, fresh] = from.emplace(cell.id.text(), folder);
      if (!fresh) throw UsageError(fmt::format("{} is in both {} and {}", cell.id.text(), at->second, folder));
      cells.push_back(cell);
    }
    joined.servers.insert(results.servers.begin(), results.servers.end());
    joined.clients.insert(results.clients.begin(), results.clients.end());
    joined.scenarios.insert(results.scenarios.begin(), results.scenarios.end());
    joined.run.started = std::min(joined.run.started, results.run.started);
    joined.run.finished = std::max(joined.run.finished, results.run.finished);
  }
  joined.run.shard.clear();
  joined.run.planned = cells.size();

  const std::filesystem::path out(options.out);
  if (std::filesystem::exists(out / "cells.jsonl"))
    throw UsageError(options.out + " already holds results; give a new folder");
  std::filesystem::create_directories(out);
  std::filesystem::permissions(out, std::filesystem::perms::owner_all);
  for (const std::string& folder : options.folders) copy_evidence(folder, out);
  ResultsFile file(out, false);
  Console console(stdout, stderr, {}, options.out);
  Expected expected({}, {}, {});
  for (Listener* listener : {static_cast<Listener*>(&file), static_cast<Listener*>(&console)}) {
    listener->run_started(joined, cells.size(), 0);
    for (const CellResult& cell : cells) listener->cell_ended(cell);
    listener->run_ended(joined.run, false);
  }
  for (const CellResult& cell : cells) expected.count(cell);
  if (expected.any_error()) return status::error;
  return expected.any_unexpected() ? status::unexpected : status::ok;
}

}  // namespace

Action make_merge(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("folders", options->folders, "results of the shards")->required()->type_name("DIR");
  app.add_option("--out,-o", options->out, "folder for the joined results")->required()->type_name("DIR");
  return [options](const Invocation&) { return merge(*options); };
}

}  // namespace ti

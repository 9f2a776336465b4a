#include "cli/expectations.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "cli/command.hpp"
#include "rules/registry.hpp"

namespace ti {

namespace {

template <class List>
std::vector<std::string> ids(const List& things) {
  std::vector<std::string> names;
  for (const auto& thing : things) names.emplace_back(thing.id);
  return names;
}

/// Throws UsageError when a glob of a known issue matches none of the names.
void need_one(const std::filesystem::path& file, const std::string& what, const std::string& glob,
              const std::vector<std::string>& names) {
  if (std::ranges::any_of(names, [&](const std::string& name) { return glob_match(glob, name); })) return;
  throw UsageError(fmt::format("{}: a known issue names the {} \"{}\", which there is not;{}", file.string(), what,
                               glob, did_you_mean(glob, names)));
}

}  // namespace

std::vector<KnownIssue> read_known_issues(const std::filesystem::path& file, const Catalogue& catalogue,
                                          bool own_scenarios) {
  Result<std::vector<KnownIssue>> issues = load_known_issues(file);
  if (!issues) throw UsageError(issues.error().text());
  if (!catalogue.errors.empty()) return std::move(*issues);  // who is broken is not there, and told by itself
  for (const KnownIssue& issue : *issues) {
    need_one(file, "server", issue.server, ids(catalogue.servers));
    need_one(file, "client", issue.client, ids(catalogue.clients));
    need_one(file, "rule", issue.rule, ids(all_rules()));
    if (!own_scenarios) need_one(file, "scenario", issue.scenario, ids(catalogue.scenarios));
  }
  return std::move(*issues);
}

Expectations expectations_of(const Catalogue& catalogue, bool real_clock) {
  Expectations expectations;
  for (const ServerManifest& server : catalogue.servers)
    if (server.control) expectations.server_controls.emplace(server.id, *server.control);
  for (const ClientManifest& client : catalogue.clients) {
    if (client.control) expectations.client_controls.emplace(client.id, *client.control);
    if (!client.like.empty()) expectations.likes.emplace(client.id, client.like);
  }
  const Result<std::vector<PlannedCell>> all = plan(catalogue, Filter{}, real_clock);
  if (!all) return expectations;
  for (const PlannedCell& cell : *all)
    if (missing_capability(*cell.server, *cell.client, *cell.scenario, cell.id.tls).empty())
      expectations.matrix.push_back(cell.id);
  return expectations;
}

}  // namespace ti

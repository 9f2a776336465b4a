#include "report/diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "model/build.hpp"
#include "model/findings.hpp"

namespace ti {

namespace {

/// "fail client expect-offered", "pass".
/// What an id of the earlier run is called now.
using Renamed = std::map<std::string, std::string>;

/// The one id of each run that the other lacks, where both are builds of the same.
Renamed builds_that_changed(const std::set<std::string>& before, const std::set<std::string>& now) {
  std::map<std::string, std::pair<std::vector<std::string>, std::vector<std::string>>> alone;  // without its build
  for (const std::string& id : before)
    if (!now.contains(id)) alone[std::string(without_build(id))].first.push_back(id);
  for (const std::string& id : now)
    if (!before.contains(id)) alone[std::string(without_build(id))].second.push_back(id);
  Renamed renamed;
  for (const auto& [id, sides] : alone)
    if (sides.first.size() == 1 && sides.second.size() == 1) renamed[sides.first[0]] = sides.second[0];
  return renamed;
}

bool selects(const Selection& selection, const CellId& id) {
  return (selection.server.empty() || selection.server == id.server) &&
         (selection.client.empty() || selection.client == id.client);
}

std::string called(const Renamed& renamed, const std::string& id) {
  const auto found = renamed.find(id);
  return found == renamed.end() ? id : found->second;
}

/// Which ids of the earlier run stand for which of the later one.
struct Pairing {
  Renamed servers, clients;

  CellId operator()(CellId id) const {
    id.server = called(servers, id.server);
    id.client = called(clients, id.client);
    return id;
  }
};

using Cells = std::map<CellId, const CellResult*>;

struct Ids {
  std::set<std::string> servers, clients;
};

Ids ids_of(const Results& results, const Selection& selection) {
  Ids ids;
  for (const CellResult& cell : results.cells) {
    if (!selects(selection, cell.id)) continue;
    ids.servers.insert(cell.id.server);
    ids.clients.insert(cell.id.client);
  }
  return ids;
}

Pairing pairing(const Results& before, const Results& now, const Selection& of_before, const Selection& of_now) {
  const Ids old = ids_of(before, of_before), fresh = ids_of(now, of_now);
  Pairing pairing{builds_that_changed(old.servers, fresh.servers), builds_that_changed(old.clients, fresh.clients)};
  if (!of_before.server.empty()) pairing.servers = {{of_before.server, of_now.server}};
  if (!of_before.client.empty()) pairing.clients = {{of_before.client, of_now.client}};
  return pairing;
}

CellChange change_of(const CellResult* before, const CellResult* now) {
  CellChange change;
  change.cell = (now ? now : before)->id.text();
  if (before && now && before->id != now->id) change.before = before->id.text();
  if (before) change.was = in_words(BaselineVerdict::of(before->verdict));
  if (now) change.is = in_words(BaselineVerdict::of(now->verdict));
  if (now) change.reason = now->verdict.reason;
  change.finding = now && !now->finding.empty() ? now->finding : before ? before->finding : "";
  if (!before) {
    change.kind = ChangeKind::appeared;
    change.regression = now->verdict.outcome == Outcome::fail && is_unexpected(*now);
  } else if (!now) {
    change.kind = ChangeKind::disappeared;
  } else {
    change.kind = change_between(BaselineVerdict::of(before->verdict), BaselineVerdict::of(now->verdict));
    const bool is_worse = change.kind == ChangeKind::new_failure || change.kind == ChangeKind::changed_reason ||
                          change.kind == ChangeKind::not_judged || change.kind == ChangeKind::lost_capability;
    change.regression = (is_worse && !now->known) || now->control == Caught::missed;
  }
  return change;
}

const std::string* version_in(const std::map<std::string, Facts>& sides, const std::string& id) {
  const auto facts = sides.find(id);
  if (facts == sides.end()) return nullptr;
  const auto version = facts->second.find("version");
  return version == facts->second.end() ? nullptr : &version->second;
}

void compare_versions(const char* side, const std::map<std::string, Facts>& before,
                      const std::map<std::string, Facts>& now, const Renamed& renamed, const std::set<std::string>& ids,
                      std::vector<VersionChange>& changes) {
  for (const std::string& id : ids) {
    const std::string later = called(renamed, id);
    const std::string* was = version_in(before, id);
    const std::string* is = version_in(now, later);
    if (!now.contains(later) || (was && is && *was == *is) || (!was && !is)) continue;
    changes.push_back({side, id == later ? id : id + " -> " + later, was ? *was : "", is ? *is : ""});
  }
}

void compare_findings(const Results& before, const Results& now, const std::map<std::string, std::size_t>& had,
                      const std::map<std::string, std::size_t>& has, std::vector<FindingChange>& changes) {
  const auto count = [](const std::map<std::string, std::size_t>& counts, const std::string& id) {
    const auto found = counts.find(id);
    return found == counts.end() ? std::size_t{0} : found->second;
  };
  std::set<std::string> told;
  for (const Results* results : {&now, &before})
    for (const Finding& finding : results->findings) {
      const FindingChange change{finding, count(had, finding.id), count(has, finding.id)};
      if (change.before != change.now && told.insert(finding.id).second) changes.push_back(change);
    }
}

}  // namespace

bool Diff::any_regression() const { return std::ranges::any_of(cells, &CellChange::regression); }

Diff compare(const Results& before, const Results& now, const Selection& of_before, const Selection& of_now) {
  const Pairing paired = pairing(before, now, of_before, of_now);
  std::map<CellId, std::pair<const CellResult*, const CellResult*>> cells;
  std::map<std::string, std::size_t> had, has;  // cells by finding
  for (const CellResult& cell : before.cells)
    if (selects(of_before, cell.id)) {
      cells[paired(cell.id)].first = &cell;
      ++had[cell.finding];
    }
  for (const CellResult& cell : now.cells)
    if (selects(of_now, cell.id)) {
      cells[cell.id].second = &cell;
      ++has[cell.finding];
    }
  Diff diff;
  std::map<std::pair<std::string, std::string>, std::map<ChangeKind, std::size_t>> pairs;
  for (const auto& [id, both] : cells) {
    if (both.first && both.second) ++diff.compared;
    CellChange change = change_of(both.first, both.second);
    if (change.kind == ChangeKind::none) continue;
    ++pairs[{id.server, id.client}][change.kind];
    diff.cells.push_back(std::move(change));
  }
  std::ranges::stable_sort(diff.cells, {},
                           [](const CellChange& change) { return std::tuple(!change.regression, change.kind); });
  for (const auto& [pair, changes] : pairs) diff.pairs.push_back({pair.first, pair.second, changes});
  const Ids ids = ids_of(before, of_before);
  compare_versions("server", before.servers, now.servers, paired.servers, ids.servers, diff.versions);
  compare_versions("client", before.clients, now.clients, paired.clients, ids.clients, diff.versions);
  compare_findings(before, now, had, has, diff.findings);
  return diff;
}

}  // namespace ti

#include "report/known_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "model/json_writer.hpp"

namespace ti {

namespace {

std::string version_in(const std::map<std::string, Facts>& sides, const std::string& id) {
  const auto facts = sides.find(id);
  if (facts == sides.end()) return {};
  const auto version = facts->second.find("version");
  return version == facts->second.end() ? "" : version->second;
}

/// The first dotted number of a program's line, with the letters behind it: "3.0.20" of "OpenSSL 3.0.20 7 Apr 2026".
std::string number_in(const std::string& line) {
  const auto digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (!digit(line[at]) || (at > 0 && std::isalnum(static_cast<unsigned char>(line[at - 1])))) continue;
    std::size_t end = at;
    while (end < line.size() && (std::isalnum(static_cast<unsigned char>(line[end])) || line[end] == '.')) ++end;
    const std::string number = line.substr(at, end - at);
    if (number.find('.') != std::string::npos) return number;
  }
  return {};
}

bool ran(const CellResult& cell) {
  return cell.verdict.outcome == Outcome::pass || cell.verdict.outcome == Outcome::fail;
}

/// The ids that a client's issues may name it by.
std::vector<CellId> ids_of(const CellResult& cell, const std::map<std::string, std::string>& likes) {
  std::vector<CellId> ids{cell.id};
  if (const auto like = likes.find(cell.id.client); like != likes.end()) {
    ids.push_back(cell.id);
    ids.back().client = like->second;
  }
  return ids;
}

/// The values of one kind (a scenario, a client ...) all of whose cells passed.
std::string passing(const std::string& kind, const std::vector<const CellResult*>& cells, const std::string& rule,
                    auto value_of) {
  std::map<std::string, bool> failed;
  KnownIssue issue;
  issue.rule = rule;
  for (const CellResult* cell : cells) failed[value_of(cell->id)] |= explains(issue, cell->verdict);
  std::vector<std::string> well;
  for (const auto& [value, any] : failed)
    if (!any) well.push_back(value);
  return well.empty() ? "" : fmt::format("{} {}", kind, fmt::join(well, ", "));
}

std::string too_wide(const KnownIssue& issue, const std::vector<const CellResult*>& cells) {
  std::string text;
  for (const std::string& part :
       {passing("scenario", cells, issue.rule, [](const CellId& id) { return id.scenario; }),
        passing("server", cells, issue.rule, [](const CellId& id) { return id.server; }),
        passing("client", cells, issue.rule, [](const CellId& id) { return id.client; }),
        passing("TLS", cells, issue.rule, [](const CellId& id) { return std::string(name(id.tls)); })})
    if (!part.empty()) text += (text.empty() ? "" : "; ") + part;
  return text;
}

Misfit look_at(const KnownIssue& issue, const Results& results, const std::map<std::string, std::string>& likes) {
  KnownIssue any_version = issue;
  any_version.server_versions.clear();
  any_version.client_versions.clear();
  std::size_t named = 0;
  std::vector<const CellResult*> covered;
  std::set<std::string> versions;
  for (const CellResult& cell : results.cells) {
    if (!ran(cell)) continue;
    const std::string server = version_in(results.servers, cell.id.server);
    const std::string client = version_in(results.clients, cell.id.client);
    const auto covers = [&](const KnownIssue& by) {
      return std::ranges::any_of(ids_of(cell, likes),
                                 [&](const CellId& id) { return speaks_of(by, id, server, client); });
    };
    if (!covers(any_version)) continue;
    ++named;
    versions.insert(issue.client_versions.empty() ? server : client);
    if (covers(issue)) covered.push_back(&cell);
  }
  if (named == 0) return {issue, "never matched", "no cell that ran is of its names"};
  if (covered.empty())
    return {issue, "expired", fmt::format("its range of versions leaves out what ran: {}", fmt::join(versions, ", "))};
  if (std::ranges::none_of(covered, [&](const CellResult* cell) { return explains(issue, cell->verdict); }))
    return {issue, "stale", fmt::format("it covers {} cells that ran, and none of them failed so", covered.size())};
  return {issue, "too wide", too_wide(issue, covered)};
}

std::string entry(const std::string& side, const std::string& id, const std::set<std::string>& scenarios,
                  const std::set<Version>& tls, const std::string& rule, const std::string& version,
                  const std::string& link, const std::string& note) {
  JsonWriter json;
  json.begin_object().field(side, id).key("scenario").begin_array();
  for (const std::string& scenario : scenarios) json.value(scenario);
  json.end_array().new_line().field("rule", rule).key("tls").begin_array();
  for (const Version each : tls) json.value(name(each));
  json.end_array();
  if (!version.empty()) json.field(side + "_versions", "<=" + version);
  json.new_line().field("link", link);
  if (!note.empty()) json.new_line().field("note", note);
  return json.end_object().take();
}

}  // namespace

std::vector<Misfit> misfits(const std::vector<KnownIssue>& issues, const Results& results,
                            const std::map<std::string, std::string>& likes) {
  std::vector<Misfit> found;
  for (const KnownIssue& issue : issues) {
    Misfit misfit = look_at(issue, results, likes);
    if (misfit.kind == "too wide" && misfit.why.empty()) continue;
    if (misfit.kind == "too wide") misfit.why = "what it covers and passes: " + misfit.why;
    found.push_back(std::move(misfit));
  }
  return found;
}

std::vector<std::string> known_entries(const std::vector<const CellResult*>& cells, const Results& results,
                                       const std::string& link, const std::string& note) {
  using Key = std::tuple<Side, std::string, std::string>;  // whose, of which id, which rule
  std::map<Key, std::pair<std::set<std::string>, std::set<Version>>> wanted;
  for (const CellResult* cell : cells) {
    const Verdict& verdict = cell->verdict;
    if (verdict.outcome != Outcome::fail || !verdict.fault) continue;
    auto& [scenarios, tls] =
        wanted[{*verdict.fault, *verdict.fault == Side::client ? cell->id.client : cell->id.server, verdict.rule}];
    scenarios.insert(cell->id.scenario);
    tls.insert(cell->id.tls);
  }
  std::vector<std::string> entries;
  for (const auto& [key, covered] : wanted) {
    const auto& [side, id, rule] = key;
    const auto& sides = side == Side::client ? results.clients : results.servers;
    entries.push_back(entry(std::string(name(side)), id, covered.first, covered.second, rule,
                            number_in(version_in(sides, id)), link, note));
  }
  return entries;
}

std::string with_entries(const std::string& file, const std::vector<std::string>& entries) {
  const std::size_t end = file.rfind(']');
  const std::size_t last = end == std::string::npos ? end : file.find_last_not_of(" \t\r\n", end - 1);
  if (end == std::string::npos || last == std::string::npos || end == 0) return {};
  std::string text = file.substr(0, last + 1);
  bool first = file[last] == '[';
  for (const std::string& added : entries) {
    text += first ? "\n  " : ",\n  ";
    first = false;
    for (const char c : added) text += c == '\n' ? std::string("\n    ") : std::string(1, c);
  }
  return text + '\n' + file.substr(end);
}

}  // namespace ti

#include "run/matrix.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/text.hpp"

namespace ti {

namespace {

/// Checks that every glob matches one of the names.
std::optional<ParseError> unmatched(const std::vector<std::string>& globs, const std::vector<std::string>& names,
                                    const std::string& kind) {
  for (const std::string& glob : globs) {
    const bool any = std::any_of(names.begin(), names.end(), [&](const auto& name) { return glob_match(glob, name); });
    if (any) continue;
    return ParseError{"no " + kind + " matches \"" + glob + "\";" + did_you_mean(glob, names) +
                          " `ticket-interop list " + kind + "s` prints them all",
                      "", 0};
  }
  return std::nullopt;
}

bool chosen(const std::vector<std::string>& globs, std::string_view name) {
  return globs.empty() ||
         std::any_of(globs.begin(), globs.end(), [&](const auto& glob) { return glob_match(glob, name); });
}

/// Whether a server, client or scenario is asked for: one that takes part only when it is named, by its id in full.
template <class T>
requires requires(const T& thing) { thing.only_when_named; }
bool chosen(const std::vector<std::string>& globs, const T& thing) {
  const bool named = std::find(globs.begin(), globs.end(), thing.id) != globs.end();
  return thing.only_when_named ? named : chosen(globs, thing.id);
}

/// Whether somebody asked for it, rather than for everything.
bool named(const std::vector<std::string>& globs, std::string_view name) {
  return !globs.empty() && chosen(globs, name);
}

/// Whether a control is run against the other side: all, if somebody asked for it; else those of its manifest.
bool pairs_with(const std::optional<Control>& control, bool asked, const std::string& other) {
  return !control || asked || std::find(control->with.begin(), control->with.end(), other) != control->with.end();
}

bool paired(const Filter& filter, const ServerManifest& server, const ClientManifest& client) {
  return pairs_with(server.control, named(filter.servers, server.id), client.id) &&
         pairs_with(client.control, named(filter.clients, client.id), server.id);
}

/// The same of ids, which may be those of an earlier run's.
bool paired(const Filter& filter, const Catalogue& catalogue, const CellId& cell) {
  const auto is = [](const std::string& id) { return [&id](const auto& manifest) { return manifest.id == id; }; };
  const auto server = std::find_if(catalogue.servers.begin(), catalogue.servers.end(), is(cell.server));
  const auto client = std::find_if(catalogue.clients.begin(), catalogue.clients.end(), is(cell.client));
  return server == catalogue.servers.end() || client == catalogue.clients.end() || paired(filter, *server, *client);
}

/// The glob of --skip that matches a cell, if any does.
const std::string* skipping(const std::vector<std::string>& globs, const CellId& cell) {
  const auto skip =
      std::find_if(globs.begin(), globs.end(), [id = cell.text()](const auto& glob) { return glob_match(glob, id); });
  return skip == globs.end() ? nullptr : &*skip;
}

/// Whether the thing of that id is asked for. Of one that there is no more only the name is known.
template <class T>
bool chosen(const std::vector<std::string>& globs, const std::vector<T>& things, const std::string& id) {
  const auto thing = std::find_if(things.begin(), things.end(), [&](const T& known) { return known.id == id; });
  return thing == things.end() ? chosen(globs, id) : chosen(globs, *thing);
}

/// Whether a filter asks for a cell of whatever matrix.
bool asked_for(const Filter& filter, const Catalogue& catalogue, const CellId& cell) {
  return chosen(filter.servers, catalogue.servers, cell.server) &&
         chosen(filter.clients, catalogue.clients, cell.client) &&
         chosen(filter.scenarios, catalogue.scenarios, cell.scenario) && chosen(filter.tls, name(cell.tls)) &&
         !skipping(filter.skip, cell) && paired(filter, catalogue, cell);
}

template <class T>
std::vector<std::string> ids(const std::vector<T>& things) {
  std::vector<std::string> names;
  for (const T& thing : things) names.push_back(thing.id);
  return names;
}

/// `what` is a capability or a version, as the manifest's `cannot` has it.
std::string client_lacks(const ClientManifest& client, const std::string& what) {
  const auto why = client.cannot.find(what);
  return "client " + client.id + " lacks " + (version_of(what) == Version::none ? "" : "TLS ") + what +
         (why == client.cannot.end() ? "" : ": " + why->second);
}

}  // namespace

std::string missing_capability(const ServerManifest& server, const ClientManifest& client, const Scenario& scenario,
                               Version tls) {
  const std::string version(name(tls));
  if (!server.tls.contains(tls)) return "server " + server.id + " lacks TLS " + version;
  if (!client.tls.contains(tls)) return client_lacks(client, version);
  for (const auto& [key, value] : scenario.policy.values) {
    const auto known = server.policy.find(key);
    if (known == server.policy.end()) return "server " + server.id + " lacks policy key " + key;
    const auto& words = known->second.values;
    if (!words.empty() && !words.contains(to_text(value)))
      return "server " + server.id + " lacks policy " + key + "=" + to_text(value);
  }
  for (const std::string& capability : scenario.server_capabilities)
    if (!server.capabilities.contains(capability)) return "server " + server.id + " lacks " + capability;
  if (!scenario.client_script.empty() && !client.takes_script) return "client " + client.id + " takes no script";
  for (const std::string& capability : scenario.client_capabilities)
    if (!client.capabilities.contains(capability)) return client_lacks(client, capability);
  return {};
}

Result<std::vector<PlannedCell>> plan(const Catalogue& catalogue, const Filter& filter, bool real_clock) {
  if (auto error = unmatched(filter.servers, ids(catalogue.servers), "server")) return *error;
  if (auto error = unmatched(filter.clients, ids(catalogue.clients), "client")) return *error;
  if (auto error = unmatched(filter.scenarios, ids(catalogue.scenarios), "scenario")) return *error;
  for (const std::string& tls : filter.tls)
    if (version_of(tls) == Version::none)
      return ParseError{"--tls " + tls + ": a version is 1.0, 1.1, 1.2 or 1.3", "", 0};

  std::vector<PlannedCell> cells;
  std::set<std::string> skipped;  // the globs that did
  for (const ServerManifest& server : catalogue.servers) {
    if (!chosen(filter.servers, server)) continue;
    for (const ClientManifest& client : catalogue.clients) {
      if (!chosen(filter.clients, client) || !paired(filter, server, client)) continue;
      for (const Scenario& scenario : catalogue.scenarios) {
        if (!chosen(filter.scenarios, scenario)) continue;
        for (const Version tls : scenario.tls) {
          if (!chosen(filter.tls, name(tls))) continue;
          PlannedCell cell{{server.id, client.id, scenario.id, tls}, &server, &client, &scenario, {}, {}};
          if (const std::string* skip = skipping(filter.skip, cell.id)) {
            skipped.insert(*skip);
            continue;
          }
          cell.unsupported = missing_capability(server, client, scenario, tls);
          if (const auto why = catalogue.server_missing.find(server.id); why != catalogue.server_missing.end())
            cell.unsupported = why->second;
          else if (const auto lack = catalogue.client_missing.find(client.id); lack != catalogue.client_missing.end())
            cell.unsupported = lack->second;
          else if (cell.unsupported.empty() && real_clock && scenario.virtual_clock_only)
            cell.unsupported = "scenario " + scenario.id + " is only for the virtual clock";
          cells.push_back(std::move(cell));
        }
      }
    }
  }
  for (const std::string& glob : filter.skip)
    if (!skipped.contains(glob))
      return ParseError{"--skip " + glob + ": no cell of this run matches; `ticket-interop list cells` prints them all",
                        "", 0};
  if (cells.empty())
    return ParseError{skipped.empty()
                          ? "the filters leave no cell: none of the scenarios runs at the versions asked for"
                          : "the filters leave no cell: --skip leaves out all of them",
                      "", 0};
  std::sort(cells.begin(), cells.end(), [](const auto& a, const auto& b) { return a.id.text() < b.id.text(); });
  return cells;
}

std::vector<std::string> no_longer_planned(const std::vector<CellId>& earlier, const Catalogue& catalogue,
                                           const Filter& filter, const std::vector<PlannedCell>& planned) {
  std::set<CellId> there;
  for (const PlannedCell& cell : planned) there.insert(cell.id);
  std::vector<std::string> gone;
  for (const CellId& cell : earlier)
    if (!there.contains(cell) && asked_for(filter, catalogue, cell)) gone.push_back(cell.text());
  return gone;
}

Result<Shard> Shard::parse(std::string_view text) {
  const auto parts = split(text, '/');
  Shard shard;
  const auto number = [](const std::string& digits, std::size_t& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} && end == digits.data() + digits.size();
  };
  if (parts.size() != 2 || !number(parts[0], shard.index) || !number(parts[1], shard.count) || shard.index < 1 ||
      shard.index > shard.count)
    return ParseError{"--shard " + std::string(text) + ": want I/N with 1 <= I <= N, for example 2/5", "", 0};
  return shard;
}

double expected_cost(const PlannedCell& cell, const std::map<std::string, double>& cost_ms) {
  if (!cell.unsupported.empty()) return 0;
  const auto known = cost_ms.find(cell.id.text());
  return known != cost_ms.end() ? known->second : 10.0 * static_cast<double>(cell.scenario->timeline.size());
}

std::vector<PlannedCell> take_shard(std::vector<PlannedCell> cells, const Shard& shard,
                                    const std::map<std::string, double>& cost_ms) {
  std::vector<std::pair<double, std::size_t>> by_cost;
  for (std::size_t i = 0; i < cells.size(); ++i) by_cost.emplace_back(-expected_cost(cells[i], cost_ms), i);
  std::sort(by_cost.begin(), by_cost.end());

  std::set<std::pair<double, std::size_t>> load;  // what each shard carries so far, the lightest first
  for (std::size_t i = 0; i < shard.count; ++i) load.emplace(0.0, i);
  std::vector<std::size_t> mine;
  for (const auto& [negative_cost, cell] : by_cost) {
    auto [carried, index] = *load.begin();
    load.erase(load.begin());
    load.emplace(carried - negative_cost + 1e-6, index);
    if (index == shard.index - 1) mine.push_back(cell);
  }
  std::sort(mine.begin(), mine.end());
  std::vector<PlannedCell> taken;
  for (const std::size_t i : mine) taken.push_back(std::move(cells[i]));
  return taken;
}

}  // namespace ti

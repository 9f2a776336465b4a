// list: what there is.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.hpp"
#include "cli/build_table.hpp"
#include "cli/builds.hpp"
#include "cli/command.hpp"
#include "report/exercised.hpp"
#include "report/try_print.hpp"
#include "rules/registry.hpp"

namespace ti {

namespace {

using Json = nlohmann::ordered_json;

/// What stands in a column: lists as words.
std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "-";
  if (!value.is_array()) return value.dump();
  std::string text;
  for (const Json& item : value) text += (text.empty() ? "" : " ") + item.get<std::string>();
  return text;
}

/// A table that prints itself as columns or as a JSON array of objects, in which lists and numbers stay what they are.
struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<Json>> rows;

  void print_markdown() const {
    std::string rule = "|";
    for (std::size_t i = 0; i < columns.size(); ++i) rule += " --- |";
    try_print(stdout, "| {} |\n{}\n", fmt::join(columns, " | "), rule);
    for (const auto& row : texts()) try_print(stdout, "| {} |\n", fmt::join(row, " | "));
  }

  void print(bool json) const {
    if (json) {
      Json array = Json::array();
      for (const auto& row : rows) {
        Json object;
        for (std::size_t i = 0; i < columns.size(); ++i) object[columns[i]] = row[i];
        array.push_back(std::move(object));
      }
      try_print(stdout, "{}\n", array.dump(2));
      return;
    }
    const auto lines = texts();
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      std::size_t width = columns[i].size();
      for (const auto& line : lines) width = std::max(width, line[i].size());
      widths.push_back(width);
    }
    print_row(columns, widths);
    for (const auto& line : lines) print_row(line, widths);
  }

 private:
  std::vector<std::vector<std::string>> texts() const {
    std::vector<std::vector<std::string>> lines;
    for (const auto& row : rows) {
      lines.emplace_back();
      for (const Json& value : row) lines.back().push_back(text_of(value));
    }
    return lines;
  }

  static void print_row(const std::vector<std::string>& row, const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += i + 1 < row.size() ? fmt::format("{:<{}}  ", row[i], widths[i]) : row[i];
    try_print(stdout, "{}\n", line);
  }
};

Json versions(const auto& list) {
  Json names = Json::array();
  for (const Version version : list) names.push_back(name(version));
  return names;
}

std::string state(const std::map<std::string, std::string>& missing, const std::string& id) {
  const auto found = missing.find(id);
  return found == missing.end() ? "ready" : found->second;
}

Table servers(const Catalogue& catalogue, const Paths&) {
  Table table{{"id", "library", "tls", "state", "title"}, {}};
  for (const ServerManifest& server : catalogue.servers) {
    std::vector<Version> tls;
    for (const auto& [version, fragment] : server.tls) tls.push_back(version);
    table.rows.push_back(
        {server.id, server.library, versions(tls), state(catalogue.server_missing, server.id), server.title});
  }
  return table;
}

Table clients(const Catalogue& catalogue, const Paths&) {
  Table table{{"id", "library", "seen", "carry", "tls", "state", "front_door"}, {}};
  for (const ClientManifest& client : catalogue.clients)
    table.rows.push_back({client.id, client.library, client.seen, client.carry == Carry::cache ? "cache" : "export",
                          versions(client.tls), state(catalogue.client_missing, client.id), client.front_door});
  return table;
}

/// What a client lacks, and why; equal reasons once.
std::string lacks(const ClientManifest& client) {
  std::vector<std::pair<std::string, std::string>> reasons;
  for (const auto& [what, why] : client.cannot) {
    if (client.capabilities.contains(what) || client.tls.contains(version_of(what))) continue;
    const auto same =
        std::find_if(reasons.begin(), reasons.end(), [&why = why](const auto& reason) { return reason.first == why; });
    if (same == reasons.end())
      reasons.emplace_back(why, what);
    else
      same->second += ", " + what;
  }
  std::string text;
  for (const auto& [why, what] : reasons) text += (text.empty() ? "" : "; ") + what + ": " + why;
  return text;
}

/// The table of clients/README.md.
Table clients_in_full(const Catalogue& catalogue) {
  Table table{{"id", "library", "seen", "front door", "carry", "TLS", "cannot"}, {}};
  for (const ClientManifest& client : catalogue.clients)
    table.rows.push_back({"`" + client.id + "`", client.library, client.seen, client.front_door,
                          client.carry == Carry::cache ? "cache" : "export", versions(client.tls), lacks(client)});
  return table;
}

Table scenarios(const Catalogue& catalogue, const Paths&) {
  Table table{{"id", "tls", "spec", "title"}, {}};
  for (const Scenario& scenario : catalogue.scenarios) {
    table.rows.push_back({scenario.id, versions(scenario.tls), scenario.spec, scenario.title});
  }
  return table;
}

const char* actor_name(Actor actor) {
  switch (actor) {
    case Actor::client:
      return "client";
    case Actor::server:
      return "server";
    case Actor::either:
      return "either";
  }
  return "";
}

/// What the rules had to look at in the latest run; nothing when there was none.
std::optional<Exercised> exercised(const std::filesystem::path& latest) {
  if (!std::filesystem::exists(latest / "exercised.json")) return std::nullopt;
  Result<Exercised> exercised = load_exercised(latest);
  if (!exercised) throw UsageError(exercised.error().text());
  return std::move(*exercised);
}

Table rules(const Catalogue&, const Paths& paths) {
  const auto scenarios = exercised(paths.reports / "latest");
  Table table{{"id", "actor", "severity", "section", "scenarios", "sentence"}, {}};
  for (const Rule& rule : all_rules()) {
    Json count;
    if (scenarios) {
      const auto found = scenarios->find(std::string(rule.id));
      count = found == scenarios->end() ? 0 : found->second.size();
    }
    table.rows.push_back({std::string(rule.id), actor_name(rule.actor), std::string(name(rule.severity)),
                          std::string(rule.section), count, std::string(rule.sentence)});
  }
  return table;
}

Table cells(const Catalogue& catalogue, const Paths&) {
  const auto planned = plan(catalogue, Filter{}, false);
  if (!planned) throw UsageError(planned.error().text());
  Table table{{"id", "state"}, {}};
  for (const PlannedCell& cell : *planned)
    table.rows.push_back({cell.id.text(), cell.unsupported.empty() ? "ready" : "unsupported: " + cell.unsupported});
  return table;
}

/// The table of builds: what each server and client runs on, and what it may be given instead.
Table builds(const Catalogue& catalogue, const Paths& paths) {
  Table table{{"id", "side", "version", "place", "file", "sha256", "takes"}, {}};
  const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  for (const BuildRow& row : build_rows(catalogue, paths))
    table.rows.push_back({row.id, row.side, or_null(row.version), or_null(row.place), or_null(row.file),
                          or_null(row.sha256), row.takes});
  return table;
}

}  // namespace

Action make_list(CLI::App& app) {
  struct Options {
    std::string what;
    Filter builds;
    bool json = false;
    bool markdown = false;
  };
  auto options = std::make_shared<Options>();
  app.add_option("what", options->what, "servers, clients, builds, scenarios, rules or cells")->required();
  add_build_options(app, options->builds);
  app.footer(
      "`list builds` tells which version and file of its library each server and client loads. `list rules` counts the "
      "scenarios of reports/latest in which a rule had something to look at.");
  auto* json = app.add_flag("--json", options->json, "as a JSON array");
  app.add_flag("--markdown", options->markdown, "clients only: the table of clients/README.md")->excludes(json);
  return [options](const Invocation& invocation) {
    using Make = Table (*)(const Catalogue&, const Paths&);
    static const std::map<std::string, Make> tables{{"servers", servers},     {"clients", clients}, {"builds", builds},
                                                    {"scenarios", scenarios}, {"rules", rules},     {"cells", cells}};
    const auto found = tables.find(options->what);
    if (found == tables.end()) {
      std::vector<std::string> names;
      for (const auto& [name, make] : tables) names.push_back(name);
      throw UsageError("cannot list \"" + options->what + "\";" + did_you_mean(options->what, names) +
                       " one of servers, clients, builds, scenarios, rules, cells");
    }
    if (options->markdown && options->what != "clients") throw UsageError("--markdown is for clients");
    Catalogue catalogue = load_catalogue(invocation.paths());
    print_errors(catalogue);
    Filter filter = options->builds;
    add_builds(catalogue, filter, invocation.paths());
    if (options->markdown)
      clients_in_full(catalogue).print_markdown();
    else
      found->second(catalogue, invocation.paths()).print(options->json);
    return catalogue.errors.empty() ? status::ok : status::error;
  };
}

}  // namespace ti

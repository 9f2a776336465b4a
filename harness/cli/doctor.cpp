// doctor: what can run here, what is missing, and the command that gets it.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/builds.hpp"
#include "cli/command.hpp"
#include "exec/clock.hpp"
#include "report/try_print.hpp"

namespace ti {

namespace {

/// Something that is there or not.
struct Part {
  std::string kind;
  std::string id;
  bool optional = false;
  std::string missing;  ///< why, and what helps; empty when it is there
};

std::string why(const std::map<std::string, std::string>& missing, const std::string& id) {
  const auto found = missing.find(id);
  return found == missing.end() ? "" : found->second;
}

std::vector<Part> parts_of(const Catalogue& catalogue) {
  std::vector<Part> parts{{"tool", "libfaketime", false, find_libfaketime() ? "" : "apt-get install -y libfaketime"}};
  for (const ServerManifest& server : catalogue.servers)
    parts.push_back({"server", server.id, false, why(catalogue.server_missing, server.id)});
  for (const ClientManifest& client : catalogue.clients)
    parts.push_back({"client", client.id, client.optional, why(catalogue.client_missing, client.id)});
  return parts;
}

void print(const std::vector<Part>& parts, std::size_t scenarios) {
  for (const Part& part : parts) {
    const std::string optional = part.optional ? " (optional)" : "";
    if (part.missing.empty())
      try_print(stdout, "ok       {} {}{}\n", part.kind, part.id, optional);
    else
      try_print(stdout, "missing  {} {}{}\n         {}\n", part.kind, part.id, optional, part.missing);
  }
  try_print(stdout, "\n{} scenarios\n", scenarios);
}

void print_json(const std::vector<Part>& parts) {
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const Part& part : parts) {
    nlohmann::ordered_json object{{"kind", part.kind}, {"id", part.id}, {"optional", part.optional}};
    object["ready"] = part.missing.empty();
    object["missing"] = part.missing.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(part.missing);
    array.push_back(std::move(object));
  }
  try_print(stdout, "{}\n", array.dump(2));
}

struct Options {
  Filter builds;
  bool json = false;
};

int doctor(const Options& options, const Invocation& invocation) {
  Catalogue catalogue = load_catalogue(invocation.paths());
  print_errors(catalogue);
  Filter filter = options.builds;
  add_builds(catalogue, filter, invocation.paths());
  const std::vector<Part> parts = parts_of(catalogue);
  options.json ? print_json(parts) : print(parts, catalogue.scenarios.size());
  const bool all = std::ranges::all_of(parts, [](const Part& part) { return part.optional || part.missing.empty(); });
  return all && catalogue.errors.empty() ? status::ok : status::error;
}

}  // namespace

Action make_doctor(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_flag("--json", options->json, "as a JSON array");
  add_build_options(app, options->builds);
  return [options](const Invocation& invocation) { return doctor(*options, invocation); };
}

}  // namespace ti

#include "cli/catalogue.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "base/text.hpp"
#include "rules/registry.hpp"

namespace ti {

namespace {

bool executable(const std::filesystem::path& file) { return ::access(file.c_str(), X_OK) == 0; }

bool in_path(const std::string& program) {
  if (program.find('/') != std::string::npos) return executable(program);
  const char* path = std::getenv("PATH");
  for (const std::string& folder : split(path ? path : "", ':'))
    if (executable(std::filesystem::path(folder) / program)) return true;
  return false;
}

/// The first need that is not met, with what helps; empty when all are.
std::string unmet(const std::vector<Need>& needs) {
  for (const Need& need : needs) {
    const bool found = need.program.empty() ? std::filesystem::exists(need.file) : in_path(need.program);
    if (!found) return fmt::format("{}: {}", need.program.empty() ? need.file : need.program, need.install);
  }
  return {};
}

/// Why an adapter that is not in its folder was not built, and what builds it.
std::string not_built(const ClientManifest& client, const std::filesystem::path& build) {
  const std::string set_up = client.optional ? "./run_matrix.sh --with " + client.adapter_folder.filename().string()
                                             : "./run_matrix.sh --setup";
  std::string failed;
  std::getline(std::ifstream(build / ".failed"), failed);
  if (!failed.empty()) return fmt::format("client {} is not built ({}): {}", client.id, set_up, failed);
  const std::string lack = unmet(client.build_needs);
  return fmt::format("client {} is not built: {}{}", client.id, set_up, lack.empty() ? "" : ", which needs " + lack);
}

/// Why a client cannot be used here; empty when it can.
std::string missing(const ClientManifest& client, const Paths& paths) {
  const std::filesystem::path build =
      (client.optional ? paths.optional_clients_build() : paths.clients_build()) / client.adapter_folder.filename();
  if (const std::string lack = unmet(client.needs); !lack.empty())
    return fmt::format("client {} needs {}", client.id, lack);
  const std::map<std::string, std::string> variables{{"build", build.string()}, {"source", client.folder.string()}};
  for (const std::string& arg : client.argv) {
    if (arg.find("{build}") == std::string::npos) continue;
    const Result<std::string> file = fill_in(arg, variables);
    if (file && !std::filesystem::exists(*file)) return not_built(client, build);
  }
  return {};
}

}  // namespace

Catalogue load_catalogue(const Paths& paths) {
  Catalogue catalogue;
  catalogue.servers = load_servers(paths.root / "servers", catalogue.errors);
  catalogue.clients = load_clients(paths.root / "clients", catalogue.errors);
  catalogue.scenarios = load_scenarios(paths.scenarios, should_rules(), catalogue.errors);
  for (const ServerManifest& server : catalogue.servers)
    if (!executable(paths.servers_build() / server.id / server.binary))
      catalogue.server_missing[server.id] =
          fmt::format("server {} is not built: servers/{}/build.sh build/servers/{}", server.id, server.id, server.id);
  for (const ClientManifest& client : catalogue.clients)
    if (std::string why = missing(client, paths); !why.empty()) catalogue.client_missing[client.id] = std::move(why);
  return catalogue;
}

void print_errors(const Catalogue& catalogue) {
  for (const ParseError& error : catalogue.errors) fmt::print(stderr, "ticket-interop: {}\n", error.text());
}

}  // namespace ti

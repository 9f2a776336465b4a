#include "cli/catalogue.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "base/text.hpp"

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

/// Why a client cannot be used here; empty when it can.
std::string missing(const ClientManifest& client, const Paths& paths) {
  const std::filesystem::path build =
      (client.optional ? paths.optional_clients_build() : paths.clients_build()) / client.folder.filename();
  for (const Need& need : client.needs) {
    const bool found = need.program.empty() ? std::filesystem::exists(need.file) : in_path(need.program);
    if (!found)
      return fmt::format("client {} needs {}: {}", client.id, need.program.empty() ? need.file : need.program,
                         need.install);
  }
  const std::map<std::string, std::string> variables{{"build", build.string()}, {"source", client.folder.string()}};
  for (const std::string& arg : client.argv) {
    if (arg.find("{build}") == std::string::npos) continue;
    const Result<std::string> file = fill_in(arg, variables);
    if (file && !std::filesystem::exists(*file))
      return client.optional
                 ? fmt::format("client {} is not built: ./run_matrix.sh --with {}", client.id,
                               client.folder.filename().string())
                 : fmt::format("client {} was not built: its library's headers are missing (ticket-interop doctor)",
                               client.id);
  }
  return {};
}

}  // namespace

Catalogue load_catalogue(const Paths& paths) {
  Catalogue catalogue;
  catalogue.servers = load_servers(paths.root / "servers", catalogue.errors);
  catalogue.clients = load_clients(paths.root / "clients", catalogue.errors);
  catalogue.scenarios = load_scenarios(paths.scenarios, catalogue.errors);
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

#include "cli/catalogue.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>

#include "base/text.hpp"
#include "report/try_print.hpp"
#include "rules/registry.hpp"

namespace ti {

namespace {

bool executable(const std::filesystem::path& file) { return ::access(file.c_str(), X_OK) == 0; }

/// Whether it is there and can be seen: what lies in a folder that we may not read is as good as missing.
bool visible(const std::filesystem::path& file) {
  std::error_code unreadable;
  return std::filesystem::exists(file, unreadable);
}

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
    const bool found = need.program.empty() ? visible(need.file) : in_path(need.program);
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

/// Whether a word of a command is the path of one file and nothing else: neither a list of paths nor a line for a
/// shell.
bool is_plain_path(std::string_view word) {
  static constexpr std::string_view punctuation = "/._+-";
  return std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || punctuation.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

/// The files of its build that a client's command names, in terms of that folder: its program, which may be {binary},
/// and any later word that is such a path and no more, as the script or the class path of an interpreter is.
std::vector<std::string> built_files(const ClientManifest& client) {
  static constexpr std::string_view place = "{build}/";
  std::vector<std::string> files;
  for (std::size_t i = 0; i < client.argv.size(); ++i) {
    const std::string& word = client.argv[i] == "{binary}" ? client.binary : client.argv[i];
    if (!word.starts_with(place)) continue;
    const std::string file = word.substr(place.size());
    if (i == 0 || is_plain_path(file)) files.push_back(file);
  }
  return files;
}

/// Why a client cannot be used here; empty when it can.
std::string missing(const ClientManifest& client, const Paths& paths) {
  const std::filesystem::path build =
      (client.optional ? paths.optional_clients_build() : paths.clients_build()) / client.adapter_folder.filename();
  if (const std::string lack = unmet(client.needs); !lack.empty())
    return fmt::format("client {} needs {}", client.id, lack);
  const std::vector<std::string> files = built_files(client);
  const bool built = std::all_of(files.begin(), files.end(), [&](const auto& file) { return visible(build / file); });
  return built ? "" : not_built(client, build);
}

/// A control whose rules there are not could never be caught.
void check_controls(Catalogue& catalogue) {
  const auto check = [&](const auto& manifest) {
    if (!manifest.control) return;
    for (const std::string& rule : {manifest.control->rule, manifest.control->occasion})
      if (!find_rule(rule))
        catalogue.errors.push_back({"\"control\": there is no rule \"" + rule + "\"", manifest.folder.string(), 0});
  };
  std::ranges::for_each(catalogue.servers, check);
  std::ranges::for_each(catalogue.clients, check);
}

}  // namespace

Catalogue load_catalogue(const Paths& paths) {
  Catalogue catalogue;
  catalogue.servers = load_servers(paths.root / "servers", catalogue.errors);
  catalogue.clients = load_clients(paths.root / "clients", catalogue.errors);
  catalogue.scenarios = load_scenarios(paths.scenarios, should_rules(), catalogue.errors);
  check_controls(catalogue);
  for (const ServerManifest& server : catalogue.servers)
    if (!executable(paths.servers_build() / server.id / server.binary))
      catalogue.server_missing[server.id] =
          std::filesystem::path(server.binary).is_absolute()
              ? fmt::format("server {}: there is no program {}", server.id, server.binary)
              : fmt::format("server {} is not built: servers/{}/build.sh build/servers/{}", server.id, server.id,
                            server.id);
  for (const ClientManifest& client : catalogue.clients)
    if (std::string why = missing(client, paths); !why.empty()) catalogue.client_missing[client.id] = std::move(why);
  return catalogue;
}

void print_errors(const Catalogue& catalogue) {
  for (const ParseError& error : catalogue.errors) try_print(stderr, "ticket-interop: {}\n", error.text());
}

}  // namespace ti

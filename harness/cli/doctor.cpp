// doctor: what can run here, what is missing, and the command that gets it.
#include "cli/catalogue.hpp"
#include "cli/command.hpp"
#include "exec/clock.hpp"
#include "report/say.hpp"

namespace ti {

namespace {

bool report(const std::string& thing, const std::string& missing) {
  if (missing.empty())
    say(stdout, "ok       {}\n", thing);
  else
    say(stdout, "missing  {}\n         {}\n", thing, missing);
  return missing.empty();
}

std::string why(const std::map<std::string, std::string>& missing, const std::string& id) {
  const auto found = missing.find(id);
  return found == missing.end() ? "" : found->second;
}

int doctor(const Invocation& invocation) {
  const Catalogue catalogue = load_catalogue(invocation.paths());
  print_errors(catalogue);
  bool needed = catalogue.errors.empty();
  needed &= report("libfaketime, for the virtual clock", find_libfaketime() ? "" : "apt-get install -y libfaketime");
  for (const ServerManifest& server : catalogue.servers)
    needed &= report("server " + server.id, why(catalogue.server_missing, server.id));
  for (const ClientManifest& client : catalogue.clients) {
    const bool ready = report("client " + client.id + (client.optional ? " (optional)" : ""),
                              why(catalogue.client_missing, client.id));
    needed &= ready || client.optional;
  }
  say(stdout, "\n{} scenarios\n", catalogue.scenarios.size());
  return needed ? status::ok : status::error;
}

}  // namespace

Action make_doctor(CLI::App&) {
  return [](const Invocation& invocation) { return doctor(invocation); };
}

}  // namespace ti

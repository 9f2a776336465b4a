#include "cli/facts.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <set>

#include "exec/task_group.hpp"
#include "run/versions.hpp"

namespace ti {

Results gather_facts(const std::vector<PlannedCell>& cells, const Catalogue& catalogue, const Site& site,
                     const Invocation& invocation, const std::filesystem::path& libfaketime) {
  Results results;
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  results.run.host = host;
  results.run.version = invocation.version;
  results.run.argv = invocation.argv;

  std::set<std::string> servers;
  std::set<std::string> clients;
  for (const PlannedCell& cell : cells) {
    servers.insert(cell.id.server);
    clients.insert(cell.id.client);
    results.scenarios[cell.id.scenario] = {cell.scenario->title, cell.scenario->spec};
  }

  asio::io_context loop(1);
  Site here = site;
  here.executor = loop.get_executor();
  TaskGroup asked(loop.get_executor());
  const auto server = [&](const ServerManifest* manifest) -> awaitable<void> {
    Facts facts = co_await server_facts(*manifest, here);
    results.servers[manifest->id] = std::move(facts);
  };
  const auto client = [&](const ClientManifest* manifest) -> awaitable<void> {
    Facts facts = co_await client_facts(*manifest, here, libfaketime);
    results.clients[manifest->id] = std::move(facts);
  };
  for (const ServerManifest& manifest : catalogue.servers) {
    if (!servers.contains(manifest.id)) continue;
    results.servers[manifest.id] = {{"title", manifest.title}, {"library", manifest.library}};
    if (!catalogue.server_missing.contains(manifest.id)) asked.spawn(server(&manifest));
  }
  for (const ClientManifest& manifest : catalogue.clients) {
    if (!clients.contains(manifest.id)) continue;
    results.clients[manifest.id] = {{"library", manifest.library}, {"front_door", manifest.front_door}};
    if (!catalogue.client_missing.contains(manifest.id)) asked.spawn(client(&manifest));
  }
  loop.run();
  return results;
}

void set_aside_still_clocks(std::vector<PlannedCell>& cells, const Results& facts) {
  for (PlannedCell& cell : cells) {
    const auto client = facts.clients.find(cell.id.client);
    if (client == facts.clients.end()) continue;
    const auto clock = client->second.find("clock");
    if (clock != client->second.end() && clock->second == "stands still")
      cell.broken =
          "the clock of client " + cell.id.client + " does not move under libfaketime: run it with --clock real";
  }
}

}  // namespace ti

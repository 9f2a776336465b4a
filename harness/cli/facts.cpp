#include "cli/facts.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <set>

#include "exec/task_group.hpp"
#include "run/clock_check.hpp"
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
  if (libfaketime.empty()) return results;

  std::vector<const ServerManifest*> built;
  for (const ServerManifest& manifest : catalogue.servers)
    if (!catalogue.server_missing.contains(manifest.id)) built.push_back(&manifest);
  const auto client_clock = [&](const ClientManifest* manifest) -> awaitable<void> {
    std::string clock = co_await clock_of_client(*manifest, built, here, libfaketime);
    results.clients[manifest->id]["clock"] = std::move(clock);
  };
  std::vector<const ClientManifest*> drivers;  // of servers: their own clock is known to move
  for (const ClientManifest& manifest : catalogue.clients) {
    const auto facts = results.clients.find(manifest.id);
    if (facts == results.clients.end()) continue;
    const auto clock = facts->second.find("clock");
    if (clock == facts->second.end()) continue;
    if (clock->second == clock_not_told) asked.spawn(client_clock(&manifest));
    if (clock->second == clock_moves) drivers.push_back(&manifest);
  }
  const auto server_clock = [&](const ServerManifest* manifest) -> awaitable<void> {
    std::string clock = co_await clock_of_server(*manifest, drivers, here, libfaketime);
    results.servers[manifest->id]["clock"] = std::move(clock);
  };
  for (const ServerManifest* manifest : built)
    if (servers.contains(manifest->id)) asked.spawn(server_clock(manifest));
  loop.restart();
  loop.run();
  return results;
}

void set_aside_unfit(std::vector<PlannedCell>& cells, const Results& facts) {
  const auto unfit = [](const char* kind, const std::map<std::string, Facts>& sides, const std::string& id) {
    const auto side = sides.find(id);
    if (side == sides.end()) return std::string();
    if (const auto broken = side->second.find("broken"); broken != side->second.end())
      return fmt::format("{} {} cannot be driven: {}", kind, id, broken->second);
    const auto clock = side->second.find("clock");
    if (clock == side->second.end() || clock->second != clock_stands_still) return std::string();
    return fmt::format("the clock of {} {} does not move under libfaketime: run it with --clock real", kind, id);
  };
  for (PlannedCell& cell : cells) {
    cell.broken = unfit("server", facts.servers, cell.id.server);
    if (cell.broken.empty()) cell.broken = unfit("client", facts.clients, cell.id.client);
  }
}

}  // namespace ti

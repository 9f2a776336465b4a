#include "cli/facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <thread>

#include "base/text.hpp"
#include "check/clock_check.hpp"
#include "check/versions.hpp"
#include "exec/semaphore.hpp"
#include "exec/task_group.hpp"
#include "model/files.hpp"
#include "wire/transcript.hpp"

namespace ti {

namespace {

namespace fs = std::filesystem;

/// Waits for all; what stops us, stops them first.
awaitable<void> join(TaskGroup& tasks) {
  std::exception_ptr stopped;
  try {
    co_await tasks.join();
  } catch (...) {
    stopped = std::current_exception();
  }
  if (!stopped) co_return;
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  tasks.cancel();
  try {
    co_await tasks.join();
  } catch (const std::exception&) {
    // what stopped it first is what is told
  }
  std::rethrow_exception(stopped);
}

std::string digest_of(const fs::path& file) {
  const Result<std::string> text = read_file(file);
  if (!text) throw UsageError(text.error().text());
  return sha256_hex(as_bytes(*text));
}

bool counts(const fs::path& name) {
  return !name.native().starts_with('.') && name != "__pycache__" && name.extension() != ".md";
}

std::string digest_below(const fs::path& folder) {
  std::vector<std::string> lines;
  for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::recursive_directory_iterator(); ++entry) {
    if (!counts(entry->path().filename()))
      entry.disable_recursion_pending();
    else if (entry->is_regular_file())
      lines.push_back(
          fmt::format("{} {}\n", entry->path().lexically_relative(folder).string(), digest_of(entry->path())));
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all += line;
  return sha256_hex(as_bytes(all));
}

std::string differs(const std::string& what, const std::string& ours, const std::string& theirs) {
  return ours == theirs ? "" : fmt::format("{}: {} against {}", what, theirs, ours);
}

std::string value_of(const Facts& facts, const std::string& name) {
  const auto found = facts.find(name);
  return found == facts.end() ? "none" : found->second;
}

/// The first of these facts that differs.
std::string difference(const std::string& of, const Facts& ours, const Facts& theirs,
                       const std::set<std::string>& names) {
  for (const std::string& name : names)
    if (std::string found = differs(name + of, value_of(ours, name), value_of(theirs, name)); !found.empty())
      return found;
  return {};
}

std::string difference(const std::string& kind, const std::map<std::string, Facts>& ours,
                       const std::map<std::string, Facts>& theirs) {
  for (const auto& [id, facts] : theirs) {
    const auto mine = ours.find(id);
    if (mine == ours.end()) continue;
    std::set<std::string> names{"version", "library_version", "binary_sha256"};
    if (facts.contains("build")) names.insert("file_sha256");
    std::string found = difference(fmt::format(" of {} {}", kind, id), mine->second, facts, names);
    if (!found.empty()) return found;
  }
  return {};
}

/// Has those that could not tell their time show, by handshakes under the virtual clock, that it moves.
awaitable<void> observe_clocks(Results* results, const Catalogue& catalogue, const RunContext& context,
                               const fs::path& libfaketime) {
  TaskGroup asked(context.executor);
  std::vector<const ServerManifest*> built;
  for (const ServerManifest& manifest : catalogue.servers)
    if (!catalogue.server_missing.contains(manifest.id)) built.push_back(&manifest);
  const auto client_clock = [&](const ClientManifest* manifest) -> awaitable<void> {
    const ClockState clock = co_await clock_of_client(*manifest, built, context, libfaketime);
    tell_clock(results->clients[manifest->id], clock);
  };
  std::vector<const ClientManifest*> drivers;  // of servers: their own clock is known to move
  for (const ClientManifest& manifest : catalogue.clients) {
    const auto facts = results->clients.find(manifest.id);
    if (facts == results->clients.end()) continue;
    const std::optional<ClockState> clock = clock_told(facts->second);
    const bool shows_by_certificates = !manifest.cannot.contains("certificate_dates");
    if (clock == ClockState::not_told && shows_by_certificates) asked.spawn(client_clock(&manifest));
    if (clock == ClockState::moves) drivers.push_back(&manifest);
  }
  const auto server_clock = [&](const ServerManifest* manifest) -> awaitable<void> {
    const ClockState clock = co_await clock_of_server(*manifest, drivers, context, libfaketime);
    tell_clock(results->servers[manifest->id], clock);
  };
  for (const ServerManifest* manifest : built)
    if (results->servers.contains(manifest->id)) asked.spawn(server_clock(manifest));
  co_await join(asked);
}

}  // namespace

awaitable<Results> gather_facts(const std::vector<PlannedCell>& cells, const Catalogue& catalogue,
                                const RunContext& context, const fs::path& libfaketime) {
  Results results;
  std::set<std::string> servers;
  std::set<std::string> clients;
  for (const PlannedCell& cell : cells) {
    servers.insert(cell.id.server);
    clients.insert(cell.id.client);
    results.scenarios[cell.id.scenario] = {cell.scenario->title, cell.scenario->spec};
  }

  TaskGroup asked(context.executor);
  Semaphore starting(2 *
                     std::max(1U, std::thread::hardware_concurrency()));  // more at once would only wait for each other
  const auto server = [&](const ServerManifest* manifest) -> awaitable<void> {
    Facts facts = co_await server_facts(*manifest, context);
    results.servers[manifest->id] = std::move(facts);
  };
  const auto client = [&](const ClientManifest* manifest) -> awaitable<void> {
    SemaphorePermit permit(&starting);
    co_await permit.acquire();
    Facts facts = co_await client_facts(*manifest, context, libfaketime);
    results.clients[manifest->id].merge(facts);
  };
  for (const ServerManifest& manifest : catalogue.servers) {
    if (!servers.contains(manifest.id)) continue;
    results.servers[manifest.id] = {{"title", manifest.title}, {"library", manifest.library}};
    if (manifest.control) results.servers[manifest.id]["control"] = manifest.control->rule;
    if (!catalogue.server_missing.contains(manifest.id)) asked.spawn(server(&manifest));
  }
  for (const ClientManifest& manifest : catalogue.clients) {
    if (!clients.contains(manifest.id)) continue;
    results.clients[manifest.id] = {{"library", manifest.library}, {"front_door", manifest.front_door}};
    if (!manifest.seen.empty() && !manifest.build) results.clients[manifest.id]["seen"] = manifest.seen;
    if (manifest.control) results.clients[manifest.id]["control"] = manifest.control->rule;
    if (!catalogue.client_missing.contains(manifest.id)) asked.spawn(client(&manifest));
  }
  co_await join(asked);
  if (!libfaketime.empty()) co_await observe_clocks(&results, catalogue, context, libfaketime);
  co_return results;
}

awaitable<Results> gather_facts_of_all(const Catalogue& catalogue, const RunContext& context) {
  const Scenario none;
  std::vector<PlannedCell> cells;
  const auto plan = [&](const std::string& server, const std::string& client) {
    cells.push_back({{server, client, none.id, Version::tls12}, nullptr, nullptr, &none, {}, {}});
  };
  for (const ServerManifest& server : catalogue.servers) plan(server.id, "");
  for (const ClientManifest& client : catalogue.clients) plan("", client.id);
  Results results = co_await gather_facts(cells, catalogue, context, {});
  co_return results;
}

namespace {

/// What a side of a cell must have, by its manifest.
struct Needs {
  const char* kind;
  const std::string& id;
  const std::set<std::string>& capabilities;
  std::string_view tls;
};

/// Why the library found here cannot do what the manifest has; empty when it can.
std::string library_lacks(const std::map<std::string, Facts>& sides, const Needs& needs) {
  const auto side = sides.find(needs.id);
  if (side == sides.end()) return {};
  const Facts& facts = side->second;
  const std::string here = fmt::format("{} is what is installed here", value_of(facts, "version"));
  for (const std::string& capability : needs.capabilities)
    if (const auto why = facts.find(lack_of(capability)); why != facts.end())
      return fmt::format("{} {} lacks {}: {}; {}", needs.kind, needs.id, capability, why->second, here);
  if (!facts.contains("tls")) return {};
  const std::vector<std::string> versions = split(facts.at("tls"), ' ');
  if (std::find(versions.begin(), versions.end(), needs.tls) != versions.end()) return {};
  return fmt::format("{} {} lacks TLS {}: {}", needs.kind, needs.id, needs.tls, here);
}

std::string library_lacks(const Results& facts, const PlannedCell& cell) {
  const std::string_view tls = name(cell.id.tls);
  const Scenario& scenario = *cell.scenario;
  std::string lacks = library_lacks(facts.servers, {"server", cell.id.server, scenario.server_capabilities, tls});
  return lacks.empty() ? library_lacks(facts.clients, {"client", cell.id.client, scenario.client_capabilities, tls})
                       : lacks;
}

}  // namespace

void set_aside_unfit(std::vector<PlannedCell>& cells, const Results& facts) {
  const auto unfit = [](const char* kind, const std::map<std::string, Facts>& sides, const std::string& id) {
    const auto side = sides.find(id);
    if (side == sides.end()) return std::string();
    if (const auto broken = side->second.find("broken"); broken != side->second.end())
      return fmt::format("{} {} cannot be driven: {}", kind, id, broken->second);
    if (clock_told(side->second) != ClockState::stands_still) return std::string();
    return fmt::format("the clock of {} {} does not move under libfaketime: run it with --clock real", kind, id);
  };
  for (PlannedCell& cell : cells) {
    cell.broken = unfit("server", facts.servers, cell.id.server);
    if (cell.broken.empty()) cell.broken = unfit("client", facts.clients, cell.id.client);
    if (cell.unsupported.empty()) cell.unsupported = library_lacks(facts, cell);
  }
}

Facts digests(const std::map<std::string, fs::path>& sources) {
  Facts facts;
  for (const auto& [name, path] : sources) facts[name] = fs::is_directory(path) ? digest_below(path) : digest_of(path);
  return facts;
}

std::string difference(const Results& ours, const Results& theirs) {
  std::set<std::string> sources;
  for (const Results* results : {&ours, &theirs})
    for (const auto& [name, digest] : results->run.sources) sources.insert(name);
  for (const std::string& found :
       {differs("version of ticket-interop", ours.run.version, theirs.run.version),
        differs("clock", ours.run.clock, theirs.run.clock),
        difference(" (SHA-256)", ours.run.sources, theirs.run.sources, sources),
        difference("server", ours.servers, theirs.servers), difference("client", ours.clients, theirs.clients)})
    if (!found.empty()) return found;
  return {};
}

}  // namespace ti

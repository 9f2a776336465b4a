#include "check/clock_check.hpp"

#include <algorithm>
#include <iterator>

#include "exec/temp_dir.hpp"
#include "run/cell.hpp"

namespace ti {

namespace {

using std::chrono::seconds;

constexpr std::string_view state_names[] = {"real", "moves", "stands still", "not told"};  // in order of ClockState
constexpr const char* clock_fact = "clock";

constexpr std::chrono::hours a_day{24};

/// Two connections, a day apart, under keys that live for seconds.
Scenario a_day_apart(const ServerManifest& server, Version tls, const char* second_offer) {
  Scenario scenario;
  scenario.id = "clock";
  scenario.tls = {tls};
  for (const auto& [key, age] : {std::pair("renew_after", seconds(10)), std::pair("expire_after", seconds(20))})
    if (server.policy.contains(key)) scenario.policy.values[key] = age;
  scenario.timeline.resize(2);
  scenario.timeline[1].at = a_day;
  for (Step& step : scenario.timeline) {
    step.connect.emplace();
    step.expect_at[tls] = {};
  }
  scenario.timeline[1].connect->offer = second_offer;
  return scenario;
}

awaitable<std::vector<ConnectionSummary>> connections_of(PlannedCell cell, const RunContext& context,
                                                         std::filesystem::path libfaketime) {
  SlotMode mode;
  mode.libfaketime = std::move(libfaketime);
  mode.keep_warm = false;
  Slot slot(context, std::move(mode));
  CellSettings settings;
  settings.keep = Keep::none;
  CellEnd end = co_await run_cell(std::move(cell), slot, std::move(settings));
  co_await slot.clear();
  co_return std::move(end.result.connections);
}

/// The name of the key that last sealed a ticket in a connection, as the server's log tells it.
std::string sealing_key(const ConnectionSummary& connection) {
  std::string key;
  for (const TicketDecision& decision : connection.server.decisions)
    if (decision.encrypt) key = decision.key;
  return key;
}

ClockState seen_of_server(const std::vector<ConnectionSummary>& connections) {
  if (connections.size() != 2) return ClockState::not_told;
  const std::string before = sealing_key(connections[0]);
  const std::string after = sealing_key(connections[1]);
  if (!before.empty() && !after.empty()) return before == after ? ClockState::stands_still : ClockState::moves;
  if (connections[1].offered.empty()) return ClockState::not_told;
  if (connections[1].handshake == "full") return ClockState::moves;
  return connections[1].handshake == "resumed" ? ClockState::stands_still : ClockState::not_told;
}

ClockState seen_of_client(const std::vector<ConnectionSummary>& connections) {
  if (connections.size() != 2 || connections[0].handshake != "full") return ClockState::not_told;
  return connections[1].handshake == "full" && connections[1].client.ok ? ClockState::stands_still : ClockState::moves;
}

const Version* common_version(const ServerManifest& server, const ClientManifest& client) {
  const auto found = std::find_if(server.tls.rbegin(), server.tls.rend(),
                                  [&](const auto& version) { return client.tls.contains(version.first); });
  return found == server.tls.rend() ? nullptr : &found->first;
}

constexpr std::size_t most_tries = 3;

}  // namespace

std::string_view name(ClockState state) { return state_names[static_cast<std::size_t>(state)]; }

void tell_clock(Facts& facts, ClockState state) { facts[clock_fact] = name(state); }

std::optional<ClockState> clock_told(const Facts& facts) {
  const auto told = facts.find(clock_fact);
  if (told == facts.end()) return std::nullopt;
  const auto found = std::find(std::begin(state_names), std::end(state_names), told->second);
  if (found == std::end(state_names)) return std::nullopt;
  return static_cast<ClockState>(found - std::begin(state_names));
}

awaitable<ClockState> clock_of_server(const ServerManifest& server, std::vector<const ClientManifest*> clients,
                                      const RunContext& context, std::filesystem::path libfaketime) {
  ClockState seen = ClockState::not_told;
  std::size_t tries = 0;
  for (const ClientManifest* client : clients) {
    const Version* tls = common_version(server, *client);
    if (tls == nullptr || seen != ClockState::not_told || ++tries > most_tries) continue;
    const Scenario scenario = a_day_apart(server, *tls, "latest");
    PlannedCell cell{{server.id, client->id, scenario.id, *tls}, &server, client, &scenario, {}};
    const auto connections = co_await connections_of(std::move(cell), context, libfaketime);
    seen = seen_of_server(connections);
  }
  co_return seen;
}

awaitable<ClockState> clock_of_client(const ClientManifest& client, std::vector<const ServerManifest*> servers,
                                      const RunContext& context, std::filesystem::path libfaketime) {
  const TempDir folder(*context.guardian);
  CertificateFacts short_lived;
  short_lived.server_valid = a_day / 2;
  RunContext here = context;
  here.credentials = make_credentials(folder.path(), short_lived);
  ClockState seen = ClockState::not_told;
  std::size_t tries = 0;
  for (const ServerManifest* server : servers) {
    const Version* tls = common_version(*server, client);
    if (tls == nullptr || seen != ClockState::not_told || ++tries > most_tries) continue;
    const Scenario scenario = a_day_apart(*server, *tls, "none");
    PlannedCell cell{{server->id, client.id, scenario.id, *tls}, server, &client, &scenario, {}};
    const auto connections = co_await connections_of(std::move(cell), here, libfaketime);
    seen = seen_of_client(connections);
  }
  co_return seen;
}

}  // namespace ti

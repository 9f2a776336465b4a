#include "check/client_trial.hpp"

#include <fmt/format.h>

#include "check/check_facts.hpp"
#include "endpoints/line_client.hpp"

namespace ti {

ClientTrial::ClientTrial(const ClientManifest& manifest, const RunContext& context,
                         std::vector<const ServerManifest*> servers, std::filesystem::path libfaketime)
    : manifest_(manifest), context_(context), bench_(context, manifest, std::move(servers), std::move(libfaketime)) {}

std::vector<Version> ClientTrial::versions() const {
  std::vector<Version> versions;
  for (auto version = all_versions.rbegin(); version != all_versions.rend(); ++version)
    if (manifest_.tls.contains(*version) && bench_.can_serve(PeerOrder{*version})) versions.push_back(*version);
  if (versions.empty()) throw CheckImpossible("it has no TLS version in common with a server that is built");
  return versions;
}

Version ClientTrial::newest_classic() const {
  for (const Version version : versions())
    if (version < Version::tls13) return version;
  throw CheckSkipped("a matter of TLS 1.2 and below");
}

bool ClientTrial::excused(const std::string& what) {
  const auto cannot = manifest_.cannot.find(what);
  if (cannot == manifest_.cannot.end()) return false;
  excuses_.insert("it cannot " + what + ": " + cannot->second);
  return true;
}

std::set<std::string> ClientTrial::take_excuses() { return std::exchange(excuses_, {}); }

AdapterProcess ClientTrial::start(const std::vector<std::string>& arguments) {
  return AdapterProcess(manifest_, context_, bench_.new_folder("a"), arguments);
}

ConnectOrder ClientTrial::fresh_order(const Peer& peer) const {
  ConnectOrder order;
  order.port = peer.tap->port();
  order.fresh = true;
  return completed(std::move(order), manifest_, 0, "");
}

awaitable<AdapterAnswer> ClientTrial::ask(AdapterProcess* adapter, ConfigureOrder order) {
  std::string line = line_of(order);
  AdapterAnswer answer = co_await adapter->ask(std::move(line));
  co_return answer;
}

awaitable<ClientTrial::Told> ClientTrial::connect(AdapterProcess* adapter, Peer* peer, std::string line) {
  AdapterAnswer answer = co_await adapter->ask(std::move(line));
  Attempt attempt = co_await bench_.settle(peer);
  Told told{std::move(answer), std::move(attempt)};
  co_return told;
}

awaitable<ClientTrial::Told> ClientTrial::connect(AdapterProcess* adapter, Peer* peer, ConnectOrder order) {
  std::string line = line_of(order);
  Told told = co_await connect(adapter, peer, std::move(line));
  co_return told;
}

awaitable<Peer*> ClientTrial::peer(Version version) {
  PeerOrder order{version};
  Peer* peer = co_await bench_.peer(std::move(order));
  co_return peer;
}

awaitable<ClientTrial::Pair> ClientTrial::pair(ClientSettings settings, PeerOrder order) {
  Pair made{nullptr, nullptr};
  const CertificateSet certificates = order.certificates;
  made.peer = co_await bench_.peer(std::move(order));
  made.client = &bench_.new_client(certificates);
  co_await bench_.begin(made.client, std::move(settings));
  co_return made;
}

awaitable<ClientTrial::Pair> ClientTrial::pair(Version version) {
  ClientSettings settings{version, false, {}};
  PeerOrder order{version};
  Pair made = co_await pair(std::move(settings), std::move(order));
  co_return made;
}

awaitable<Attempt> ClientTrial::connect(Pair at, std::size_t number) {
  ConnectOrder order;
  order.connection = number;
  Attempt attempt = co_await bench_.attempt(at.client, at.peer, std::move(order));
  co_return attempt;
}

awaitable<Attempt> ClientTrial::connect_fresh(Pair at, std::size_t number) {
  ConnectOrder order;
  order.connection = number;
  order.fresh = true;
  Attempt attempt = co_await bench_.attempt(at.client, at.peer, std::move(order));
  co_return attempt;
}

awaitable<Attempt> ClientTrial::connect_saved(Pair at, std::size_t number, std::size_t after) {
  ConnectOrder order;
  order.connection = number;
  order.offer_connection = after;
  Attempt attempt = co_await bench_.attempt(at.client, at.peer, std::move(order));
  co_return attempt;
}

void ClientTrial::want_offer(const Attempt& attempt, const Attempt& before, const std::string& which,
                             const std::string& where) {
  if (tickets_of(before).empty()) throw CheckImpossible("the server gave no ticket at " + where);
  const Bytes offered = offered_by(attempt);
  if (offered.empty() && excused("resume")) return;
  if (offered.empty()) throw CheckFailed(fmt::format("{}: it offers no ticket, {}", where, which));
  if (!find_ticket(before, offered)) throw CheckFailed(fmt::format("{}: it offers another ticket, {}", where, which));
  if (attempt.word.ok || !excused("resume")) want_success(attempt, where);
}

}  // namespace ti

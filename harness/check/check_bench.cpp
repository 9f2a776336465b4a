#include "check/check_bench.hpp"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>

#include "exec/alarm.hpp"

namespace ti {

namespace {

Policy policy_of(const PeerOrder& order) {
  Policy policy;
  if (order.asks_certificate) policy.values["client_certificate"] = std::string("request");
  if (!order.gives_tickets) policy.values["tickets"] = std::string("off");
  return policy;
}

CertificateFacts facts_of(CertificateSet certificates) {
  CertificateFacts facts;
  if (certificates == CertificateSet::other_name) facts.server_name = "elsewhere.invalid";
  if (certificates == CertificateSet::short_lived) facts.server_valid = short_life;
  return facts;
}

}  // namespace

CheckBench::CheckBench(const RunContext& context, const ClientManifest& manifest,
                       std::vector<const ServerManifest*> servers, std::filesystem::path libfaketime)
    : context_(context),
      manifest_(manifest),
      servers_(std::move(servers)),
      libfaketime_(std::move(libfaketime)),
      folder_(*context.guardian) {}

std::filesystem::path CheckBench::new_folder(const char* kind) {
  std::filesystem::path folder = folder_.path() / (kind + std::to_string(++folders_));
  std::filesystem::create_directories(folder);
  return folder;
}

const ServerManifest* CheckBench::choose(const PeerOrder& order) const {
  const auto able = [&](const ServerManifest* server) {
    return server->tls.contains(order.tls) && server->capabilities.contains("keylog") &&
           (order.capability.empty() || server->capabilities.contains(order.capability)) &&
           (!order.asks_certificate || server->policy.contains("client_certificate")) &&
           (order.gives_tickets || server->policy.contains("tickets"));
  };
  const auto found = std::find_if(servers_.begin(), servers_.end(), able);
  return found == servers_.end() ? nullptr : *found;
}

const RunContext& CheckBench::context_of_server(CertificateSet certificates) {
  if (certificates == CertificateSet::honest) return context_;
  const auto known = contexts_.find(certificates);
  if (known != contexts_.end()) return known->second;
  RunContext context = context_;
  context.credentials = make_credentials(new_folder("w"), facts_of(certificates));
  return contexts_.emplace(certificates, std::move(context)).first->second;
}

const RunContext& CheckBench::context_of_client(CertificateSet certificates) {
  return certificates == CertificateSet::strange_ca ? context_ : context_of_server(certificates);
}

awaitable<Peer*> CheckBench::peer(PeerOrder order) {
  const auto running =
      std::find_if(peers_.begin(), peers_.end(), [&](const auto& peer) { return peer->order == order; });
  if (running != peers_.end()) co_return running->get();
  const ServerManifest* manifest = choose(order);
  if (!manifest)
    throw CheckImpossible("no server that is built speaks TLS " + std::string(name(order.tls)) +
                          (order.asks_certificate ? " and asks for a certificate" : "") +
                          (order.gives_tickets ? "" : " and can do without tickets") +
                          (order.capability.empty() ? "" : " and can do " + order.capability));
  auto made = std::make_unique<Peer>();
  made->order = order;
  ServerOrder server_order{manifest, policy_of(order), order.tls, order.ciphers};
  made->server =
      std::make_unique<Server>(std::move(server_order), context_of_server(order.certificates), new_folder("s"));
  const RealClock clock;
  const Deadline deadline = deadline_in(context_.limits.start);
  co_await made->server->start(clock, watch_, deadline);
  made->tap = std::make_unique<Tap>(context_.executor, made->server->upstream(), watch_);
  peers_.push_back(std::move(made));
  co_return peers_.back().get();
}

bool CheckBench::can_move_clock() const {
  return !libfaketime_.empty() || manifest_.capabilities.contains("own_clock");
}

Client& CheckBench::new_client(CertificateSet certificates) {
  const std::filesystem::path folder = new_folder("c");
  Guest guest;
  const ClockKind kind = can_move_clock() ? ClockKind::virtual_time : ClockKind::real_time;
  guest.clock = make_clock(kind, *context_.guardian, folder, libfaketime_);
  guest.client = make_client(manifest_, context_of_client(certificates), *guest.clock, watch_, folder / "c");
  guests_.push_back(std::move(guest));
  return *guests_.back().client;
}

ClockControl& CheckBench::clock_of(const Client& client) {
  return *std::find_if(guests_.begin(), guests_.end(), [&](const Guest& guest) {
            return guest.client.get() == &client;
          })->clock;
}

awaitable<void> CheckBench::begin(Client* client, ClientSettings settings) {
  try {
    const Deadline deadline = deadline_in(context_.limits.start);
    co_await client->begin(std::move(settings), deadline);
  } catch (const AdapterRefused& refused) {
    throw CheckRefused(refused.what());
  } catch (const HarnessError& error) {
    throw CheckFailed(error.what());
  }
}

awaitable<ClientWord> CheckBench::told(Client* client, ConnectOrder order, Deadline deadline) {
  ClientWord word;
  try {
    word = co_await client->connect(std::move(order), deadline);
  } catch (const AdapterRefused& refused) {
    throw CheckRefused(refused.what());
  } catch (const HarnessError& error) {
    throw CheckFailed(error.what());
  }
  if (!word.answered) throw CheckFailed("no answer to connect: " + word.error_text);
  co_return word;
}

awaitable<Attempt> CheckBench::attempt(Client* client, Peer* peer, ConnectOrder order) {
  order.port = peer->tap->port();
  const Deadline deadline = deadline_in(context_.limits.step);
  const Alarm taken_away(context_.executor, deadline, [peer] { peer->tap->close_all(); });
  ClientWord word;
  std::exception_ptr failed;
  try {
    word = co_await told(client, std::move(order), deadline + context_.limits.answer);
  } catch (const CheckFailed&) {
    failed = std::current_exception();
  }
  Attempt made = co_await settle(peer);
  if (failed) std::rethrow_exception(failed);
  made.word = std::move(word);
  made.hung = made.hung || taken_away.rang();
  co_return made;
}

awaitable<Attempt> CheckBench::settle(Peer* peer) {
  Attempt made;
  const Deadline deadline = deadline_in(context_.limits.step);
  const bool idle = co_await peer->tap->idle(deadline);
  if (!idle) {
    made.hung = true;
    peer->tap->close_all();
  }
  for (Tapped& tapped : peer->tap->take()) made.recordings.push_back(std::move(tapped.sent));
  peer->keys.add(peer->server->take_keylog());
  if (!peer->server->running()) throw HarnessError("server " + peer->server->order().manifest->id + " ended by itself");
  if (!made.recordings.empty()) made.wire = decode(made.recordings.front(), peer->keys);
  made.handshakes = handshakes_of(made.wire);
  co_return made;
}

awaitable<ClientWord> CheckBench::attempt_dead_port(Client* client, ConnectOrder order) {
  using asio::ip::tcp;
  tcp::socket bound(context_.executor);  // a port that is taken and not listened on stays dead
  bound.open(tcp::v4());
  bound.bind(tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  order.port = bound.local_endpoint().port();
  const Deadline deadline = deadline_in(context_.limits.step);
  ClientWord word = co_await told(client, std::move(order), deadline);
  co_return word;
}

awaitable<std::string> CheckBench::dismiss() {
  std::string stray;
  for (Guest& guest : guests_) {
    co_await guest.client->end(context_.limits.answer);
    stray += guest.client->take_stray();
  }
  guests_.clear();
  co_return stray;
}

awaitable<void> CheckBench::stop() {
  for (const std::unique_ptr<Peer>& peer : peers_) {
    peer->tap.reset();
    co_await peer->server->stop();
  }
  peers_.clear();
}

}  // namespace ti

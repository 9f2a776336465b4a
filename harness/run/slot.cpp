#include "run/slot.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>

namespace ti {

namespace {

/// Beyond this much virtual time a slot starts afresh, well before its certificates end.
constexpr double most_offset_s = 2 * 365 * 86400.0;

/// A server whose keys live longer is not kept: with the wait for their death and a timeline after it, the certificates
/// must still be good.
constexpr std::chrono::hours longest_wait(5 * 365 * 24);

/// Until every ticket key of a server with this policy is dead, with room for what is still to be sealed.
std::chrono::milliseconds until_keys_are_dead(const Policy& policy) {
  const std::chrono::seconds* expire = policy.duration("expire_after");
  return expire ? *expire + std::chrono::seconds(2) : std::chrono::seconds(0);
}

bool can_stay(const ServerOrder& order) {
  const std::chrono::seconds* expire = order.policy.duration("expire_after");
  return order.manifest->warm && expire && *expire <= longest_wait && !order.policy.values.contains("callback_results");
}

}  // namespace

Slot::Slot(const RunContext& context, SlotMode mode)
    : context_(context), mode_(std::move(mode)), folder_(*context.guardian) {
  if (real_clock()) mode_.keep_warm = false;
  make_clock();
}

void Slot::make_clock() {
  const ClockKind kind = real_clock() ? ClockKind::real_time : ClockKind::virtual_time;
  clock_ = ti::make_clock(kind, *context_.guardian, folder_.path(), mode_.libfaketime);
}

std::filesystem::path Slot::new_path(const char* kind) { return folder_.path() / (kind + std::to_string(++folders_)); }

bool Slot::has_room() const {
  const std::filesystem::path probe = folder_.path() / "room";
  errno = 0;
  std::ofstream file(probe, std::ios::binary);
  file << std::string(std::size_t{64} << 10, ' ');
  file.close();
  const bool full = !file && (errno == ENOSPC || errno == EDQUOT);
  std::error_code ignored;  // the slot's folder goes as a whole in the end
  std::filesystem::remove(probe, ignored);
  return !full;
}

bool Slot::has_warm(const ServerOrder& order) const {
  return std::any_of(servers_.begin(), servers_.end(), [&](const auto& server) { return server->order() == order; });
}

Slot::Grace Slot::grace_of(StopMode stop_mode) const {
  if (stop_mode == StopMode::kill) return {};
  return {.client = context_.limits.answer, .server = std::chrono::seconds(1)};
}

awaitable<Server*> Slot::begin_cell(ServerOrder order, Deadline deadline) {
  if (clock_->offset_s() > most_offset_s) {
    co_await clear();
    make_clock();
  }
  const auto warm =
      std::find_if(servers_.begin(), servers_.end(), [&](const auto& server) { return server->order() == order; });
  if (warm != servers_.end()) {
    server_ = std::move(*warm);
    servers_.erase(warm);
    if (server_->running()) {
      co_await clock_->begin(until_keys_are_dead(order.policy));
      server_->take_log();
      server_->take_keylog();
      co_return server_.get();
    }
  }
  co_await clock_->begin(std::chrono::milliseconds(0));
  server_ = std::make_unique<Server>(std::move(order), context_, new_path("s"));
  co_await server_->start(*clock_, watch_, deadline);
  co_return server_.get();
}

awaitable<Client*> Slot::lend_client(const ClientManifest& manifest, ClientSettings settings, Deadline deadline) {
  const auto warm =
      std::find_if(clients_.begin(), clients_.end(), [&](const auto& client) { return client.first == manifest.id; });
  if (warm != clients_.end()) {
    client_ = std::move(warm->second);
    clients_.erase(warm);
  } else {
    client_ = make_client(manifest, context_, *clock_, watch_, new_path("c"));
  }
  client_id_ = manifest.id;
  settings.fresh_processes = !mode_.keep_warm;
  co_await client_->begin(std::move(settings), deadline);
  co_return client_.get();
}

awaitable<void> Slot::end_cell(bool healthy, bool server_may_stay, StopMode stop_mode) {
  std::unique_ptr<Client> client = std::move(client_);
  std::unique_ptr<Server> server = std::move(server_);
  const bool keep = mode_.keep_warm && healthy;
  if (client && keep && client->reusable()) {
    clients_.emplace_back(client_id_, std::move(client));
    if (clients_.size() > mode_.most_warm) {
      client = std::move(clients_.front().second);
      clients_.erase(clients_.begin());
    }
  }
  if (server && keep && server_may_stay && server->running() && can_stay(server->order())) {
    servers_.push_back(std::move(server));
    if (servers_.size() > mode_.most_warm) {
      server = std::move(servers_.front());
      servers_.erase(servers_.begin());
    }
  }
  const Grace grace = grace_of(stop_mode);
  if (client) co_await client->end(grace.client);
  if (server) co_await server->stop(grace.server);
}

awaitable<void> Slot::clear(StopMode stop_mode) {
  co_await end_cell(false, false, stop_mode);
  const Grace grace = grace_of(stop_mode);
  for (auto& [id, client] : clients_) co_await client->end(grace.client);
  clients_.clear();
  for (auto& server : servers_) co_await server->stop(grace.server);
  servers_.clear();
}

}  // namespace ti

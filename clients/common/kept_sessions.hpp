#pragma once

#include "common/adapter.hpp"

#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <utility>

namespace ti::adapter {

/// What an application with the carry `cache` keeps: the newest session, which it offers next, and beside it, for
/// orders that name a connection, what it had kept after each.
///
/// `Session` is a copyable handle that is false when default-constructed, say a std::shared_ptr. Where a library
/// changes a session once it has been offered, `copy` makes one that later use does not touch; it is never given an
/// empty session.
template <class Session>
class KeptSessions {
 public:
  using Copy = std::function<Session(const Session&)>;

  KeptSessions() = default;
  explicit KeptSessions(Copy copy) : copy_(std::move(copy)) {}

  void clear() {
    latest_ = {};
    saved_.clear();
    connection_ = 0;
  }

  /// Begins the connection that `order` names and gives the session to offer, or an empty one. Throws a Failure of
  /// Stage::protocol if the order wants what was kept after a connection that has not been made.
  Session begin(const ConnectOrder& order) {
    Session chosen = choose(order.offer);
    connection_ = order.connection;
    return chosen;
  }

  /// Keeps `session` as the newest. To be called between begin() and the next begin(), as often as there is one.
  void keep(Session session) {
    saved_.insert_or_assign(connection_, copy(session));
    latest_ = std::move(session);
  }

  /// Keeps nothing to offer next; for a session that may be used only once.
  void forget_latest() { keep({}); }

 private:
  Session choose(const Offer& offer) const {
    if (offer.kind == Offer::Kind::none) return {};
    if (offer.kind == Offer::Kind::latest) return latest_;
    if (offer.after > connection_)
      throw Failure{Stage::protocol, "connection " + std::to_string(offer.after) + " has not been made"};
    const auto later = saved_.upper_bound(offer.after);
    return later == saved_.begin() ? Session{} : copy(std::prev(later)->second);
  }

  Session copy(const Session& session) const { return session ? copy_(session) : Session{}; }

  Copy copy_ = [](const Session& session) { return session; };
  Session latest_{};
  std::map<int, Session> saved_;
  int connection_ = 0;
};

}  // namespace ti::adapter

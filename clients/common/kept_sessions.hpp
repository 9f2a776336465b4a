#pragma once

#include "common/adapter.hpp"

#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ti::adapter {

/// How often the library's documentation lets an application offer a session.
enum class Use { many_times, once };

/// What an application with the carry `cache` keeps: the newest session, which it offers next, and beside it, for
/// orders that name a connection, what was the newest after each.
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
    kept_.clear();
    newest_after_.clear();
    connection_ = 0;
  }

  /// Begins the connection that `order` names and gives the session to offer, or an empty one. Throws a Failure of
  /// Stage::protocol if the order wants what was kept after a connection that has not been made.
  Session begin(const ConnectOrder& order) {
    Session chosen = choose(order.offer);
    connection_ = order.connection;
    if (order.offer.kind == Offer::Kind::latest && !kept_.empty() && kept_.back().use == Use::once) {
      kept_.pop_back();
      note_newest();
    }
    return chosen;
  }

  /// Keeps `session` as the newest, in place of all others or, if it is good for one use, beside them. To be called
  /// between begin() and the next begin(), as often as there is one.
  void keep(Session session, Use use = Use::many_times) {
    if (use == Use::many_times) kept_.clear();
    kept_.push_back({std::move(session), use});
    note_newest();
  }

 private:
  struct Kept {
    Session session;
    Use use;
  };

  Session newest() const { return kept_.empty() ? Session{} : kept_.back().session; }

  Session copy(const Session& session) const { return session ? copy_(session) : Session{}; }

  void note_newest() { newest_after_.insert_or_assign(connection_, copy(newest())); }

  Session choose(const Offer& offer) const {
    if (offer.kind == Offer::Kind::none) return {};
    if (offer.kind == Offer::Kind::latest) return newest();
    if (offer.after > connection_)
      throw Failure{Stage::protocol, "connection " + std::to_string(offer.after) + " has not been made"};
    const auto later = newest_after_.upper_bound(offer.after);
    return later == newest_after_.begin() ? Session{} : copy(std::prev(later)->second);
  }

  Copy copy_ = [](const Session& session) { return session; };
  std::vector<Kept> kept_;
  std::map<int, Session> newest_after_;
  int connection_ = 0;
};

}  // namespace ti::adapter

#pragma once
// The TCP proxy between a client and a server, which records what passes and may disturb it.
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exec/disturbance.hpp"
#include "exec/task_group.hpp"

namespace ti {

/// Upstream is where the server listens: a unix socket if there is a path, otherwise a port of 127.0.0.1.
struct Upstream {
  std::filesystem::path socket;
  std::uint16_t port = 0;
};

/// Tapped is one connection that has passed.
struct Tapped {
  Recording sent;                      ///< what each side sent; at most one ending a side, the first
  std::optional<Recording> delivered;  ///< what was written onwards; only where a disturbance was at work
  AppliedDisturbance applied;          ///< what the disturbance did
  bool left_open = false;              ///< close_all() had to end it
  bool reached = false;                ///< the server took the connection
  std::optional<Side> flooded;         ///< who sent the most, where it was more than the tap carries
  std::string error;  ///< why the tap itself ended it (server not reachable, too many bytes); else empty
};

/// Tap listens on a port of 127.0.0.1 that the kernel chose. Each segment is recorded before it is forwarded; a FIN
/// goes on as a half-close, a reset as a reset (to a unix socket as a close, which has no reset). A client whose server
/// cannot be reached is reset. It sets TCP_NODELAY and close-on-exec everywhere.
class Tap {
 public:
  static constexpr std::size_t most_bytes = std::size_t{8} << 20;  ///< of one connection, both directions

  Tap(Executor executor, Upstream upstream, Stopwatch clock, MakeDisturbance disturb = {});
  ~Tap();  ///< closes whatever is open
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  std::uint16_t port() const;

  /// Waits until every connection that a client has made is over in both directions; false when the deadline came
  /// first.
  awaitable<bool> idle(Deadline deadline);

  /// Closes what is open, at once; the endings that this forces are marked by_harness. What the server never took ends
  /// as if it had reset it.
  void close_all();

  /// The connections that are over, in the order in which they were accepted, since the last call. Call it after idle()
  /// or close_all().
  std::vector<Tapped> take();

 private:
  struct State;
  std::shared_ptr<State> state_;
  TaskGroup tasks_;
};

}  // namespace ti

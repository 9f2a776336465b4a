#pragma once
// Work that a person may stop.
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "exec/asio.hpp"

namespace ti {

/// Interruptible runs coroutines, one after the other, which SIGINT, SIGTERM, SIGHUP unless it is ignored, or
/// the end of a time stops. From its making on
/// no such signal ends the process: one that comes between two coroutines stops the next.
class Interruptible {
 public:
  /// The time runs from now; zero is no limit.
  Interruptible(asio::io_context& loop, std::chrono::seconds limit);

  /// Gives whether it ended undisturbed; throws what it threw.
  bool run(awaitable<void> task);

 private:
  asio::io_context& loop_;
  asio::signal_set signals_;
  Timer limit_;
};

}  // namespace ti

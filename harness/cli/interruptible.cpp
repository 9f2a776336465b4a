#include "cli/interruptible.hpp"

#include <csignal>

#include "exec/task_group.hpp"

namespace ti {

Interruptible::Interruptible(asio::io_context& loop, std::chrono::seconds limit)
    : loop_(loop), signals_(loop, SIGINT, SIGTERM), limit_(loop) {
  struct sigaction hung_up {};
  ::sigaction(SIGHUP, nullptr, &hung_up);
  if (hung_up.sa_handler != SIG_IGN) signals_.add(SIGHUP);  // who ignores it, as nohup does, goes on
  limit.count() > 0 ? limit_.expires_after(limit) : limit_.expires_at(Deadline::max());
}

bool Interruptible::run(awaitable<void> task) {
  bool stopped = false;
  std::exception_ptr error;
  TaskGroup work(loop_.get_executor());
  const auto stop = [&](const boost::system::error_code& failed, int = 0) {
    if (failed) return;
    stopped = true;
    work.cancel();
  };
  signals_.async_wait(stop);
  limit_.async_wait(stop);
  const auto supervise = [&]() -> awaitable<void> {
    try {
      co_await work.join();
    } catch (...) {
      error = std::current_exception();
    }
    signals_.cancel();
    limit_.cancel();
  };
  work.spawn(std::move(task));
  TaskGroup supervisor(loop_.get_executor());
  supervisor.spawn(supervise());
  loop_.restart();
  loop_.run();
  if (error) std::rethrow_exception(error);
  return !stopped;
}

}  // namespace ti

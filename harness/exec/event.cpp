#include "exec/event.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

namespace ti {

void Event::notify() {
  for (Waiter* waiter : waiters_) {
    waiter->notified = true;
    waiter->timer.cancel();
  }
}

awaitable<bool> Event::wait(Deadline deadline) {
  const auto executor = co_await asio::this_coro::executor;
  Waiter waiter{Timer(executor, deadline)};
  waiters_.push_back(&waiter);
  const auto [error] = co_await waiter.timer.async_wait(asio::as_tuple(use_awaitable));
  std::erase(waiters_, &waiter);
  if (waiter.notified) co_return true;
  if (error) throw boost::system::system_error(error);
  co_return false;
}

}  // namespace ti

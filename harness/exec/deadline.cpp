#include "exec/deadline.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>

namespace ti {

awaitable<void> with_deadline(Deadline deadline, awaitable<void> op) {
  const auto executor = co_await asio::this_coro::executor;
  Timer timer(executor, deadline);
  auto group = asio::experimental::make_parallel_group(asio::co_spawn(executor, std::move(op), asio::deferred),
                                                       timer.async_wait(asio::deferred));
  const auto [order, error, not_expired] = co_await group.async_wait(asio::experimental::wait_for_one(), use_awaitable);
  if (!error) co_return;
  if (order[0] == 1 && !not_expired) throw TimedOut();
  std::rethrow_exception(error);
}

}  // namespace ti

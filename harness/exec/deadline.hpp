#pragma once
// The one timeout.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <stdexcept>

#include "exec/asio.hpp"

namespace ti {

struct TimedOut : std::runtime_error {
  TimedOut() : std::runtime_error("timed out") {}
  using std::runtime_error::runtime_error;
};

/// The result of `op`, or its error as soon as it fails. When the deadline comes first, `op` is cancelled, waited for,
/// and TimedOut is thrown.
template <class T>
awaitable<T> with_deadline(Deadline deadline, awaitable<T> op) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, deadline);
  auto group = asio::experimental::make_parallel_group(asio::co_spawn(executor, std::move(op), asio::deferred),
                                                       timer.async_wait(asio::deferred));
  auto [order, error, result, expired] = co_await group.async_wait(asio::experimental::wait_for_one(), use_awaitable);
  if (!error) co_return std::move(result);
  if (order[0] == 1 && !expired) throw TimedOut();
  std::rethrow_exception(error);
}

inline awaitable<void> with_deadline(Deadline deadline, awaitable<void> op) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, deadline);
  auto group = asio::experimental::make_parallel_group(asio::co_spawn(executor, std::move(op), asio::deferred),
                                                       timer.async_wait(asio::deferred));
  auto [order, error, expired] = co_await group.async_wait(asio::experimental::wait_for_one(), use_awaitable);
  if (!error) co_return;
  if (order[0] == 1 && !expired) throw TimedOut();
  std::rethrow_exception(error);
}

template <class T>
awaitable<T> with_deadline(std::chrono::nanoseconds duration, awaitable<T> op) {
  return with_deadline(deadline_in(duration), std::move(op));
}

}  // namespace ti

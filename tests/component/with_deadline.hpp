#pragma once
// A hang in a test is a failure, not a hang.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "exec/line_channel.hpp"

namespace ti {

/// Ends with `op`, or throws its error as soon as it fails. When the deadline comes first, `op` is cancelled, waited
/// for, and TimedOut is thrown.
inline awaitable<void> with_deadline(Deadline deadline, awaitable<void> op) {
  const auto executor = co_await asio::this_coro::executor;
  Timer timer(executor, deadline);
  auto group = asio::experimental::make_parallel_group(asio::co_spawn(executor, std::move(op), asio::deferred),
                                                       timer.async_wait(asio::deferred));
  const auto [order, error, not_expired] = co_await group.async_wait(asio::experimental::wait_for_one(), use_awaitable);
  if (!error) co_return;
  if (order[0] == 1 && !not_expired) throw TimedOut();
  std::rethrow_exception(error);
}

/// Awaits `op` and keeps its value in `result`, which the caller keeps alive.
template <class T>
awaitable<void> store_result(awaitable<T> op, std::optional<T>& result) {
  result.emplace(co_await std::move(op));
}

/// The same for an `op` that has a value.
template <class T>
awaitable<T> with_deadline(Deadline deadline, awaitable<T> op) {
  std::optional<T> result;
  auto stored = store_result(std::move(op), result);
  co_await with_deadline(deadline, std::move(stored));
  co_return std::move(result.value());
}

template <class T>
awaitable<T> with_deadline(std::chrono::nanoseconds duration, awaitable<T> op) {
  return with_deadline(deadline_in(duration), std::move(op));
}

}  // namespace ti

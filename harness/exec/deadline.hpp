#pragma once
// The one timeout.
#include <optional>
#include <stdexcept>
#include <utility>

#include "exec/asio.hpp"

namespace ti {

struct TimedOut : std::runtime_error {
  TimedOut() : std::runtime_error("timed out") {}
};

/// Ends with `op`, or throws its error as soon as it fails. When the deadline comes first, `op` is cancelled, waited
/// for, and TimedOut is thrown.
awaitable<void> with_deadline(Deadline deadline, awaitable<void> op);

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

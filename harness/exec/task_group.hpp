#pragma once
// The scope in which coroutines run beside their owner.
#include <exception>
#include <memory>

#include "exec/asio.hpp"

namespace ti {

/// TaskGroup runs coroutines and ends them with itself: destruction cancels those that still run. They wind down when
/// the loop next runs, so a task that may be outlived by its owner holds what it touches by shared_ptr.
class TaskGroup {
 public:
  explicit TaskGroup(Executor executor);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts it. An error other than cancellation is kept for join(); the other tasks go on.
  void spawn(awaitable<void> task);
  void cancel();

  /// Waits until no task runs; throws the first error that any had.
  awaitable<void> join();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ti

#pragma once
// Whether the harness itself was given the time to look.
#include <deque>

#include "exec/task_group.hpp"

namespace ti {

/// LoopWatch beats on the event loop and notes each beat that came late: then the machine, or the loop, stood still,
/// and what a deadline or a silence seemed to say of a client or server meanwhile is worth nothing.
class LoopWatch {
 public:
  static constexpr std::chrono::milliseconds beat{100};
  static constexpr std::chrono::milliseconds too_late{1000};

  explicit LoopWatch(Executor executor);

  /// Stops beating, so that the loop can end.
  void stop() { tasks_.cancel(); }

  /// The longest standstill that touched the time since `since`; zero when there was none of at least too_late.
  std::chrono::nanoseconds longest_since(Deadline since) const;

 private:
  struct Standstill {
    Deadline end;
    std::chrono::nanoseconds length;
  };
  struct State {
    std::deque<Standstill> standstills;
  };

  static awaitable<void> watch(std::shared_ptr<State> state);

  std::shared_ptr<State> state_ = std::make_shared<State>();
  TaskGroup tasks_;
};

}  // namespace ti

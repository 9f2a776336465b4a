#pragma once
// How one coroutine waits for what another one does.
#include <vector>

#include "exec/asio.hpp"

namespace ti {

/// Event wakes those who wait for a change. It has no memory: a waiter looks at the state itself, before and after.
class Event {
 public:
  void notify();

  /// True: notified; false: the deadline came first. Cancellation throws operation_aborted. The event must outlive the
  /// wait.
  awaitable<bool> wait(Deadline deadline);

  /// Waits until `holds()`; false when the deadline came first.
  template <class Condition>
  awaitable<bool> wait_until(Deadline deadline, Condition holds) {
    while (!holds()) {
      const bool notified = co_await wait(deadline);
      if (!notified) co_return holds();
    }
    co_return true;
  }

 private:
  struct Waiter {
    Timer timer;
    bool notified = false;
  };
  std::vector<Waiter*> waiters_;
};

}  // namespace ti

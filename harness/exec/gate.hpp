#pragma once
// At most so many at once.
#include <utility>

#include "exec/event.hpp"

namespace ti {

/// Gate lets `places` coroutines through at a time.
class Gate {
 public:
  explicit Gate(std::size_t places) : free_(places) {}

  /// Waits for a place.
  awaitable<void> enter() {
    const auto is_free = [this] { return free_ > 0; };
    co_await left_.wait_until(Deadline::max(), is_free);
    --free_;
  }

  void leave() {
    ++free_;
    left_.notify();
  }

 private:
  std::size_t free_;
  Event left_;
};

/// GatePass is one place in a gate, left at the latest when it goes out of scope. Without a gate it is nothing.
class GatePass {
 public:
  explicit GatePass(Gate* gate) : gate_(gate) {}
  ~GatePass() { leave(); }
  GatePass(const GatePass&) = delete;
  GatePass& operator=(const GatePass&) = delete;

  awaitable<void> enter() {
    if (gate_) co_await gate_->enter();
    inside_ = gate_ != nullptr;
  }
  void leave() {
    if (std::exchange(inside_, false)) gate_->leave();
  }

 private:
  Gate* gate_;
  bool inside_ = false;
};

}  // namespace ti

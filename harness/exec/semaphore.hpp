#pragma once
// At most so many at once.
#include <utility>

#include "exec/event.hpp"

namespace ti {

/// Semaphore gives `places` coroutines a place at a time.
class Semaphore {
 public:
  explicit Semaphore(std::size_t places) : free_(places) {}

  /// Waits for a place.
  awaitable<void> acquire() {
    const auto is_free = [this] { return free_ > 0; };
    co_await released_.wait_until(Deadline::max(), is_free);
    --free_;
  }

  void release() {
    ++free_;
    released_.notify();
  }

 private:
  std::size_t free_;
  Event released_;
};

/// SemaphorePermit is one place of a semaphore, released at the latest when it goes out of scope. Without a semaphore
/// it is nothing.
class SemaphorePermit {
 public:
  explicit SemaphorePermit(Semaphore* semaphore) : semaphore_(semaphore) {}
  ~SemaphorePermit() { release(); }
  SemaphorePermit(const SemaphorePermit&) = delete;
  SemaphorePermit& operator=(const SemaphorePermit&) = delete;

  awaitable<void> acquire() {
    if (semaphore_) co_await semaphore_->acquire();
    held_ = semaphore_ != nullptr;
  }
  void release() {
    if (std::exchange(held_, false)) semaphore_->release();
  }

 private:
  Semaphore* semaphore_;
  bool held_ = false;
};

}  // namespace ti

#pragma once
// What is to happen at a deadline, beside what goes on until then.
#include <functional>
#include <memory>

#include "exec/asio.hpp"

namespace ti {

/// Alarm calls `ring` once, at the deadline and on the loop, unless it is destroyed before. It is the one timeout: what
/// waits for something says how its wait is broken off.
class Alarm {
 public:
  Alarm(const Executor& executor, Deadline deadline, std::function<void()> ring);
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  bool rang() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ti

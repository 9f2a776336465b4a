#include "exec/alarm.hpp"

#include <utility>

namespace ti {

struct Alarm::State {
  State(const Executor& executor, Deadline deadline, std::function<void()> r)
      : timer(executor, deadline), ring(std::move(r)) {}

  Timer timer;
  std::function<void()> ring;  ///< empty: called off
  bool rang = false;
};

Alarm::Alarm(const Executor& executor, Deadline deadline, std::function<void()> ring)
    : state_(std::make_shared<State>(executor, deadline, std::move(ring))) {
  state_->timer.async_wait([state = state_](const boost::system::error_code& error) {
    if (error || !state->ring) return;
    state->rang = true;
    std::exchange(state->ring, {})();
  });
}

Alarm::~Alarm() {
  state_->ring = {};
  state_->timer.cancel();
}

bool Alarm::rang() const { return state_->rang; }

}  // namespace ti

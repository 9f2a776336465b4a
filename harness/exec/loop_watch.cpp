#include "exec/loop_watch.hpp"

#include <algorithm>

namespace ti {

LoopWatch::LoopWatch(Executor executor) : tasks_(std::move(executor)) { tasks_.spawn(watch(state_)); }

awaitable<void> LoopWatch::watch(std::shared_ptr<State> state) {
  constexpr std::size_t most = 1000;
  Timer timer(co_await asio::this_coro::executor);
  while (true) {
    timer.expires_after(beat);
    co_await timer.async_wait(use_awaitable);
    const Deadline now = std::chrono::steady_clock::now();
    const auto late = now - timer.expiry();
    if (late < too_late) continue;
    state->standstills.push_back({now, late});
    if (state->standstills.size() > most) state->standstills.pop_front();
  }
}

std::chrono::nanoseconds LoopWatch::longest_since(Deadline since) const {
  std::chrono::nanoseconds longest{0};
  for (const Standstill& standstill : state_->standstills)
    if (standstill.end >= since) longest = std::max(longest, standstill.length);
  return longest;
}

}  // namespace ti

#pragma once
// A clock that moves only when told, and keeps what it was told.
#include <vector>

#include "exec/clock.hpp"

namespace ti {

struct FakeClock final : ClockControl {
  std::map<std::string, std::string> env() const override { return {}; }
  awaitable<void> begin(std::chrono::milliseconds rest) override {
    begun.push_back(rest);
    co_return;
  }
  awaitable<std::chrono::nanoseconds> advance_to(std::chrono::milliseconds at) override {
    reached.push_back(at);
    co_return lateness;
  }
  double offset_s() const override {
    return reached.empty() ? 0 : std::chrono::duration<double>(reached.back()).count();
  }

  std::vector<std::chrono::milliseconds> begun;
  std::vector<std::chrono::milliseconds> reached;
  std::chrono::nanoseconds lateness{0};
};

}  // namespace ti

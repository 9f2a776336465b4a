#include "run/load_planner.hpp"

#include <algorithm>

namespace ti {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds slice{250};
constexpr double fill = 0.6;  // of the machine's CPU: steps cost more or less than what is believed
constexpr double first_belief_s = 0.01;
constexpr std::size_t doubt = 200;  // so many steps have to be known before they count as much as the first belief

std::int64_t slice_of(std::chrono::nanoseconds time) { return time / slice; }

}  // namespace

LoadPlanner::LoadPlanner(std::size_t cores)
    : room_s_(fill * static_cast<double>(cores) * std::chrono::duration<double>(slice).count()),
      step_s_(first_belief_s) {}

bool LoadPlanner::has_room(std::int64_t start, const std::vector<std::int64_t>& steps) const {
  return std::all_of(steps.begin(), steps.end(), [&](std::int64_t step) {
    const auto booked = booked_s_.find(start + step);
    return booked == booked_s_.end() || booked->second + step_s_ <= room_s_;
  });
}

Instant LoadPlanner::book(Instant now, const std::vector<milliseconds>& steps) {
  std::vector<std::int64_t> slices;
  for (const milliseconds step : steps) slices.push_back(slice_of(step));
  const std::int64_t earliest = slice_of(now);
  booked_s_.erase(booked_s_.begin(), booked_s_.lower_bound(earliest));
  std::int64_t start = earliest;
  while (!has_room(start, slices)) ++start;
  for (const std::int64_t step : slices) booked_s_[start + step] += step_s_;
  return start == earliest ? now : Instant(start * slice);
}

void LoadPlanner::learn(std::size_t steps, double cpu_s) {
  step_s_ = (cpu_s + doubt * first_belief_s) / static_cast<double>(steps + doubt);
}

}  // namespace ti

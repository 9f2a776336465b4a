#pragma once
// When cells may start under the real clock, so that the steps of all of them find the machine free enough.
#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

#include "base/recording.hpp"

namespace ti {

/// LoadPlanner knows beforehand when each cell that runs will need the CPU, for a timeline says it. A new cell starts
/// when there is room for each of its steps. Times are those of one clock that only goes forward.
class LoadPlanner {
 public:
  explicit LoadPlanner(std::size_t cores);

  /// The first time from `now` on at which a cell may start whose steps come at these times after its start. Booked.
  Instant book(Instant now, const std::vector<std::chrono::milliseconds>& steps);

  /// Corrects what a step is believed to cost: so many have cost so much CPU so far, all in all.
  void learn(std::size_t steps, double cpu_s);

 private:
  bool has_room(std::int64_t start, const std::vector<std::int64_t>& steps) const;

  double room_s_;                            ///< CPU time to be given out in one slice of time
  double step_s_;                            ///< CPU time of one step, as is believed
  std::map<std::int64_t, double> booked_s_;  ///< CPU time given out, by slice
};

}  // namespace ti

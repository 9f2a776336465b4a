#pragma once
// Many cells at once.
#include <memory>
#include <optional>
#include <vector>

#include "report/listener.hpp"
#include "run/agreement.hpp"
#include "run/cell.hpp"
#include "run/load_planner.hpp"
#include "run/matrix.hpp"

namespace ti {

struct RunnerSettings {
  std::size_t jobs = 0;  ///< cells at once; 0: chosen from the machine and the clock
  SlotMode mode;
  CellSettings cell;
  std::map<std::string, double> cost_ms;  ///< past durations by cell id, for the order
  std::size_t repetitions = 1;            ///< times that each cell is run
};

/// Runs cells in slots, and tells the listeners once of each: when the last of its repetitions ends, or at once where
/// there is nothing to run. Cells that want the same server run one after the other in the same slot, the longest
/// groups first. A client that fails to come up `patience` times in a row is set aside: the cells that need it end as
/// `error` with that reason, without being tried. So is a server for those cells that want of it what it failed with;
/// and for all, once it failed for `patience` different wants and came up for none.
class Runner {
 public:
  static constexpr std::size_t patience = 5;

  Runner(const RunContext& context, RunnerSettings settings, std::vector<Listener*> listeners);

  /// Returns when every cell has ended. Cancellation stops everything within a second; cells under way are lost, those
  /// that ended have been told of.
  awaitable<void> run(std::vector<PlannedCell> cells);

 private:
  struct Group;
  class Queue;

  awaitable<void> work(std::shared_ptr<Queue> queue);
  awaitable<void> wait_for_room(const PlannedCell& cell);
  void keep_preferred(CellResult& result, const std::filesystem::path& left) const;
  void repetition_ended(CellResult result, const std::filesystem::path& left);
  void tell(const CellResult& result);

  const RunContext& context_;
  RunnerSettings settings_;
  Semaphore starting_;                       ///< under the real clock: starts must not make the steps of others late
  std::optional<LoadPlanner> load_planner_;  ///< likewise, and steps not those of each other
  Stopwatch watch_;
  std::size_t steps_run_ = 0;
  double cpu_before_ = 0;
  Agreement agreement_;  ///< of those cells that are handed out, each as often as it is to be run
  std::vector<Listener*> listeners_;
};

/// Cells at once that keep the machine busy: under the virtual clock three for each core, since most of the time one of
/// a cell's programs, or the harness, is yet to be scheduled, if memory allows; under the real clock as many as memory
/// allows, since most of them wait.
std::size_t choose_jobs(bool real_clock, std::size_t cores, std::size_t memory_bytes);

/// Programs of a kind that each of so many slots may keep warm, in half of the memory. A slot takes one client's cells
/// after the other's, and for the next server begins again: what it keeps should hold all clients.
std::size_t choose_most_warm(std::size_t jobs, std::size_t memory_bytes);

}  // namespace ti

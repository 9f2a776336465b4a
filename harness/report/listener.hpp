#pragma once
// The small events that a run tells of itself. Each format of report is one listener in one file.
#include <cstddef>
#include <string>

#include "model/results.hpp"

namespace ti {

class Listener {
 public:
  virtual ~Listener() = default;

  /// `total` cells will end, of which `done` are known from before: each is recalled next.
  virtual void run_started(const Results& facts, std::size_t total, std::size_t done) = 0;
  virtual void cell_ended(const CellResult& cell) = 0;
  /// This cell is known from before: it ended in the run that is gone on with, or in a part of those that are merged.
  virtual void cell_recalled(const CellResult& cell) = 0;
  /// `stopped`: the run was interrupted; what ended is kept.
  virtual void run_ended(const RunFacts& run, bool stopped) = 0;
};

}  // namespace ti

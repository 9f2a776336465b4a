#pragma once
// One cell: one timeline, from the start of its server to its verdict.
#include "model/results.hpp"
#include "run/matrix.hpp"
#include "run/slot.hpp"

namespace ti {

enum class Keep : std::uint8_t { failed, all, none };

struct CellSettings {
  std::filesystem::path results;  ///< evidence goes below it
  Keep keep = Keep::failed;       ///< failed: every cell that is not `pass`
};

/// CellEnd is how a cell ended, and whether its programs came up at all.
struct CellEnd {
  CellResult result;
  bool server_came_up = false;
  bool client_came_up = false;
};

/// Runs one cell in a slot and judges it when all has stopped. Never throws but for cancellation: what goes wrong in
/// the harness or the machine is a verdict `error`.
awaitable<CellEnd> run_cell(PlannedCell cell, Slot& slot, CellSettings settings);

/// The result of a cell that is not run: `unsupported`, or `error` where it says that something is broken.
CellResult result_without_run(const PlannedCell& cell);

}  // namespace ti

#pragma once
// One cell: one timeline, from the start of its server to its verdict.
#include <functional>

#include "model/results.hpp"
#include "run/matrix.hpp"
#include "run/slot.hpp"

namespace ti {

enum class Keep : std::uint8_t { failed, all, none };

struct CellSettings {
  std::filesystem::path results;  ///< evidence goes below it
  Keep keep = Keep::failed;       ///< failed: every cell that is not `pass`
  /// Asked when it is the cell's turn to start its programs: a reason not to, or nothing. Empty: there is none.
  std::function<std::string()> why_not = {};
};

/// CellEnd is how a cell ended, and whether its programs were started at all and came up.
struct CellEnd {
  CellResult result;
  bool tried = false;
  bool server_came_up = false;
  bool client_came_up = false;
};

/// Runs one cell in a slot and judges it when all has stopped. Never throws but for cancellation: what goes wrong in
/// the harness or the machine is a verdict `error`.
awaitable<CellEnd> run_cell(PlannedCell cell, Slot& slot, CellSettings settings);

/// The result of a cell that is not run: `unsupported`, or `error` where it says that something is broken.
CellResult result_without_run(const PlannedCell& cell);

}  // namespace ti

#pragma once
// The two forms in which a cell is stored: in few bytes, as results.json has it, and whole, as its details.
#include <cstddef>
#include <string>
#include <string_view>

#include "model/results.hpp"

namespace ti {

/// What is written; `results_schema`, of which each cell is a cell_json, is still read.
inline constexpr std::string_view small_results_schema = "ticket-interop/results/2";

/// Bytes.
inline constexpr std::size_t most_of_a_cell = 1024;

/// The cell on one line of at most `most_of_a_cell` bytes: without messages, witnesses and breaches, tickets by the
/// first digits of their SHA-256, connections as far as there is room for them, with their version where it is another
/// than the cell's. parse_cell reads it; connections that were left out come back empty, without even a kind of
/// handshake.
std::string cell_line(const CellResult& cell);

/// The cell_json, but that the times of a connection's messages stand together behind them, so that what all handshakes
/// of a kind have in common is one piece, which compresses well. parse_cell reads it.
std::string cell_details(const CellResult& cell);

}  // namespace ti

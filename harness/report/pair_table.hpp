#pragma once
// What came of each server and client, as a table that fits on a screen.
#include <map>
#include <string>

#include "model/results.hpp"

namespace ti {

struct PairCounts {
  Totals totals;
  std::size_t known = 0;
  std::size_t unexpected = 0;

  /// Whether any of its cells could be run.
  bool ran() const;
};

using PairCountsOf = std::map<std::string, std::map<std::string, PairCounts>>;  ///< client -> server

/// Counts a cell; a control that was caught is none of its pair's.
void add_cell(PairCountsOf& pairs, const CellResult& cell);

/// "118 pass, 30 known, 2 UNEXPECTED"
std::string words_of(const PairCounts& pair);

/// A line for each client that was run, a column for each server - one for all of them when there are more than
/// `most_columns` -, with a heading. `colour`: ANSI escapes.
std::string pair_table(const PairCountsOf& pairs, std::size_t most_columns, bool colour);

}  // namespace ti

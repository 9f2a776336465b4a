#pragma once
// A cell's messages as a ladder in the terminal.
#include <string>

#include "model/results.hpp"

namespace ti {

struct LadderStyle {
  bool colour;          ///< ANSI escapes
  bool since_first;     ///< times count from the capture's first packet, in whatever unit reads best
  std::string between;  ///< whom it is between, or nothing
};

/// The messages of one connection, which the verdict calls by its number.
std::string connection_ladder(const ConnectionSummary& connection, std::size_t number, const Verdict& verdict,
                              const LadderStyle& style);

/// "connection 2 message 8".
std::string place_text(const Place& place);

/// A breach that does not decide, with its place.
std::string also_text(const Breach& breach);

/// One line a message, the client on the left and the server on the right, with times, tickets by their letters and the
/// offending message marked with its rule, and a line wherever something could not be read or seen; then the verdict,
/// the other findings and what followed from the first. `colour`: ANSI escapes.
std::string ladder(const CellResult& cell, bool colour);

}  // namespace ti

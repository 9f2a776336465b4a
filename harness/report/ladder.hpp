#pragma once
// A cell's messages as a ladder in the terminal.
#include <string>

#include "model/results.hpp"

namespace ti {

/// One line a message, the client on the left and the server on the right, with times, tickets by their letters and the
/// offending message marked with its rule, and a line wherever something could not be read or seen; then the verdict,
/// the other findings and what followed from the first. `colour`: ANSI escapes.
std::string ladder(const CellResult& cell, bool colour);

}  // namespace ti

#pragma once
// A pasted text, whatever printed it: the one entry.
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "pasted/printed_connection.hpp"

namespace ti {

/// Pasted is what a text tells.
struct Pasted {
  std::vector<std::string> formats;            ///< what it was printed by, in the words of the table of formats
  std::vector<PrintedConnection> connections;  ///< in the order of the text, a format after the other
  Bytes capture;                               ///< the packets that it prints, as a capture file; empty for none
  std::vector<std::string> notes;              ///< what is to be said beside, a sentence each
  std::string said;                            ///< of evidence of ours: which cell it is of, and what the run said
  bool whole_cell = false;                     ///< the connections are all that passed in that cell
};

/// Reads a text that may hold several formats. An error if it holds none of those known, or only such as are not read.
Result<Pasted> read_pasted(std::string_view text);

}  // namespace ti

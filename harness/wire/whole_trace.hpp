#pragma once
// A trace that proves that nothing of it is missing or changed.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/transcript.hpp"

namespace ti {

/// trace_text() of a connection between `=== connection N` and a trailer: how many messages there are, what the lines
/// above do not tell of them, and the SHA-256 of it all.
///
/// What the trailer tells is the version, the suite, a digest of the master secret, how many records of the client and
/// of the server could not be opened, and of each message where its record stands in its side's stream, that record's
/// version, `s` if it was sealed, `o` if it was opened, `k` if its receiver is seen to have the key as well, and of a
/// Finished `v` if it fits, `x` if not.
std::string whole_trace(std::size_t number, const Transcript& transcript);

/// CellTrace is what the trace of a cell of ours tells.
struct CellTrace {
  std::string said;    ///< which cell it is of, and what the run said of it
  bool whole = false;  ///< all that passed in that cell is in it
  std::vector<Transcript> connections;
};

/// A head line and the whole_trace() of each connection.
std::string cell_trace(const CellTrace& trace);

/// A text's traces, as they were written, but for times (to a microsecond) and the master secret, of which a digest
/// stands for it. Nothing unless every trace in the text is whole; it need not be all of the cell then. Quoting before
/// each line does no harm.
std::optional<CellTrace> read_cell_trace(std::string_view text);

}  // namespace ti

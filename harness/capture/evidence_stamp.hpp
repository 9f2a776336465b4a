#pragma once
// What a capture that a run left says of itself, in the comments of its first block.
#include <istream>
#include <string>

#include "base/bytes.hpp"

namespace ti {

/// EvidenceStamp is empty for a capture from elsewhere.
struct EvidenceStamp {
  std::string said;    ///< which cell it is of, and what the run said of it
  bool whole = false;  ///< all that passed in that cell is in it, unchanged since it was written
};

/// The block that begins a pcapng file of ours, for what comes behind it.
Bytes stamped_section_header(const EvidenceStamp& stamp, ByteView behind);

/// The stamp of a capture; what it says of being whole is held against the bytes. Leaves the stream anywhere.
EvidenceStamp stamp_of(std::istream& in);

}  // namespace ti

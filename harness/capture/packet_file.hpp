#pragma once
// The frames of a capture file, whatever its format.
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/recording.hpp"
#include "base/result.hpp"

namespace ti {

/// Frame is one captured packet, as far as it was captured. Its bytes belong to the file it was read from.
struct Frame {
  std::uint16_t link_type;  ///< of the LINKTYPE registry
  Instant at;               ///< since the first frame
  ByteView bytes;
};

struct PacketFile {
  std::vector<Frame> frames;
  std::string keylog;  ///< of all TLS Decryption Secrets Blocks, each ending with a line feed
};

/// Reads pcap or pcapng. A file that is cut off gives what stands before the cut; blocks that contradict themselves are
/// an error. `file` must outlive the result.
Result<PacketFile> read_packet_file(ByteView file);

}  // namespace ti

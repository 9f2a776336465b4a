#pragma once
// The frames of a capture file, whatever its format, one after the other.
#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/recording.hpp"
#include "base/result.hpp"

namespace ti {

/// Frame is one captured packet, as far as it was captured.
struct Frame {
  std::uint16_t link_type;  ///< of the LINKTYPE registry
  Instant at;               ///< since the first frame
  Bytes bytes;
};

/// Input gives the bytes of a stream as views, without holding more of it than was asked for.
class Input {
 public:
  explicit Input(std::istream& in) : in_(in) {}

  /// The next n bytes, which are not taken yet; fewer at the end. Valid until the next call.
  ByteView peek(std::size_t n);
  void skip(std::size_t n);
  std::uint64_t offset() const { return offset_; }

 private:
  std::istream& in_;
  Bytes buffer_;
  std::size_t at_ = 0;
  std::uint64_t offset_ = 0;
};

/// PacketReader reads pcap (either byte order, micro- or nanoseconds) or pcapng (any number of sections and
/// interfaces). A file that is cut off gives what stands before the cut; blocks that contradict themselves are an
/// error.
class PacketReader {
 public:
  /// `in` must outlive it. Times count from `epoch` (nanoseconds since 1970) or, without one, from the first frame.
  explicit PacketReader(std::istream& in, std::optional<std::uint64_t> epoch = {}) : in_(in), epoch_(epoch) {}

  /// The next frame in the order of the file, or nothing at its end.
  Result<std::optional<Frame>> next();

  /// The text of the TLS Decryption Secrets Blocks read since it was last taken, each ending with a line feed.
  std::string take_keylog() { return std::exchange(keylog_, {}); }

  /// Why it stopped before the end of the file; empty if it did not.
  const std::string& cut_off() const { return cut_off_; }

  std::optional<std::uint64_t> epoch() const { return epoch_; }
  std::uint64_t bytes_read() const { return in_.offset(); }

 private:
  /// Interface is what an Interface Description Block says of the packets that name it.
  struct Interface {
    std::uint16_t link_type = 0;
    std::uint8_t resolution = 6;  ///< if_tsresol: a negative power of ten, or of two if the high bit is set
    std::uint64_t offset = 0;     ///< if_tsoffset, seconds

    std::uint64_t nanoseconds(std::uint64_t ticks) const;
  };

  enum class Format : std::uint8_t { unknown, pcap, pcapng };

  std::optional<ParseError> begin();
  std::optional<ParseError> begin_section(ByteView header);
  Result<std::optional<Frame>> next_of_pcap();
  Result<std::optional<Frame>> next_of_pcapng();
  /// What is wrong with a block, or nothing; a packet goes to `frame`.
  std::string read_block(std::uint32_t type, ByteView body, std::optional<Frame>& frame);
  std::string read_packet(std::uint32_t type, ByteView body, std::optional<Frame>& frame);
  std::string read_secrets(ByteView body);
  static Interface read_interface(ByteView body, bool little);
  std::optional<Frame> cut_off_at(std::size_t left);
  Frame frame_of(std::uint16_t link_type, std::uint64_t nanoseconds, ByteView bytes);

  Input in_;
  std::optional<std::uint64_t> epoch_;
  Format format_ = Format::unknown;
  bool little_ = true;
  bool nanoseconds_ = false;     ///< pcap: the unit of its fractions
  std::uint16_t link_type_ = 0;  ///< pcap: of all frames
  std::vector<Interface> interfaces_;
  std::string keylog_;
  std::string cut_off_;
};

}  // namespace ti

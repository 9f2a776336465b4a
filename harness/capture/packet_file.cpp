#include "capture/packet_file.hpp"

#include <algorithm>

#include "capture/pcapng.hpp"

namespace ti {

namespace {

constexpr std::uint64_t second = 1'000'000'000;

/// OrderedReader is a Reader for either byte order.
class OrderedReader {
 public:
  OrderedReader(ByteView bytes, bool little) : in_(bytes), little_(little) {}

  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  ByteView take(std::size_t n) { return in_.take(n); }
  std::size_t left() const { return in_.left(); }
  bool ok() const { return in_.ok(); }

 private:
  std::uint64_t number(std::size_t n) {
    const ByteView bytes = in_.take(n);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) value = value << 8 | bytes[little_ ? bytes.size() - 1 - i : i];
    return value;
  }

  Reader in_;
  bool little_;
};

ParseError error_at(std::size_t offset, std::string what) {
  return {std::move(what), "offset " + std::to_string(offset), offset};
}

std::uint32_t u32_at(ByteView file, std::size_t offset, bool little) {
  return OrderedReader(file.subspan(offset), little).u32();
}

/// Frames collects frames and makes their times relative to the first.
class Frames {
 public:
  void add(std::uint16_t link_type, std::uint64_t nanoseconds, ByteView bytes) {
    if (frames_.empty()) first_ = nanoseconds;
    frames_.push_back({link_type, Instant{static_cast<std::int64_t>(nanoseconds - first_)}, bytes});
  }

  std::vector<Frame> take() { return std::move(frames_); }

 private:
  std::vector<Frame> frames_;
  std::uint64_t first_ = 0;
};

PacketFile read_pcap(ByteView file, bool little, bool nanoseconds) {
  constexpr std::size_t snap_and_zone = 16;
  OrderedReader in(file.subspan(4), little);
  in.take(snap_and_zone);
  const auto link_type = static_cast<std::uint16_t>(in.u32());
  Frames frames;
  while (true) {
    const std::uint64_t seconds = in.u32();
    const std::uint64_t fraction = in.u32();
    const std::uint32_t captured = in.u32();
    in.u32();
    const ByteView bytes = in.take(captured);
    if (!in.ok()) return {frames.take(), {}};
    frames.add(link_type, seconds * second + fraction * (nanoseconds ? 1 : 1000), bytes);
  }
}

/// Interface is what an Interface Description Block says of the packets that name it.
struct Interface {
  std::uint16_t link_type = 0;
  std::uint8_t resolution = 6;  ///< if_tsresol: a negative power of ten, or of two if the high bit is set
  std::uint64_t offset = 0;     ///< if_tsoffset, seconds

  std::uint64_t nanoseconds(std::uint64_t ticks) const {
    const int power = resolution & 0x7f;
    std::uint64_t per_second = 1;
    if ((resolution & 0x80) != 0) {
      per_second <<= std::min(power, 63);
    } else {
      for (int i = 0; i < std::min(power, 19); ++i) per_second *= 10;
    }
    const std::uint64_t part = ticks % per_second;
    const std::uint64_t fraction =
        second % per_second == 0
            ? part * (second / per_second)
            : static_cast<std::uint64_t>(static_cast<double>(part) / static_cast<double>(per_second) * 1e9);
    return (ticks / per_second + offset) * second + fraction;
  }
};

Interface read_interface(OrderedReader in) {
  Interface interface;
  interface.link_type = in.u16();
  in.take(6);
  while (in.left() > 0) {
    const std::uint16_t code = in.u16();
    const std::uint16_t length = in.u16();
    OrderedReader value = in;
    in.take((length + std::size_t{3}) / 4 * 4);
    if (!in.ok()) break;
    if (code == pcapng::if_tsresol && length == 1) interface.resolution = value.take(1)[0];
    if (code == pcapng::if_tsoffset && length == 8) interface.offset = value.u64();
  }
  return interface;
}

/// PcapngReader walks the blocks of a file, section by section.
class PcapngReader {
 public:
  explicit PcapngReader(ByteView file) : file_(file) {}

  Result<PacketFile> read() {
    while (file_.size() - at_ >= smallest_block) {
      const std::uint32_t type = u32_at(file_, at_, little_);
      if (type == pcapng::section_header && !begin_section()) return error("byte-order magic is wrong");
      const std::size_t length = u32_at(file_, at_ + 4, little_);
      if (length < smallest_block || length % 4 != 0) return error("block of " + std::to_string(length) + " bytes");
      if (length > file_.size() - at_) break;
      if (u32_at(file_, at_ + length - 4, little_) != length) return error("block has two different lengths");
      const std::string problem = read_block(type, {file_.subspan(at_ + 8, length - smallest_block), little_});
      if (!problem.empty()) return error(problem);
      at_ += length;
    }
    return PacketFile{frames_.take(), std::move(keylog_)};
  }

 private:
  static constexpr std::size_t smallest_block = 12;

  ParseError error(std::string what) const { return error_at(at_, std::move(what)); }

  bool begin_section() {
    little_ = u32_at(file_, at_ + 8, true) == pcapng::byte_order_magic;
    interfaces_.clear();
    return little_ || u32_at(file_, at_ + 8, false) == pcapng::byte_order_magic;
  }

  /// What is wrong with the block, or nothing.
  std::string read_block(std::uint32_t type, OrderedReader in) {
    switch (type) {
      case pcapng::interface_description:
        interfaces_.push_back(read_interface(in));
        return {};
      case pcapng::enhanced_packet:
        return read_packet(in);
      case pcapng::decryption_secrets:
        return read_secrets(in);
      case pcapng::packet:
        return "obsolete Packet Block: convert the file with editcap";
      case pcapng::simple_packet:
        return "Simple Packet Block: it has no time, so the order of events cannot be told";
      default:
        return {};
    }
  }

  std::string read_packet(OrderedReader in) {
    const std::uint32_t id = in.u32();
    const std::uint64_t high = in.u32();
    const std::uint64_t low = in.u32();
    const std::uint32_t captured = in.u32();
    in.u32();
    const ByteView bytes = in.take(captured);
    if (!in.ok()) return "packet of " + std::to_string(captured) + " bytes is longer than its block";
    if (id >= interfaces_.size()) return "packet of undescribed interface " + std::to_string(id);
    const Interface& interface = interfaces_[id];
    frames_.add(interface.link_type, interface.nanoseconds(high << 32 | low), bytes);
    return {};
  }

  std::string read_secrets(OrderedReader in) {
    const std::uint32_t secrets_type = in.u32();
    const std::uint32_t length = in.u32();
    const std::string_view text = as_text(in.take(length));
    if (!in.ok()) return "secrets of " + std::to_string(length) + " bytes are longer than their block";
    if (secrets_type != pcapng::tls_key_log || text.empty()) return {};
    keylog_ += text;
    if (keylog_.back() != '\n') keylog_ += '\n';
    return {};
  }

  ByteView file_;
  std::size_t at_ = 0;
  bool little_ = true;
  std::vector<Interface> interfaces_;
  Frames frames_;
  std::string keylog_;
};

}  // namespace

Result<PacketFile> read_packet_file(ByteView file) {
  constexpr std::uint32_t microseconds = 0xa1b2c3d4;
  constexpr std::uint32_t nanoseconds = 0xa1b23c4d;
  constexpr std::uint16_t gzip = 0x1f8b;

  if (file.size() < 4) return error_at(0, "not a capture file: " + std::to_string(file.size()) + " bytes");
  for (const bool little : {true, false}) {
    const std::uint32_t magic = u32_at(file, 0, little);
    if (magic == microseconds || magic == nanoseconds) return read_pcap(file, little, magic == nanoseconds);
  }
  if (u32_at(file, 0, true) == pcapng::section_header) return PcapngReader(file).read();
  if (Reader(file).u16() == gzip) return error_at(0, "compressed with gzip: unpack it first");
  return error_at(0, "not a pcap or pcapng file: begins with " + to_hex(file.first(4)));
}

}  // namespace ti

#include "capture/packet_reader.hpp"

#include <algorithm>
#include <utility>

#include "capture/pcapng.hpp"

namespace ti {

namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::size_t chunk_bytes = 1 << 20;
constexpr std::size_t smallest_block = 12;
constexpr std::size_t longest_block = 1 << 28;  ///< what says that it is longer is no block

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

ParseError error_at(std::uint64_t offset, std::string what) {
  return {std::move(what), "offset " + std::to_string(offset), static_cast<std::size_t>(offset)};
}

std::uint32_t u32_at(ByteView bytes, std::size_t offset, bool little) {
  return bytes.size() < offset + 4 ? 0 : OrderedReader(bytes.subspan(offset), little).u32();
}

}  // namespace

ByteView Input::peek(std::size_t n) {
  while (buffer_.size() - at_ < n && in_) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
    const std::size_t kept = buffer_.size();
    buffer_.resize(kept + chunk_bytes);
    in_.read(reinterpret_cast<char*>(buffer_.data() + kept), chunk_bytes);
    buffer_.resize(kept + static_cast<std::size_t>(in_.gcount()));
  }
  return ByteView(buffer_).subspan(at_, std::min(n, buffer_.size() - at_));
}

void Input::skip(std::size_t n) {
  at_ += n;
  offset_ += n;
}

std::uint64_t PacketReader::Interface::nanoseconds(std::uint64_t ticks) const {
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

Frame PacketReader::frame_of(std::uint16_t link_type, std::uint64_t nanoseconds, ByteView bytes) {
  if (!epoch_) epoch_ = nanoseconds;
  return {link_type, Instant{static_cast<std::int64_t>(nanoseconds - *epoch_)}, copy(bytes)};
}

std::optional<Frame> PacketReader::cut_off_at(std::size_t left) {
  if (left > 0) cut_off_ = "the file is cut off or damaged at offset " + std::to_string(in_.offset());
  return std::nullopt;
}

std::optional<ParseError> PacketReader::begin() {
  constexpr std::uint32_t microseconds = 0xa1b2c3d4;
  constexpr std::uint32_t nanoseconds = 0xa1b23c4d;
  constexpr std::uint16_t gzip = 0x1f8b;
  constexpr std::size_t header_bytes = 24;

  const ByteView header = in_.peek(header_bytes);
  if (header.size() < 4) return error_at(0, "not a capture file: " + std::to_string(header.size()) + " bytes");
  for (const bool little : {true, false}) {
    const std::uint32_t magic = u32_at(header, 0, little);
    if (magic != microseconds && magic != nanoseconds) continue;
    format_ = Format::pcap;
    little_ = little;
    nanoseconds_ = magic == nanoseconds;
    link_type_ = static_cast<std::uint16_t>(u32_at(header, 20, little));
    in_.skip(header.size());
    return std::nullopt;
  }
  if (Reader(header).u16() == gzip) return error_at(0, "compressed with gzip: unpack it first");
  if (u32_at(header, 0, true) != pcapng::section_header)
    return error_at(0, "not a pcap or pcapng file: begins with " + to_hex(header.first(4)));
  format_ = Format::pcapng;
  return std::nullopt;
}

Result<std::optional<Frame>> PacketReader::next() {
  if (format_ == Format::unknown)
    if (auto error = begin()) return std::move(*error);
  return format_ == Format::pcap ? next_of_pcap() : next_of_pcapng();
}

Result<std::optional<Frame>> PacketReader::next_of_pcap() {
  constexpr std::size_t header_bytes = 16;
  OrderedReader header(in_.peek(header_bytes), little_);
  const std::uint64_t seconds = header.u32();
  const std::uint64_t fraction = header.u32();
  const std::size_t captured = header.u32();
  header.u32();
  if (!header.ok()) return cut_off_at(in_.peek(header_bytes).size());
  const ByteView packet = in_.peek(captured < longest_block ? header_bytes + captured : header_bytes);
  if (packet.size() < header_bytes + captured) return cut_off_at(packet.size());
  Frame frame =
      frame_of(link_type_, seconds * second + fraction * (nanoseconds_ ? 1 : 1000), packet.subspan(header_bytes));
  in_.skip(packet.size());
  return std::optional(std::move(frame));
}

std::optional<ParseError> PacketReader::begin_section(ByteView header) {
  little_ = u32_at(header, 8, true) == pcapng::byte_order_magic;
  interfaces_.clear();
  if (!little_ && u32_at(header, 8, false) != pcapng::byte_order_magic)
    return error_at(in_.offset(), "byte-order magic is wrong");
  return std::nullopt;
}

Result<std::optional<Frame>> PacketReader::next_of_pcapng() {
  while (true) {
    const ByteView header = in_.peek(smallest_block);
    if (header.size() < smallest_block) return cut_off_at(header.size());
    const std::uint32_t type = u32_at(header, 0, little_);
    if (type == pcapng::section_header)
      if (auto error = begin_section(header)) return std::move(*error);
    const std::size_t length = u32_at(header, 4, little_);
    const auto error = [&](const std::string& what) { return error_at(in_.offset(), what); };
    if (length < smallest_block || length % 4 != 0) return error("block of " + std::to_string(length) + " bytes");
    const ByteView block = in_.peek(std::min(length, longest_block));
    if (block.size() < length) return cut_off_at(block.size());
    if (u32_at(block, length - 4, little_) != length) return error("block has two different lengths");
    std::optional<Frame> frame;
    if (const std::string problem = read_block(type, block.subspan(8, length - smallest_block), frame);
        !problem.empty())
      return error(problem);
    in_.skip(length);
    if (frame) return frame;
  }
}

PacketReader::Interface PacketReader::read_interface(ByteView body, bool little) {
  OrderedReader in(body, little);
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

std::string PacketReader::read_block(std::uint32_t type, ByteView body, std::optional<Frame>& frame) {
  switch (type) {
    case pcapng::interface_description:
      interfaces_.push_back(read_interface(body, little_));
      return {};
    case pcapng::enhanced_packet:
    case pcapng::packet:
      return read_packet(type, body, frame);
    case pcapng::decryption_secrets:
      return read_secrets(body);
    case pcapng::simple_packet:
      return "Simple Packet Block: it has no time, so the order of events cannot be told";
    default:
      return {};
  }
}

/// The obsolete Packet Block counts dropped packets in the second half of what is now the interface's number.
std::string PacketReader::read_packet(std::uint32_t type, ByteView body, std::optional<Frame>& frame) {
  OrderedReader in(body, little_);
  std::uint32_t id = 0;
  if (type == pcapng::enhanced_packet) {
    id = in.u32();
  } else {
    id = in.u16();
    in.u16();
  }
  const std::uint64_t high = in.u32();
  const std::uint64_t low = in.u32();
  const std::uint32_t captured = in.u32();
  in.u32();
  const ByteView bytes = in.take(captured);
  if (!in.ok()) return "packet of " + std::to_string(captured) + " bytes is longer than its block";
  if (id >= interfaces_.size()) return "packet of undescribed interface " + std::to_string(id);
  frame = frame_of(interfaces_[id].link_type, interfaces_[id].nanoseconds(high << 32 | low), bytes);
  return {};
}

std::string PacketReader::read_secrets(ByteView body) {
  OrderedReader in(body, little_);
  const std::uint32_t secrets_type = in.u32();
  const std::uint32_t length = in.u32();
  const std::string_view text = as_text(in.take(length));
  if (!in.ok()) return "secrets of " + std::to_string(length) + " bytes are longer than their block";
  if (secrets_type != pcapng::tls_key_log || text.empty()) return {};
  keylog_ += text;
  if (keylog_.back() != '\n') keylog_ += '\n';
  return {};
}

}  // namespace ti

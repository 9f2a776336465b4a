#pragma once
// Bytes and a bounds-checked reader over them.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ti {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// Lower-case hexadecimal, without separators.
std::string to_hex(ByteView bytes);

/// The bytes of a string of hexadecimal digits (either case); empty for anything else.
Bytes from_hex(std::string_view hex);

/// Bytes of one's own.
Bytes copy(ByteView bytes);

ByteView as_bytes(std::string_view text);
std::string_view as_text(ByteView bytes);

/// Reader takes big-endian numbers and vectors off the front of a view it does not own. After a read past the end every
/// read gives zero or an empty view and ok() is false, so a caller may read a whole structure and ask once.
class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u24() { return static_cast<std::uint32_t>(number(3)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }

  /// The next n bytes.
  ByteView take(std::size_t n);

  /// A vector with a length prefix of 1, 2 or 3 bytes (RFC 8446 3.4).
  ByteView vec8() { return take(u8()); }
  ByteView vec16() { return take(u16()); }
  ByteView vec24() { return take(u24()); }

  ByteView rest() { return take(left()); }
  std::size_t left() const { return ok_ ? bytes_.size() - at_ : 0; }
  std::size_t at() const { return at_; }
  bool ok() const { return ok_; }
  /// All read, and nothing missing.
  bool done() const { return ok_ && at_ == bytes_.size(); }

 private:
  std::uint64_t number(std::size_t n);

  ByteView bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace ti

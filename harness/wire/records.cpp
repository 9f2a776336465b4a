#include "wire/records.hpp"

#include <algorithm>

namespace ti {

namespace {

bool plausible(std::uint8_t type, std::uint16_t version, std::size_t length) {
  return type >= 20 && type <= 24 && version >> 8 == 3 && length <= max_record_payload;
}

}  // namespace

void RecordReader::add(ByteView bytes) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
  at_ = 0;
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

void RecordReader::skip(std::size_t n) {
  at_ += n;
  offset_ += n;
}

std::optional<Record> RecordReader::next() {
  Reader reader(ByteView(buffer_).subspan(at_));
  const std::uint8_t type = reader.u8();
  const std::uint16_t version = reader.u16();
  const std::uint16_t length = reader.u16();
  if (broken_ || !reader.ok()) return std::nullopt;
  if (!plausible(type, version, length)) {
    broken_ = true;
    return std::nullopt;
  }
  const ByteView payload = reader.take(length);
  if (!reader.ok()) return std::nullopt;
  const Record record{.type = type, .version = version, .offset = offset_, .payload = payload};
  at_ += reader.at();
  offset_ += reader.at();
  return record;
}

void HandshakeAssembler::add(ByteView bytes, std::size_t record_offset) {
  if (!pending()) drop();
  starts_.push_back({buffer_.size(), record_offset});
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::optional<HandshakeAssembler::Piece> HandshakeAssembler::next() {
  Reader reader(ByteView(buffer_).subspan(at_));
  reader.u8();
  const std::uint32_t length = reader.u24();
  reader.take(length);
  if (!reader.ok()) return std::nullopt;
  const auto begin = buffer_.begin() + static_cast<std::ptrdiff_t>(at_);
  Piece piece{.offset = pending_offset(), .raw = Bytes(begin, begin + static_cast<std::ptrdiff_t>(reader.at()))};
  at_ += reader.at();
  return piece;
}

std::size_t HandshakeAssembler::pending_offset() const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), at_,
                                      [](std::size_t at, const Start& start) { return at < start.at; });
  return after == starts_.begin() ? 0 : std::prev(after)->record_offset;
}

std::optional<std::uint32_t> HandshakeAssembler::pending_length() const {
  Reader reader(ByteView(buffer_).subspan(at_));
  reader.u8();
  const std::uint32_t length = reader.u24();
  return reader.ok() ? std::optional(length) : std::nullopt;
}

void HandshakeAssembler::drop() {
  buffer_.clear();
  starts_.clear();
  at_ = 0;
}

}  // namespace ti

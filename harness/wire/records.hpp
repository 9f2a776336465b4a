#pragma once
// From one side's bytes to TLS records, and from records to handshake messages.
#include <optional>

#include "base/bytes.hpp"
#include "base/recording.hpp"

namespace ti {

inline constexpr std::size_t record_header_bytes = 5;
/// The most that a record may carry: 2^14 plus what compression and protection may add (RFC 5246 6.2.3).
inline constexpr std::size_t max_record_payload = (1 << 14) + 2048;

/// Record is one TLS record; the payload is as it stood on the wire.
struct Record {
  std::uint8_t type;
  std::uint16_t version;
  std::size_t offset;  ///< in its side's byte stream
  ByteView payload;    ///< valid until bytes are added to the reader again
};

/// RecordReader cuts one side's byte stream into records.
class RecordReader {
 public:
  /// `offset` is that of the first byte.
  explicit RecordReader(std::size_t offset = 0) : offset_(offset) {}

  void add(ByteView bytes);

  /// The next complete record; nothing while bytes are missing, or once broken().
  std::optional<Record> next();

  /// Whether the next bytes cannot begin a record: what follows cannot be told apart any more.
  bool broken() const { return broken_; }
  /// Offset of the next byte that belongs to no record yet, and how many stand there.
  std::size_t offset() const { return offset_; }
  std::size_t left() const { return buffer_.size() - at_; }

  /// The bytes that belong to no record yet; and to take some of them that are none.
  ByteView peek() const { return ByteView(buffer_).subspan(at_); }
  void skip(std::size_t n);

 private:
  Bytes buffer_;
  std::size_t at_ = 0;
  std::size_t offset_;
  bool broken_ = false;
};

/// HandshakeAssembler joins the handshake bytes of one side's records into messages, however they were split.
class HandshakeAssembler {
 public:
  struct Piece {
    std::size_t offset;  ///< of the record in which the message begins
    Bytes raw;           ///< with its four-byte header
  };

  void add(ByteView bytes, std::size_t record_offset);
  std::optional<Piece> next();

  /// Whether part of a message waits for the rest.
  bool pending() const { return at_ < buffer_.size(); }
  std::size_t pending_bytes() const { return buffer_.size() - at_; }
  std::size_t pending_offset() const;
  /// How long the message that waits says its body is; nothing until its header is there.
  std::optional<std::uint32_t> pending_length() const;
  void drop();

 private:
  struct Start {
    std::size_t at;
    std::size_t record_offset;
  };

  Bytes buffer_;
  std::size_t at_ = 0;
  std::vector<Start> starts_;  ///< where in the buffer each record's bytes begin
};

}  // namespace ti

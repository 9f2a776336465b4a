#include "run/disturber.hpp"

#include <algorithm>

#include "base/bytes.hpp"

namespace ti {

namespace {

constexpr std::size_t header_size = 5;
constexpr std::size_t split_size = 7;  // small enough to fall within every handshake message, and its header

/// One record of a direction's byte stream, header included.
struct Record {
  Bytes bytes;
  std::uint8_t type() const { return bytes[0]; }
  ByteView payload() const { return ByteView(bytes).subspan(header_size); }
};

void append(Bytes& to, ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

/// A record of the same type and version around another payload.
Bytes wrapped(const Record& like, ByteView payload) {
  Bytes record(like.bytes.begin(), like.bytes.begin() + 3);
  record.push_back(static_cast<std::uint8_t>(payload.size() >> 8));
  record.push_back(static_cast<std::uint8_t>(payload.size()));
  append(record, payload);
  return record;
}

class PlannedDisturbance final : public Disturbance {
 public:
  explicit PlannedDisturbance(const DisturbPlan& plan) : plan_(plan) {}

  Delivery filter(Side from, ByteView bytes) override {
    Direction& direction = directions_[static_cast<std::size_t>(from)];
    append(direction.held, bytes);
    Bytes out;
    Delivery delivery;
    while (std::optional<Record> record = next(direction)) {
      if (cut_) break;
      pass(from, direction, std::move(*record), out);
    }
    flush(direction, out);
    deliver(from, out, delivery);
    return delivery;
  }

  Delivery finish(Side from) override {
    Direction& direction = directions_[static_cast<std::size_t>(from)];
    Bytes out;
    flush(direction, out);
    append(out, direction.held);
    direction.held.clear();
    Delivery delivery;
    deliver(from, out, delivery);
    return delivery;
  }

 private:
  struct Direction {
    Bytes held;                     ///< the beginning of a record
    std::optional<Record> merging;  ///< a plaintext handshake record that waits for the next
    Bytes message;                  ///< plaintext handshake bytes not yet seen whole
    bool sealed = false;            ///< after ChangeCipherSpec, or in TLS 1.3 the first application data
  };

  /// A whole record off the front; what does not look like TLS passes as it is.
  std::optional<Record> next(Direction& direction) {
    Bytes& held = direction.held;
    if (held.size() < header_size) return std::nullopt;
    const std::size_t size = header_size + (std::size_t{held[3]} << 8 | held[4]);
    if (held.size() < size) return std::nullopt;
    Record record{Bytes(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(size))};
    held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(size));
    return record;
  }

  void pass(Side from, Direction& direction, Record record, Bytes& out) {
    if (record.type() == static_cast<std::uint8_t>(ContentType::change_cipher_spec) ||
        record.type() == static_cast<std::uint8_t>(ContentType::application_data))
      direction.sealed = true;
    if (direction.sealed || record.type() != static_cast<std::uint8_t>(ContentType::handshake)) {
      flush(direction, out);
      append(out, record.bytes);
      return;
    }
    look(from, direction, record);
    if (plan_.records == DisturbPlan::Records::split) {
      for (ByteView rest = record.payload(); !rest.empty();) {
        const std::size_t n = std::min(split_size, rest.size());
        append(out, wrapped(record, rest.first(n)));
        rest = rest.subspan(n);
      }
    } else if (plan_.records == DisturbPlan::Records::merge) {
      merge(direction, std::move(record), out);
    } else {
      append(out, record.bytes);
    }
  }

  void merge(Direction& direction, Record record, Bytes& out) {
    if (!direction.merging) {
      direction.merging = std::move(record);
      return;
    }
    Bytes both(direction.merging->payload().begin(), direction.merging->payload().end());
    append(both, record.payload());
    if (both.size() > 16384) {
      flush(direction, out);
      direction.merging = std::move(record);
      return;
    }
    direction.merging = Record{wrapped(record, both)};
  }

  static void flush(Direction& direction, Bytes& out) {
    if (!direction.merging) return;
    append(out, direction.merging->bytes);
    direction.merging.reset();
  }

  /// Follows the handshake messages in a record, for cut and flip. A message that lies across records is seen when its
  /// last byte comes; only what lies in this record can be flipped.
  void look(Side from, Direction& direction, Record& record) {
    const std::size_t before = direction.message.size();
    append(direction.message, record.payload());
    std::size_t at = 0;
    while (direction.message.size() - at >= 4) {
      const Bytes& m = direction.message;
      const std::size_t size = 4 + (std::size_t{m[at + 1]} << 16 | std::size_t{m[at + 2]} << 8 | m[at + 3]);
      if (m.size() - at < size) break;
      const auto type = static_cast<MessageType>(m[at]);
      if (plan_.flip && plan_.flip->from == from && plan_.flip->message == type)
        flip(record, at + 4 + plan_.flip->bit / 8, before);
      if (plan_.cut && plan_.cut->from == from && plan_.cut->after == type) cut_ = true;
      at += size;
    }
    direction.message.erase(direction.message.begin(), direction.message.begin() + static_cast<std::ptrdiff_t>(at));
  }

  void flip(Record& record, std::size_t byte, std::size_t before) const {
    if (byte < before) return;
    const std::size_t at = header_size + byte - before;
    if (at < record.bytes.size()) record.bytes[at] ^= static_cast<std::uint8_t>(1U << (plan_.flip->bit % 8));
  }

  void deliver(Side from, const Bytes& out, Delivery& delivery) const {
    const auto delay = from == Side::server ? std::chrono::nanoseconds(plan_.delay) : std::chrono::nanoseconds(0);
    if (!out.empty()) {
      if (plan_.single_bytes) {
        for (const std::uint8_t byte : out) delivery.pieces.push_back(Piece{Bytes{byte}, std::chrono::nanoseconds(0)});
        delivery.pieces.front().delay = delay;
      } else {
        delivery.pieces.push_back(Piece{out, delay});
      }
    }
    if (cut_) delivery.cut = Cut::fin;
  }

  DisturbPlan plan_;
  Direction directions_[2];
  bool cut_ = false;
};

}  // namespace

std::unique_ptr<Disturbance> make_disturbance(const DisturbPlan& plan) {
  if (!plan.any()) return nullptr;
  return std::make_unique<PlannedDisturbance>(plan);
}

}  // namespace ti

#include "run/disturber.hpp"

#include <algorithm>
#include <array>

#include "base/bytes.hpp"

namespace ti {

namespace {

constexpr std::size_t header_size = 5;
constexpr std::size_t split_size = 7;  // small enough to fall within every handshake message, and its header
constexpr std::size_t most_payload = 16384;
constexpr std::size_t most_sealed = most_payload + 2048;  // RFC 5246 6.2.3

void append(Bytes& to, ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

/// One record of a direction's byte stream, header apart.
struct Record {
  std::array<std::uint8_t, 3> head;  ///< type and version
  Bytes payload;

  bool is(ContentType type) const { return head[0] == static_cast<std::uint8_t>(type); }
};

void append_record(Bytes& to, const Record& like, ByteView payload) {
  append(to, like.head);
  to.push_back(static_cast<std::uint8_t>(payload.size() >> 8));
  to.push_back(static_cast<std::uint8_t>(payload.size()));
  append(to, payload);
}

/// MessageFollower tells where in the handshake messages of one direction a byte stands, whatever records they lie in.
class MessageFollower {
 public:
  void take(std::uint8_t byte) {
    if (at_end()) seen_ = 0;
    if (seen_ < head_.size()) head_[seen_] = byte;
    ++seen_;
  }

  /// The last byte was the first, or the last, of a message.
  bool at_begin() const { return seen_ == 1; }
  bool at_end() const { return seen_ >= head_.size() && seen_ == head_.size() + size(); }
  MessageType type() const { return static_cast<MessageType>(head_[0]); }
  /// Whether the last byte was that of the body, counted from 0.
  bool is_in_body(std::size_t offset) const { return seen_ == head_.size() + offset + 1; }

 private:
  std::size_t size() const { return std::size_t{head_[1]} << 16 | std::size_t{head_[2]} << 8 | std::size_t{head_[3]}; }

  std::array<std::uint8_t, 4> head_{};
  std::size_t seen_ = 0;  ///< bytes of the message
};

class PlannedDisturbance final : public Disturbance {
 public:
  explicit PlannedDisturbance(const DisturbPlan& plan) : plan_(plan) {}

  Delivery filter(Side from, ByteView bytes) override {
    Direction& direction = directions_[static_cast<std::size_t>(from)];
    append(direction.held, bytes);
    Bytes out;
    while (std::optional<Record> record = next(direction)) {
      if (applied_.cut) break;
      pass(from, direction, std::move(*record), out);
    }
    flush(direction, out);
    if (direction.foreign) append(out, std::exchange(direction.held, {}));
    return deliver(from, out);
  }

  Delivery finish(Side from) override {
    Direction& direction = directions_[static_cast<std::size_t>(from)];
    Bytes out;
    flush(direction, out);
    append(out, std::exchange(direction.held, {}));
    return deliver(from, out);
  }

  AppliedDisturbance applied() const override { return applied_; }

 private:
  struct Direction {
    Bytes held;                     ///< the beginning of a record
    std::optional<Record> merging;  ///< a plaintext handshake record that waits for the next
    MessageFollower follower;
    bool sealed = false;   ///< after ChangeCipherSpec, or in TLS 1.3 the first application data
    bool foreign = false;  ///< not TLS, from here on
  };

  /// A whole record off the front.
  static std::optional<Record> next(Direction& direction) {
    Bytes& held = direction.held;
    if (direction.foreign || held.size() < header_size) return std::nullopt;
    const std::size_t size = std::size_t{held[3]} << 8 | held[4];
    direction.foreign = held[0] < static_cast<std::uint8_t>(ContentType::change_cipher_spec) ||
                        held[0] > static_cast<std::uint8_t>(ContentType::heartbeat) || size > most_sealed;
    if (direction.foreign || held.size() < header_size + size) return std::nullopt;
    const auto begin = held.begin() + header_size;
    const auto end = begin + static_cast<std::ptrdiff_t>(size);
    Record record{{held[0], held[1], held[2]}, Bytes(begin, end)};
    held.erase(held.begin(), end);
    return record;
  }

  void pass(Side from, Direction& direction, Record record, Bytes& out) {
    if (record.is(ContentType::change_cipher_spec) || record.is(ContentType::application_data)) direction.sealed = true;
    if (direction.sealed || !record.is(ContentType::handshake)) {
      flush(direction, out);
      append_record(out, record, record.payload);
      return;
    }
    disturb_messages(from, direction, record);
    if (plan_.records == DisturbPlan::Records::merge)
      merge(direction, std::move(record), out);
    else if (plan_.records == DisturbPlan::Records::split)
      split(record, out);
    else
      append_record(out, record, record.payload);
  }

  /// Cuts and flips. A cut leaves of the record what stands before it.
  void disturb_messages(Side from, Direction& direction, Record& record) {
    MessageFollower& follower = direction.follower;
    std::size_t begun = 0;
    for (std::size_t i = 0; i < record.payload.size(); ++i) {
      follower.take(record.payload[i]);
      begun += follower.at_begin() ? 1 : 0;
      if (plan_.flip && plan_.flip->from == from && plan_.flip->message == follower.type() &&
          follower.is_in_body(plan_.flip->bit / 8)) {
        record.payload[i] ^= static_cast<std::uint8_t>(1U << (plan_.flip->bit % 8));
        ++applied_.flipped;
      }
      if (plan_.cut && plan_.cut->from == from && plan_.cut->after == follower.type() && follower.at_end()) {
        applied_.cut = true;
        record.payload.resize(i + 1);
      }
    }
    if (begun > 1) ++applied_.as_merged;
  }

  void split(const Record& record, Bytes& out) {
    if (record.payload.size() > split_size) ++applied_.split;
    for (ByteView rest = record.payload; !rest.empty(); rest = rest.subspan(std::min(split_size, rest.size())))
      append_record(out, record, rest.first(std::min(split_size, rest.size())));
  }

  void merge(Direction& direction, Record record, Bytes& out) {
    if (direction.merging && direction.merging->payload.size() + record.payload.size() <= most_payload) {
      append(direction.merging->payload, record.payload);
      ++applied_.merged;
      return;
    }
    flush(direction, out);
    direction.merging = std::move(record);
  }

  static void flush(Direction& direction, Bytes& out) {
    if (!direction.merging) return;
    append_record(out, *direction.merging, direction.merging->payload);
    direction.merging.reset();
  }

  Delivery deliver(Side from, const Bytes& out) {
    Delivery delivery;
    if (applied_.cut) delivery.cut = Cut::fin;
    if (out.empty()) return delivery;
    const auto delay = from == Side::server ? std::chrono::nanoseconds(plan_.delay) : std::chrono::nanoseconds(0);
    if (delay.count() > 0) ++applied_.delayed;
    if (plan_.single_bytes)
      for (const std::uint8_t byte : out) delivery.pieces.push_back(Piece{Bytes{byte}});
    else
      delivery.pieces.push_back(Piece{out});
    delivery.pieces.front().delay = delay;
    return delivery;
  }

  DisturbPlan plan_;
  Direction directions_[2];
  AppliedDisturbance applied_;
};

}  // namespace

std::unique_ptr<Disturbance> make_disturbance(const DisturbPlan& plan) {
  if (!plan.any()) return nullptr;
  return std::make_unique<PlannedDisturbance>(plan);
}

}  // namespace ti

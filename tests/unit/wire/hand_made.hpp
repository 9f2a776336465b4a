#pragma once
// TLS by hand: messages, records and recordings for tests.
#include <initializer_list>
#include <string_view>

#include "base/recording.hpp"
#include "wire/messages.hpp"

namespace ti::hand_made {

inline Bytes u16(std::size_t n) { return {static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)}; }

inline Bytes join(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

inline Bytes vec8(const Bytes& bytes) { return join({{static_cast<std::uint8_t>(bytes.size())}, bytes}); }
inline Bytes vec16(const Bytes& bytes) { return join({u16(bytes.size()), bytes}); }
inline Bytes text(std::string_view text) { return {text.begin(), text.end()}; }
inline Bytes repeat(std::uint8_t byte, std::size_t count) {
  Bytes bytes(count);
  for (std::uint8_t& each : bytes) each = byte;
  return bytes;
}

inline Bytes extension(std::uint16_t type, const Bytes& data) { return join({u16(type), vec16(data)}); }

inline Bytes handshake(MessageType type, const Bytes& body) {
  return join({{static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(body.size() >> 16)},
               u16(body.size() & 0xffff),
               body});
}

inline Bytes client_hello(const Bytes& extensions, const Bytes& session_id = {}, std::uint8_t random = 0xc1) {
  return handshake(MessageType::client_hello, join({u16(0x0303), repeat(random, 32), vec8(session_id),
                                                    vec16(u16(0xc02f)), vec8({0}), vec16(extensions)}));
}

inline Bytes server_hello(const Bytes& extensions, const Bytes& session_id = {}, std::uint16_t version = 0x0303,
                          std::uint16_t suite = 0xc02f) {
  return handshake(MessageType::server_hello,
                   join({u16(version), repeat(0x5e, 32), vec8(session_id), u16(suite), {0}, vec16(extensions)}));
}

inline Bytes new_session_ticket(const Bytes& ticket) {
  return handshake(MessageType::new_session_ticket, join({{0, 0, 1, 44}, vec16(ticket)}));
}

inline Bytes record(ContentType type, const Bytes& payload, std::uint16_t version = 0x0303) {
  return join({{static_cast<std::uint8_t>(type)}, u16(version), vec16(payload)});
}

inline Bytes record(const Bytes& handshake) { return record(ContentType::handshake, handshake); }
inline Bytes change_cipher_spec() { return record(ContentType::change_cipher_spec, {1}); }
inline Bytes alert(std::uint8_t level, std::uint8_t description) {
  return record(ContentType::alert, {level, description});
}
/// What a protected Finished looks like from outside.
inline Bytes sealed_finished() { return record(ContentType::handshake, repeat(0xee, 40)); }

/// A recording of one segment a call, a millisecond apart.
class Tape {
 public:
  Tape& client(const Bytes& bytes) { return add(Side::client, bytes); }
  Tape& server(const Bytes& bytes) { return add(Side::server, bytes); }
  Tape& end(Side from, Ending::How how) {
    recording_.endings.push_back({from, now_, how, recording_.segments.size()});
    return *this;
  }
  const Recording& recording() const { return recording_; }

 private:
  Tape& add(Side from, const Bytes& bytes) {
    now_ += std::chrono::milliseconds(1);
    recording_.segments.push_back({from, now_, bytes});
    return *this;
  }

  Instant now_{};
  Recording recording_;
};

inline Bytes server_flight() {
  return join({record(server_hello(extension(ext::session_ticket, {}))),
               record(handshake(MessageType::certificate, {0, 0, 0})),
               record(handshake(MessageType::server_hello_done, {}))});
}

inline Bytes client_flight() {
  return join({record(handshake(MessageType::client_key_exchange, {1, 2})), change_cipher_spec(), sealed_finished()});
}

/// Full handshake in TLS 1.2 with a ticket, seen without keys.
inline Tape full_handshake(const Bytes& ticket) {
  Tape tape;
  tape.client(record(client_hello(extension(ext::session_ticket, {}))))
      .server(server_flight())
      .client(client_flight())
      .server(join({record(new_session_ticket(ticket)), change_cipher_spec(), sealed_finished()}));
  return tape;
}

}  // namespace ti::hand_made

#pragma once
// Recorded connections (tests/golden/wire) as an observation that a test may change.
#include "model/observation.hpp"
#include "wire/golden.hpp"

namespace ti::made {

inline Observation recorded(const char* name) {
  const Capture capture = golden::capture(name);
  const KeyLog keys(capture.keylog);
  Observation seen;
  seen.has_expectations = false;
  for (const Recording& recording : capture.connections) {
    ObservedConnection& connection = seen.connections.emplace_back();
    connection.transcript = decode(recording, keys);
    connection.handshakes = handshakes_of(connection.transcript);
    connection.begun = recording.opened;
  }
  return seen;
}

/// Where the first connection has that message.
inline std::size_t find(const Observation& seen, Side side, MessageType type) {
  const auto& messages = seen.connections[0].transcript.messages;
  for (std::size_t i = 0; i < messages.size(); ++i)
    if (messages[i].from == side && messages[i].type == type) return i;
  ADD_FAILURE() << name(type);
  return 0;
}

}  // namespace ti::made

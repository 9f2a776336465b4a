#pragma once
// Recorded connections (tests/golden/wire) as an observation that a test may change.
#include <openssl/x509.h>

#include <memory>

#include "model/observation.hpp"
#include "wire/flight.hpp"
#include "wire/golden.hpp"

namespace ti::made {

inline Observation recorded(const char* name) {
  const Capture capture = golden::capture(name);
  const KeyLog keys(capture.keylog);
  Observation seen;
  seen.has_expectations = seen.by_our_tap = false;
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

/// The server's certificate as its own CA, an hour after it was made.
inline Trust trust_in_certificate(const Observation& seen) {
  const Transcript& transcript = seen.connections[0].transcript;
  const Bytes& raw = transcript.messages[find(seen, Side::server, MessageType::certificate)].raw;
  const auto certificates = certificates_of(raw, transcript.version);
  const ByteView der = certificates->entries.front().der;
  const std::uint8_t* at = der.data();
  const std::unique_ptr<X509, decltype(&X509_free)> read(d2i_X509(nullptr, &at, static_cast<long>(der.size())),
                                                         X509_free);
  tm made{};
  ASN1_TIME_to_tm(X509_get0_notBefore(read.get()), &made);
  return {.ca = Bytes(der.begin(), der.end()), .server_name = "", .unix_time = timegm(&made) + 3600};
}

}  // namespace ti::made

#pragma once
// The key schedules of TLS 1.0 to 1.3, as functions.
#include "wire/messages.hpp"
#include "wire/suites.hpp"

namespace ti {

/// PRF(secret, label, seed) of RFC 2246 5 and RFC 5246 5.
Bytes prf(Version version, const Suite& suite, ByteView secret, std::string_view label, ByteView seed,
          std::size_t bytes);

/// HKDF-Expand-Label(secret, label, "", bytes) of RFC 8446 7.1, with the suite's hash, for no more bytes than it gives.
Bytes expand_label(const Suite& suite, ByteView secret, std::string_view label, std::size_t bytes);

/// The hash that the handshake messages go through: MD5 and SHA-1 side by side below TLS 1.2, else the suite's.
Bytes transcript_hash(Version version, const Suite& suite, ByteView messages);

/// verify_data of a Finished. `secret` is the master secret, or in TLS 1.3 the sender's handshake traffic secret.
Bytes finished_verify_data(Version version, const Suite& suite, ByteView secret, Side sender, ByteView messages);

std::size_t hash_bytes(const Suite& suite);

}  // namespace ti

#pragma once
// From recorded bytes and a key log to a transcript. Sans-I/O; never throws on any input; every error has a place.
#include "base/capture_recording.hpp"
#include "wire/keylog.hpp"
#include "wire/transcript.hpp"

namespace ti {

/// Decodes one connection. Messages come in the order in which their last byte was recorded. What no key opens stays in
/// the transcript as MessageType::encrypted.
///
/// Opens TLS 1.0-1.2 (CBC with MAC-then-encrypt or encrypt-then-MAC, GCM, CCM, CCM_8, ChaCha20-Poly1305, NULL;
/// resumptions and renegotiations, also a second ChangeCipherSpec without a new ServerHello, which restarts the same
/// keys) from CLIENT_RANDOM lines, and TLS 1.3 (all suites, HelloRetryRequest, KeyUpdate, 0-RTT accepted or refused,
/// middlebox ChangeCipherSpec) from the traffic secrets. Verifies each Finished whose secret is known. A secret that
/// opens nothing is taken for none.
///
/// Behind a gap its side is not read, and no Finished is verified.
Transcript decode(const Recording& recording, const KeyLog& keys);
/// The same, with what is known of it beside. Its first problem says so where the server does not speak TLS.
Transcript decode(const CaptureRecording& connection, const KeyLog& keys);

}  // namespace ti

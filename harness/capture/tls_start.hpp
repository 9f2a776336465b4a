#pragma once
// Where TLS begins in a TCP connection.
#include <optional>

#include "base/capture_recording.hpp"
#include "capture/tcp_stream.hpp"

namespace ti {

/// The TLS in a conversation, from its beginning or from a ClientHello behind plaintext on (STARTTLS, a proxy's
/// request, a PROXY line in one segment with it); nothing if there is none. What stands before is skipped on both
/// sides.
///
/// The client is who sent a ClientHello, or got a ServerHello, or sent the SYN. A connection of which neither hello was
/// captured has nothing but gaps. Bytes that look like a ClientHello and are answered by what is no TLS are none,
/// unless they are one to the last byte and stand where the stream begins: then the server does not speak TLS.
std::optional<CaptureRecording> tls_in(const TcpConversation& conversation);

}  // namespace ti

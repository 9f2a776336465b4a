#pragma once
// The ClientHello that clients of old sent in the format of SSL 2.0 (RFC 5246 E.2).
#include <optional>

#include "wire/messages.hpp"

namespace ti {

/// How long such a hello is, its two bytes of length included, if a stream begins with one; nothing if it does not, or
/// if too little of it is there to tell. One that offers no version above SSL 2.0 is none.
std::optional<std::size_t> sslv2_hello_bytes(ByteView stream);

/// Reads one; `message` is without its two bytes of length, as the Finished count it. Nothing if it is not well-formed.
std::optional<ClientHello> parse_sslv2_hello(ByteView message);

}  // namespace ti

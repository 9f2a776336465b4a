#pragma once
// A transcript as `s_client -msg` users know it.
#include <string>

#include "wire/transcript.hpp"

namespace ti {

/// One header line a message (`<<< TLS 1.2, Handshake [length 00ca], NewSessionTicket`, client's view) with the time,
/// then its bytes in rows of sixteen; endings and problems in their place.
std::string trace_text(const Transcript& transcript);

}  // namespace ti

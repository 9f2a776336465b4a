#pragma once
// The "SSL-Session:" block that s_client prints.
#include "pasted/pasted_text.hpp"
#include "pasted/printed_connection.hpp"

namespace ti {

/// Reads into `session` the field that begins at words[at], which is then behind it. False, and `at` stays, if none of
/// the fields of PrintedSession begins there.
bool read_session_field(const PastedText& words, std::size_t& at, PrintedSession& session);

}  // namespace ti

#pragma once
// The text that `s_client -msg` (or -trace) prints, found anywhere in a pasted mail.
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "wire/transcript.hpp"

namespace ti {

/// PrintedSession is the "SSL-Session:" block that s_client prints at the end of a connection.
struct PrintedSession {
  std::string protocol;
  std::string cipher;
  bool reused = false;
  Bytes session_id;
  Bytes master_key;
  Bytes ticket;  ///< from its hex dump, as far as it stands there
};

/// PrintedConnection is one run of s_client in the text, in order: its messages (none if -msg was not given), and the
/// end state it printed.
struct PrintedConnection {
  Transcript transcript;
  std::vector<PrintedSession> sessions;
  std::vector<std::string> errors;  ///< library error lines ("error:14092072:SSL routines:...")
};

/// Reads message dumps whatever the line breaks: `>>> TLS 1.0 Handshake [length 019e], ClientHello 01 00 ...` from the
/// client's side (`>>>` is what it wrote). A dump with fewer bytes than its length, or more, is a Problem in the
/// transcript. No dump at all is an error.
Result<std::vector<PrintedConnection>> parse_msg_text(std::string_view text);

}  // namespace ti

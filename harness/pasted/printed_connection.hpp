#pragma once
// What a text tells of one connection.
#include <string>
#include <vector>

#include "wire/transcript.hpp"

namespace ti {

/// PrintedSession is the "SSL-Session:" block that s_client prints at the end of a connection, or what s_server says of
/// one once it is agreed: its suite and whether it is an old one.
struct PrintedSession {
  bool of_server = false;
  std::string protocol;
  std::string cipher;
  bool reused = false;
  Bytes session_id;
  Bytes master_key;
  Bytes ticket;  ///< from its hex dump, as far as it stands there
};

/// PrintedConnection is one connection of a text, in order: its messages (none if the text holds none), and the end
/// state that s_client printed.
struct PrintedConnection {
  Transcript transcript;
  std::vector<PrintedSession> sessions;
  std::vector<std::string> errors;  ///< library error lines ("error:14092072:SSL routines:...")
};

}  // namespace ti

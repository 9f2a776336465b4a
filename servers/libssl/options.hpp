#pragma once

#include "ticket_keys.h"

#include <optional>
#include <string>

namespace ti::server {

/// What the command line says. Files are PEM.
struct Options {
  bool version = false;  ///< only say which library this is
  std::string socket;    ///< path of the unix socket to listen on
  std::string cert, key, ecdsa_cert, ecdsa_key;
  std::string ca;  ///< whose client certificates are taken; empty: none is asked for
  std::string ciphers;
  std::string keylog;  ///< empty: no key log
  int tls = 0;         ///< number of the version on the wire
  bool tickets = true;
  int tickets_per_handshake = -1;  ///< -1: as the library has it
  ticket_policy policy{};
  std::string results;  ///< what the policy's results point to
};

/// Throws std::runtime_error for what is no option, or no policy.
Options read_options(int argc, const char* const* argv);

}  // namespace ti::server

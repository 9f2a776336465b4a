#pragma once
// A client and a server of this machine's libssl, joined by memory, and recorded: every way of TLS at will, without
// sockets.
#include <functional>
#include <string>
#include <vector>

#include "base/recording.hpp"

namespace ti::libssl_pair {

/// PairSettings is one pair's way of talking. `connections` are made one after the other with the session of the last.
struct PairSettings {
  std::string name;
  int version = 0;     ///< TLS1_VERSION ... TLS1_3_VERSION
  std::string cipher;  ///< OpenSSL's name; empty: its choice
  int connections = 2;
  bool rsa = false;  ///< the certificate's kind; else ECDSA
  bool encrypt_then_mac = true;
  bool extended_master_secret = true;
  bool tickets = true;
  bool renew = false;  ///< the ticket callback renews on each resumption
  bool client_certificate = false;
  bool client_renegotiates = false;
  bool server_renegotiates = false;
  bool retry = false;  ///< the client's first key share fits no group of the server
  bool key_updates = false;
  bool early_data = false;
  bool refuse_early_data = false;
  bool distrust = false;     ///< the client does not trust the certificate: a fatal alert
  std::size_t fragment = 0;  ///< bytes of content a record; 0: the most
  std::size_t padding = 0;   ///< TLS 1.3 records are padded to a multiple
  std::size_t segment = 0;   ///< bytes a segment; 0: as written
  std::size_t data = 100;    ///< bytes of application data, each way, in one write
};

struct Recorded {
  std::vector<Recording> connections;
  std::string keylog;
  std::string failure;  ///< empty if every connection went as the settings says
};

Recorded record(const PairSettings& settings);

/// OpenSSL's names of the suites that a version can negotiate with our certificates (no PSK, SRP or DSS).
std::vector<std::string> suites(int version);
bool needs_rsa(const std::string& suite);

}  // namespace ti::libssl_pair

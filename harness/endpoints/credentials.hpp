#pragma once
// Keys and certificates of a run, private to the user: certificates and all keys but the RSA one (rsa_key.hpp) are
// made anew for each, and signed by a CA that nobody else trusts.
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ti {

/// Paths of the PEM files. Server certificates are RSA 2048 and P-256.
struct Credentials {
  std::filesystem::path ca;
  std::filesystem::path cert, key;
  std::filesystem::path ecdsa_cert, ecdsa_key;
  std::filesystem::path client_cert, client_key;
  std::vector<std::uint8_t> ca_der = {};  ///< the CA's certificate
  std::string server_name = {};           ///< for which the server's certificates are

  /// As variables of servers/CONTRACT.md.
  std::map<std::string, std::string> variables() const;
};

/// What the server's certificates say.
struct CertificateFacts {
  std::string server_name = "localhost";                       ///< with 127.0.0.1 beside it if it is that
  std::chrono::seconds server_valid = std::chrono::years(20);  ///< from now on; virtual time needs room
};

/// Makes them in a folder that exists; key files are readable by the user only. Valid from a day ago, the CA and the
/// client's for twenty years. Throws std::runtime_error with OpenSSL's words.
Credentials make_credentials(const std::filesystem::path& folder, const CertificateFacts& facts = {});

}  // namespace ti

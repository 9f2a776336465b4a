#include "common/libssl.hpp"

#include "common/libssl_compat.hpp"

#include <algorithm>
#include <array>

namespace ti::adapter {
namespace {

constexpr std::array version_names{"1.0", "1.1", "1.2", "1.3"};

}  // namespace

void tell_handshake(const SSL* ssl, ConnectResult& result) {
  const auto version = static_cast<std::size_t>(SSL_version(ssl) - libssl::tls1_0);
  result.resumed = libssl::reused(ssl);
  result.cipher = SSL_get_cipher_name(ssl);
  if (version < version_names.size()) result.version = version_names[version];
}

void choose_ciphers(SSL_CTX* context, const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ":") + name;
  const bool accepted = SSL_CTX_set_cipher_list(context, list.c_str()) == 1;
  ERR_clear_error();
  const std::vector<std::string> known = accepted ? libssl::cipher_names(context) : std::vector<std::string>();
  for (const std::string& name : names)
    if (std::ranges::find(known, name) == known.end()) throw Unimplemented{"configure.ciphers " + name};
}

}  // namespace ti::adapter

#include "common/libssl.hpp"

#include <openssl/err.h>
#include <array>
#include <utility>

namespace ti::adapter {
namespace {

constexpr std::array<std::pair<int, const char*>, 4> versions{
    {{TLS1_VERSION, "1.0"}, {TLS1_1_VERSION, "1.1"}, {TLS1_2_VERSION, "1.2"}, {TLS1_3_VERSION, "1.3"}}};

bool has_cipher(const SSL_CTX* context, const std::string& name) {
  const auto* ciphers = SSL_CTX_get_ciphers(context);
  for (int i = 0; i < static_cast<int>(sk_SSL_CIPHER_num(ciphers)); ++i)
    if (name == SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i))) return true;
  return false;
}

}  // namespace

void tell_handshake(const SSL* ssl, ConnectResult& result) {
  result.resumed = SSL_session_reused(ssl) == 1;
  result.cipher = SSL_get_cipher_name(ssl);
  for (const auto& [number, name] : versions)
    if (SSL_version(ssl) == number) result.version = name;
}

void choose_ciphers(SSL_CTX* context, const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ":") + name;
  const bool accepted = SSL_CTX_set_cipher_list(context, list.c_str()) == 1;
  ERR_clear_error();
  for (const std::string& name : names)
    if (!accepted || !has_cipher(context, name)) throw Unimplemented{"configure.ciphers " + name};
}

}  // namespace ti::adapter

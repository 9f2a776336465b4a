#pragma once

#include "common/adapter.hpp"

#include <openssl/ssl.h>
#include <string>
#include <vector>

// What adapters ask of libssl beside making connections. Compiled into each, against that library's own headers.
namespace ti::adapter {

/// Says what libssl says of a finished handshake: whether it resumed, the version and the suite.
void tell_handshake(const SSL* ssl, ConnectResult& result);

/// Offers just these TLS <= 1.2 suites. Throws Unimplemented with the first that the library does not have.
void choose_ciphers(SSL_CTX* context, const std::vector<std::string>& names);

}  // namespace ti::adapter

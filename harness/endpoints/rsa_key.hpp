#pragma once
// The RSA key of all servers: a published one, because making one takes OpenSSL a sixth of a second of each run.
#include <openssl/evp.h>

#include <memory>

namespace ti {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using PrivateKey = std::unique_ptr<EVP_PKEY, FreeKey>;

/// testRSA2048 of RFC 9500 section 2.1, which is there to be known to all. Nobody is trusted for having it: a client
/// trusts the CA of its run, whose key is new and never written anywhere. Throws std::runtime_error if OpenSSL fails.
PrivateKey rsa_test_key();

}  // namespace ti

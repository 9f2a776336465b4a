#pragma once
// Owners for what OpenSSL allocates.
#include <openssl/evp.h>

#include <memory>

namespace ti {

template <auto free>
struct FreedBy {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};

using Digest = std::unique_ptr<EVP_MD, FreedBy<EVP_MD_free>>;
using Mac = std::unique_ptr<EVP_MAC, FreedBy<EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreedBy<EVP_MAC_CTX_free>>;
using Cipher = std::unique_ptr<EVP_CIPHER, FreedBy<EVP_CIPHER_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreedBy<EVP_CIPHER_CTX_free>>;

}  // namespace ti

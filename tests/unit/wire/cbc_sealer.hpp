#pragma once
// A writer of CBC records with the MAC inside, to make what no library sends.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "hand_made.hpp"
#include "wire/key_schedule.hpp"

namespace ti::hand_made {

/// One direction of TLS 1.0 with a SHA-1 suite.
class CbcSealer {
 public:
  CbcSealer(const Suite& suite, ByteView key, ByteView iv, ByteView mac_key)
      : cipher_(EVP_get_cipherbyname(suite.cipher)),
        key_(key.begin(), key.end()),
        iv_(iv.begin(), iv.end()),
        mac_key_(mac_key.begin(), mac_key.end()) {}

  Bytes seal(ContentType type, const Bytes& content) {
    Bytes plain = join({content, mac(type, content)});
    const std::size_t padding = iv_.size() - plain.size() % iv_.size();
    plain = join({plain, repeat(static_cast<std::uint8_t>(padding - 1), padding)});
    return record(type, encrypt(plain), 0x0301);
  }

 private:
  Bytes mac(ContentType type, const Bytes& content) {
    const Bytes input = join(
        {repeat(0, 7), {sequence_++}, {static_cast<std::uint8_t>(type)}, u16(0x0301), u16(content.size()), content});
    Bytes out(20);
    HMAC(EVP_sha1(), mac_key_.data(), static_cast<int>(mac_key_.size()), input.data(), input.size(), out.data(),
         nullptr);
    return out;
  }

  Bytes encrypt(const Bytes& plain) {
    Bytes out(plain.size());
    int length = 0;
    EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
    EVP_EncryptInit_ex(context, cipher_, nullptr, key_.data(), iv_.data());
    EVP_CIPHER_CTX_set_padding(context, 0);
    EVP_EncryptUpdate(context, out.data(), &length, plain.data(), static_cast<int>(plain.size()));
    EVP_CIPHER_CTX_free(context);
    iv_.assign(out.end() - static_cast<std::ptrdiff_t>(iv_.size()), out.end());
    return out;
  }

  const EVP_CIPHER* cipher_;
  Bytes key_;
  Bytes iv_;
  Bytes mac_key_;
  std::uint8_t sequence_ = 0;
};

}  // namespace ti::hand_made

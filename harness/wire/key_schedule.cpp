#include "wire/key_schedule.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "wire/openssl_handles.hpp"

namespace ti {

namespace {

/// Looking an algorithm up by name costs more than using it: each is fetched once.
const EVP_KDF* tls1_prf() {
  static const Kdf kdf(EVP_KDF_fetch(nullptr, "TLS1-PRF", nullptr));
  return kdf.get();
}

const EVP_KDF* hkdf() {
  static const Kdf kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  return kdf.get();
}

const EVP_MD* digest(std::string_view name) {
  static const Digest md5_sha1(EVP_MD_fetch(nullptr, "MD5-SHA1", nullptr));
  static const Digest sha256(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  static const Digest sha384(EVP_MD_fetch(nullptr, "SHA384", nullptr));
  return name == "SHA384" ? sha384.get() : name == "SHA256" ? sha256.get() : md5_sha1.get();
}

const char* hash_name(Version version, const Suite& suite) {
  return version < Version::tls12 ? "MD5-SHA1" : suite.prf_hash;
}

OSSL_PARAM octets(const char* key, ByteView bytes) {
  return OSSL_PARAM_construct_octet_string(key, const_cast<std::uint8_t*>(bytes.data()), bytes.size());
}

OSSL_PARAM text(const char* key, const char* value) {
  return OSSL_PARAM_construct_utf8_string(key, const_cast<char*>(value), 0);
}

/// Zero bytes, which fit no message, if OpenSSL refuses.
Bytes derive(const EVP_KDF* kdf, const OSSL_PARAM* params, std::size_t bytes) {
  Bytes out(bytes);
  const KdfContext context(kdf == nullptr ? nullptr : EVP_KDF_CTX_new(const_cast<EVP_KDF*>(kdf)));
  if (!context || bytes == 0 || EVP_KDF_derive(context.get(), out.data(), bytes, params) <= 0) out.assign(bytes, 0);
  return out;
}

Bytes hash(const EVP_MD* digest, ByteView bytes) {
  Bytes out(EVP_MAX_MD_SIZE);
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), out.data(), &length, digest, nullptr) != 1) length = 0;
  out.resize(length);
  return out;
}

}  // namespace

Bytes prf(Version version, const Suite& suite, ByteView secret, std::string_view label, ByteView seed,
          std::size_t bytes) {
  const OSSL_PARAM params[] = {text(OSSL_KDF_PARAM_DIGEST, hash_name(version, suite)),
                               octets(OSSL_KDF_PARAM_SECRET, secret), octets(OSSL_KDF_PARAM_SEED, as_bytes(label)),
                               octets(OSSL_KDF_PARAM_SEED, seed), OSSL_PARAM_construct_end()};
  return derive(tls1_prf(), params, bytes);
}

Bytes expand_label(const Suite& suite, ByteView secret, std::string_view label, std::size_t bytes) {
  const std::string full_label = "tls13 " + std::string(label);
  Bytes info = {static_cast<std::uint8_t>(bytes >> 8), static_cast<std::uint8_t>(bytes),
                static_cast<std::uint8_t>(full_label.size())};
  info.insert(info.end(), full_label.begin(), full_label.end());
  info.push_back(0);
  int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
  const OSSL_PARAM params[] = {text(OSSL_KDF_PARAM_DIGEST, suite.prf_hash), octets(OSSL_KDF_PARAM_KEY, secret),
                               octets(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
                               OSSL_PARAM_construct_end()};
  return derive(hkdf(), params, bytes);
}

Bytes transcript_hash(Version version, const Suite& suite, ByteView messages) {
  return hash(digest(hash_name(version, suite)), messages);
}

Bytes finished_verify_data(Version version, const Suite& suite, ByteView secret, Side sender, ByteView messages) {
  const Bytes messages_hash = transcript_hash(version, suite, messages);
  if (version != Version::tls13)
    return prf(version, suite, secret, sender == Side::client ? "client finished" : "server finished", messages_hash,
               12);
  const Bytes key = expand_label(suite, secret, "finished", hash_bytes(suite));
  Bytes mac(hash_bytes(suite));
  std::size_t length = 0;
  EVP_Q_mac(nullptr, "HMAC", nullptr, suite.prf_hash, nullptr, key.data(), key.size(), messages_hash.data(),
            messages_hash.size(), mac.data(), mac.size(), &length);
  mac.resize(length);
  return mac;
}

std::size_t hash_bytes(const Suite& suite) { return std::string_view(suite.prf_hash) == "SHA384" ? 48 : 32; }

}  // namespace ti

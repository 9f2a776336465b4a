#include "wire/key_schedule.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <array>
#include <initializer_list>
#include <map>

#include "wire/openssl_handles.hpp"

namespace ti {

namespace {

/// A context, made once for each hash and thread: looking algorithms up by name costs more than using them. Null if
/// OpenSSL lacks it.
EVP_MAC_CTX* hmac_context(const char* hash) {
  thread_local std::map<std::string_view, MacContext> made;
  const auto [entry, is_new] = made.try_emplace(hash);
  if (is_new) {
    const Mac hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(hash), 0),
                                 OSSL_PARAM_construct_end()};
    MacContext context(EVP_MAC_CTX_new(hmac.get()));
    if (EVP_MAC_CTX_set_params(context.get(), params) == 1) entry->second = std::move(context);
  }
  return entry->second.get();
}

/// Where a hash is put, whichever it is.
using HashRoom = std::array<std::uint8_t, EVP_MAX_MD_SIZE>;

/// HMAC with a key, for as long as no other is made with the same hash. It gives nothing, which fits no message, if
/// OpenSSL refuses.
class Hmac {
 public:
  Hmac(const char* hash, ByteView key) : context_(hmac_context(hash)) {
    if (context_ != nullptr && EVP_MAC_init(context_, key.data(), key.size(), nullptr) != 1) context_ = nullptr;
  }

  /// Of all parts, one after the other; a part may lie in `room`.
  ByteView operator()(std::initializer_list<ByteView> parts, HashRoom& room) const {
    std::size_t length = 0;
    bool well = context_ != nullptr && EVP_MAC_init(context_, nullptr, 0, nullptr) == 1;
    for (const ByteView part : parts) well = well && EVP_MAC_update(context_, part.data(), part.size()) == 1;
    if (!well || EVP_MAC_final(context_, room.data(), &length, room.size()) != 1) length = 0;
    return ByteView(room).first(length);
  }

 private:
  EVP_MAC_CTX* context_;
};

void append(Bytes& to, ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

/// P_hash of RFC 5246 5; zeros if OpenSSL refuses.
Bytes expand(const char* hash, ByteView secret, ByteView seed, std::size_t bytes) {
  const Hmac hmac(hash, secret);
  HashRoom a_room;
  HashRoom block_room;
  Bytes out;
  out.reserve(bytes + EVP_MAX_MD_SIZE);
  for (ByteView a = hmac({seed}, a_room); !a.empty() && out.size() < bytes; a = hmac({a}, a_room))
    append(out, hmac({a, seed}, block_room));
  out.resize(bytes);
  return out;
}

const EVP_MD* digest(std::string_view name) {
  static const Digest md5_sha1(EVP_MD_fetch(nullptr, "MD5-SHA1", nullptr));
  static const Digest sha256(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  static const Digest sha384(EVP_MD_fetch(nullptr, "SHA384", nullptr));
  return name == "SHA384" ? sha384.get() : name == "SHA256" ? sha256.get() : md5_sha1.get();
}

}  // namespace

Bytes prf(Version version, const Suite& suite, ByteView secret, std::string_view label, ByteView seed,
          std::size_t bytes) {
  Bytes labelled(label.begin(), label.end());
  append(labelled, seed);
  if (version >= Version::tls12) return expand(suite.prf_hash, secret, labelled, bytes);
  const std::size_t half = (secret.size() + 1) / 2;
  Bytes out = expand("MD5", secret.first(half), labelled, bytes);
  const Bytes other = expand("SHA1", secret.last(half), labelled, bytes);
  for (std::size_t i = 0; i < bytes; ++i) out[i] ^= other[i];
  return out;
}

Bytes expand_label(const Suite& suite, ByteView secret, std::string_view label, std::size_t bytes) {
  constexpr std::string_view prefix = "tls13 ";
  const std::uint8_t sizes[] = {static_cast<std::uint8_t>(bytes >> 8), static_cast<std::uint8_t>(bytes),
                                static_cast<std::uint8_t>(prefix.size() + label.size())};
  // No context; and the number of HKDF-Expand's first block (RFC 5869 2.3), which is all that a key or an IV needs.
  constexpr std::uint8_t end[] = {0, 1};
  HashRoom room;
  const ByteView block = Hmac(suite.prf_hash, secret)({sizes, as_bytes(prefix), as_bytes(label), end}, room);
  Bytes out(block.begin(), block.end());
  out.resize(bytes);
  return out;
}

Bytes transcript_hash(Version version, const Suite& suite, ByteView messages) {
  Bytes out(EVP_MAX_MD_SIZE);
  unsigned int length = 0;
  const EVP_MD* const hash = digest(version < Version::tls12 ? "MD5-SHA1" : suite.prf_hash);
  if (EVP_Digest(messages.data(), messages.size(), out.data(), &length, hash, nullptr) != 1) length = 0;
  out.resize(length);
  return out;
}

Bytes finished_verify_data(Version version, const Suite& suite, ByteView secret, Side sender, ByteView messages) {
  const Bytes hash = transcript_hash(version, suite, messages);
  if (version == Version::tls13) {
    HashRoom room;
    const ByteView made =
        Hmac(suite.prf_hash, expand_label(suite, secret, "finished", hash_bytes(suite)))({hash}, room);
    return Bytes(made.begin(), made.end());
  }
  return prf(version, suite, secret, sender == Side::client ? "client finished" : "server finished", hash, 12);
}

std::size_t hash_bytes(const Suite& suite) { return std::string_view(suite.prf_hash) == "SHA384" ? 48 : 32; }

}  // namespace ti

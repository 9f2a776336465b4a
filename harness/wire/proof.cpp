#include "wire/proof.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>

#include "wire/key_schedule.hpp"
#include "wire/openssl_handles.hpp"

namespace ti {

namespace {

using Key = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreedBy<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreedBy<EVP_MD_CTX_free>>;
using Group = std::unique_ptr<EC_GROUP, FreedBy<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, FreedBy<EC_POINT_free>>;
using Number = std::unique_ptr<BIGNUM, FreedBy<BN_free>>;
using Certificate = std::unique_ptr<X509, FreedBy<X509_free>>;
using Store = std::unique_ptr<X509_STORE, FreedBy<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, FreedBy<X509_STORE_CTX_free>>;

struct FreeAll {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_pop_free(stack, X509_free); }
};
using Stack = std::unique_ptr<STACK_OF(X509), FreeAll>;

/// GroupParts is what a key of a group is made of: an ML-KEM key, a key of a curve, or both in either order.
struct GroupParts {
  std::uint16_t group;
  int curve;  ///< NID; 0: none
  std::uint16_t curve_bytes;
  std::uint16_t kem_client_bytes;  ///< 0: none
  std::uint16_t kem_server_bytes;
  bool kem_first;
};

constexpr GroupParts parts[] = {
    {23, NID_X9_62_prime256v1, 65, 0, 0, false},
    {24, NID_secp384r1, 97, 0, 0, false},
    {25, NID_secp521r1, 133, 0, 0, false},
    {29, EVP_PKEY_X25519, 32, 0, 0, false},
    {30, EVP_PKEY_X448, 56, 0, 0, false},
    {0x0200, 0, 0, 800, 768, true},
    {0x0201, 0, 0, 1184, 1088, true},
    {0x0202, 0, 0, 1568, 1568, true},
    {0x11eb, NID_X9_62_prime256v1, 65, 1184, 1088, false},
    {0x11ec, EVP_PKEY_X25519, 32, 1184, 1088, true},
    {0x11ed, NID_secp384r1, 97, 1568, 1568, false},
    {0x6399, EVP_PKEY_X25519, 32, 1184, 1088, false},
};

/// The groups of RFC 7919, and how long their keys are in TLS 1.3.
constexpr std::pair<std::uint16_t, std::size_t> finite_fields[] = {
    {256, 256}, {257, 384}, {258, 512}, {259, 768}, {260, 1024}};

/// The keys of X25519 with which every shared secret is zero (RFC 7748 6.1), as numbers below 2^255: 0 and 1, -1, the
/// two of order 8, and 0 and 1 once more as p and p + 1.
bool is_small_25519(ByteView key) {
  static const std::array<Bytes, 7> small = {
      from_hex("0000000000000000000000000000000000000000000000000000000000000000"),
      from_hex("0100000000000000000000000000000000000000000000000000000000000000"),
      from_hex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
      from_hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
      from_hex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
      from_hex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
      from_hex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")};
  Bytes number = copy(key);
  number.back() &= 0x7f;  // which is to be ignored (RFC 7748 5)
  return std::find(small.begin(), small.end(), number) != small.end();
}

/// The same of X448, which is rare.
bool is_small_448(ByteView key) {
  const Key peer(EVP_PKEY_new_raw_public_key(EVP_PKEY_X448, nullptr, key.data(), key.size()));
  static const Key own(EVP_PKEY_Q_keygen(nullptr, nullptr, "X448"));
  const KeyContext context(EVP_PKEY_CTX_new(own.get(), nullptr));
  std::size_t length = 64;
  std::uint8_t secret[64];
  return !peer || EVP_PKEY_derive_init(context.get()) != 1 ||
         EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1 ||
         EVP_PKEY_derive(context.get(), secret, &length) != 1;
}

const EC_GROUP* group_of(int curve) {
  static std::map<int, Group> groups;
  Group& group = groups[curve];
  if (!group) group.reset(EC_GROUP_new_by_curve_name(curve));
  return group.get();
}

bool is_on_curve(int curve, ByteView key) {
  const EC_GROUP* group = group_of(curve);
  const Point point(EC_POINT_new(group));
  return EC_POINT_oct2point(group, point.get(), key.data(), key.size(), nullptr) == 1 &&
         EC_POINT_is_at_infinity(group, point.get()) == 0;
}

/// The modulus check of FIPS 203 7.2: pairs of 12-bit numbers, all below q; the last 32 bytes are a seed.
bool coefficients_fit(ByteView key) {
  constexpr unsigned q = 3329;
  constexpr std::size_t seed = 32;
  for (std::size_t i = 0; i + 2 < key.size() - seed; i += 3) {
    const unsigned low = key[i] | (key[i + 1] & 0xfU) << 8;
    const unsigned high = key[i + 1] >> 4 | unsigned{key[i + 2]} << 4;
    if (low >= q || high >= q) return false;
  }
  return true;
}

Number number(ByteView bytes) { return Number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)); }

Certificate certificate(ByteView der) {
  const std::uint8_t* at = der.data();
  Certificate read(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  return at == der.data() + der.size() ? std::move(read) : nullptr;
}

/// How a scheme signs.
struct Scheme {
  std::uint16_t number;
  int key;           ///< EVP_PKEY_*
  const char* hash;  ///< nullptr: the algorithm has its own
  bool pss = false;
  int curve = 0;  ///< TLS 1.3 only
};

constexpr Scheme schemes[] = {
    {0x0101, EVP_PKEY_RSA, "MD5"},
    {0x0201, EVP_PKEY_RSA, "SHA1"},
    {0x0301, EVP_PKEY_RSA, "SHA224"},
    {0x0401, EVP_PKEY_RSA, "SHA256"},
    {0x0501, EVP_PKEY_RSA, "SHA384"},
    {0x0601, EVP_PKEY_RSA, "SHA512"},
    {0x0203, EVP_PKEY_EC, "SHA1"},
    {0x0303, EVP_PKEY_EC, "SHA224"},
    {0x0403, EVP_PKEY_EC, "SHA256", false, NID_X9_62_prime256v1},
    {0x0503, EVP_PKEY_EC, "SHA384", false, NID_secp384r1},
    {0x0603, EVP_PKEY_EC, "SHA512", false, NID_secp521r1},
    {0x0202, EVP_PKEY_DSA, "SHA1"},
    {0x0402, EVP_PKEY_DSA, "SHA256"},
    {0x0804, EVP_PKEY_RSA, "SHA256", true},
    {0x0805, EVP_PKEY_RSA, "SHA384", true},
    {0x0806, EVP_PKEY_RSA, "SHA512", true},
    {0x0807, EVP_PKEY_ED25519, nullptr},
    {0x0808, EVP_PKEY_ED448, nullptr},
    {0x0809, EVP_PKEY_RSA_PSS, "SHA256", true},
    {0x080a, EVP_PKEY_RSA_PSS, "SHA384", true},
    {0x080b, EVP_PKEY_RSA_PSS, "SHA512", true},
};

constexpr Scheme before_12[] = {{0, EVP_PKEY_RSA, "MD5-SHA1"}, {0, EVP_PKEY_EC, "SHA1"}, {0, EVP_PKEY_DSA, "SHA1"}};

const Scheme* scheme_of(const Signed& proof, int key) {
  const auto by_number = [&](const Scheme& each) { return each.number == *proof.scheme; };
  const auto by_key = [&](const Scheme& each) { return each.key == key; };
  const Scheme* found = proof.scheme ? std::find_if(std::begin(schemes), std::end(schemes), by_number)
                                     : std::find_if(std::begin(before_12), std::end(before_12), by_key);
  return found == std::end(schemes) || found == std::end(before_12) ? nullptr : found;
}

int curve_of(EVP_PKEY* key) {
  char name[64];
  std::size_t length = 0;
  return EVP_PKEY_get_group_name(key, name, sizeof name, &length) == 1 ? OBJ_txt2nid(name) : 0;
}

bool verifies(EVP_PKEY* key, const Scheme& scheme, ByteView signature, ByteView data) {
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* how = nullptr;
  if (EVP_DigestVerifyInit_ex(context.get(), &how, scheme.hash, nullptr, nullptr, key, nullptr) != 1) return false;
  if (scheme.pss && (EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) != 1 ||
                     EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) != 1))
    return false;
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), data.data(), data.size()) == 1;
}

void append(Bytes& to, ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

bool is_whole(const Message& message) {
  Reader reader(message.raw);
  reader.u8();
  reader.vec24();
  return reader.done() && message.raw.front() != 0;
}

}  // namespace

Checked check_key(std::uint16_t group, ByteView key, Side from) {
  const auto length_is = [&](std::size_t bytes) {
    return key.size() == bytes ? std::string()
                               : "is " + std::to_string(key.size()) + " bytes long, not " + std::to_string(bytes);
  };
  for (const auto& [field, bytes] : finite_fields)
    if (field == group) return {.fault = length_is(bytes), .missing = {}};
  const auto* found =
      std::find_if(std::begin(parts), std::end(parts), [&](const GroupParts& each) { return each.group == group; });
  if (found == std::end(parts)) return {.fault = {}, .missing = "keys of group " + std::to_string(group)};
  const std::size_t kem_bytes = from == Side::client ? found->kem_client_bytes : found->kem_server_bytes;
  if (std::string wrong = length_is(found->curve_bytes + kem_bytes); !wrong.empty()) return {std::move(wrong), {}};
  const ByteView kem = found->kem_first ? key.first(kem_bytes) : key.last(kem_bytes);
  const ByteView curve = found->kem_first ? key.last(found->curve_bytes) : key.first(found->curve_bytes);
  if (kem_bytes > 0 && from == Side::client && group != 0x6399 && !coefficients_fit(kem))
    return {.fault = "holds an ML-KEM key with a coefficient that is out of range", .missing = {}};
  if (found->curve == 0) return {};
  if (found->curve == EVP_PKEY_X25519 || found->curve == EVP_PKEY_X448) {
    const bool small = found->curve == EVP_PKEY_X25519 ? is_small_25519(curve) : is_small_448(curve);
    return small ? Checked{"is a point of small order", {}} : Checked{};
  }
  if (curve.front() != 4) return {.fault = "is no uncompressed point", .missing = {}};
  return is_on_curve(found->curve, curve) ? Checked{} : Checked{"is no point of the curve", {}};
}

Checked check_dh(ByteView prime, ByteView key) {
  const Number p = number(prime);
  const Number y = number(key);
  const bool low = BN_cmp(y.get(), BN_value_one()) <= 0;
  BN_sub_word(p.get(), 1);
  return low || BN_cmp(y.get(), p.get()) >= 0 ? Checked{"is not between 1 and p - 1", {}} : Checked{};
}

std::optional<CertifiedKey> certified_key(ByteView der) {
  const Certificate read = certificate(der);
  EVP_PKEY* key = read ? X509_get0_pubkey(read.get()) : nullptr;
  if (key == nullptr) return std::nullopt;
  CertifiedKey certified;
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      certified.kind = KeyExchange::Proof::rsa;
      break;
    case EVP_PKEY_EC:
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
      certified.kind = KeyExchange::Proof::ecdsa;  // RFC 8422 5.10: Ed25519 and Ed448 go with the ECDSA suites
      break;
    case EVP_PKEY_DSA:
      certified.kind = KeyExchange::Proof::dss;
      break;
    default:
      break;
  }
  certified.bits = static_cast<std::size_t>(EVP_PKEY_get_bits(key));
  const std::uint32_t usage = X509_get_key_usage(read.get());
  certified.may_sign = (usage & KU_DIGITAL_SIGNATURE) != 0;
  certified.may_encrypt = (usage & KU_KEY_ENCIPHERMENT) != 0;
  return certified;
}

Checked check_signature(ByteView der, Version version, const Signed& proof, ByteView data) {
  const Certificate read = certificate(der);
  EVP_PKEY* key = read ? X509_get0_pubkey(read.get()) : nullptr;
  if (key == nullptr) return {.fault = {}, .missing = "the key in the certificate"};
  const int kind = EVP_PKEY_get_base_id(key);
  const Scheme* scheme = scheme_of(proof, kind);
  if (scheme == nullptr) return {.fault = {}, .missing = "the signature, made by a scheme that is not known here"};
  if (scheme->key != kind)
    return {.fault = "is by a scheme that does not fit the key in the certificate", .missing = {}};
  if (version == Version::tls13 && scheme->curve != 0 && scheme->curve != curve_of(key))
    return {.fault = "is by a scheme for another curve than the key's", .missing = {}};
  return verifies(key, *scheme, proof.signature, data) ? Checked{} : Checked{"does not verify", {}};
}

std::optional<Bytes> signed_by_verify(const std::vector<Message>& messages, std::size_t begin, std::size_t end,
                                      Version version, std::uint16_t suite, Side signer) {
  const bool tls13 = version == Version::tls13;
  const std::optional<Suite> known = suite_of(suite);
  if (tls13 && !known) return std::nullopt;
  Bytes bytes;
  for (std::size_t i = begin; i < end; ++i) {
    const Message& message = messages[i];
    if (message.content != ContentType::handshake && message.type != MessageType::encrypted) continue;
    if (message.type == MessageType::hello_request || message.type == MessageType::key_update) continue;
    if (message.type == MessageType::encrypted || !is_whole(message)) return std::nullopt;
    if (tls13 && message.type == MessageType::hello_retry_request) {
      const Bytes hash = transcript_hash(version, *known, bytes);
      bytes = {static_cast<std::uint8_t>(MessageType::message_hash), 0, 0, static_cast<std::uint8_t>(hash.size())};
      append(bytes, hash);
    }
    append(bytes, message.raw);
  }
  if (!tls13) return bytes;
  Bytes content(64, ' ');
  append(content,
         as_bytes(signer == Side::server ? "TLS 1.3, server CertificateVerify" : "TLS 1.3, client CertificateVerify"));
  content.push_back(0);
  append(content, transcript_hash(version, *known, bytes));
  return content;
}

namespace {

/// All certificates but the first that are any.
Stack those_behind(const Certificates& certificates) {
  Stack others(sk_X509_new_null());
  for (std::size_t i = 1; i < certificates.entries.size(); ++i)
    if (Certificate other = certificate(certificates.entries[i].der);
        other && sk_X509_push(others.get(), other.get()) > 0)
      static_cast<void>(other.release());
  return others;
}

/// X509_V_OK, or why the path does not hold.
int verified_at(std::int64_t unix_time, X509_STORE* store, X509* leaf, STACK_OF(X509) * others, const Goal& goal) {
  const StoreContext context(X509_STORE_CTX_new());
  if (!context || X509_STORE_CTX_init(context.get(), store, leaf, others) != 1) return X509_V_ERR_OUT_OF_MEM;
  X509_VERIFY_PARAM* how = X509_STORE_CTX_get0_param(context.get());
  X509_STORE_CTX_set_purpose(context.get(),
                             goal.shown_by == Side::server ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT);
  X509_VERIFY_PARAM_set_time(how, static_cast<time_t>(unix_time));
  if (!goal.server_name.empty()) X509_VERIFY_PARAM_set1_host(how, goal.server_name.c_str(), goal.server_name.size());
  return X509_verify_cert(context.get()) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context.get());
}

}  // namespace

Checked check_chain(const Certificates& certificates, const Goal& goal) {
  constexpr std::int64_t leeway_s = 60;
  const Certificate root = certificate(goal.ca);
  const Store store(X509_STORE_new());
  if (!root || !store || X509_STORE_add_cert(store.get(), root.get()) != 1 || certificates.entries.empty())
    return {.fault = {}, .missing = "the path to the CA"};
  const Certificate leaf = certificate(certificates.entries.front().der);
  if (!leaf) return {.fault = "is no X.509 certificate", .missing = {}};
  const Stack others = those_behind(certificates);
  int error = X509_V_OK;
  for (const std::int64_t leeway : {-leeway_s, leeway_s}) {
    error = verified_at(goal.unix_time + leeway, store.get(), leaf.get(), others.get(), goal);
    if (error == X509_V_OK) return {};
  }
  if (error == X509_V_ERR_OUT_OF_MEM || error == X509_V_ERR_UNSPECIFIED || error == X509_V_ERR_INVALID_CALL)
    return {.fault = {}, .missing = "the path to the CA"};
  return {.fault = std::string("does not lead to the run's CA: ") + X509_verify_cert_error_string(error),
          .missing = {}};
}

}  // namespace ti

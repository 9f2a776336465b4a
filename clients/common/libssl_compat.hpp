#pragma once
// Where the API of libssl differs from one library and generation to the next: OpenSSL 0.9.8 to 4.0, LibreSSL,
// BoringSSL, AWS-LC. All that differs is here, for adapters and servers alike. Functions are asked for by `requires`,
// not by version: their arguments are dependent, so that a function that the headers lack is looked for in vain and not
// an error.

#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// Before OpenSSL 1.1.0 a method speaks one version, objects are open, and the library wants to be initialised.
#if defined(OPENSSL_IS_BORINGSSL)
#define TI_LIBSSL_OLD 0
#elif OPENSSL_VERSION_NUMBER == 0x20000000L  // LibreSSL, always
#define TI_LIBSSL_OLD (LIBRESSL_VERSION_NUMBER + 0 < 0x20700000L)
#else
#define TI_LIBSSL_OLD (OPENSSL_VERSION_NUMBER < 0x10100000L)
#endif

#if !defined(OPENSSL_IS_BORINGSSL) && !defined(LIBRESSL_VERSION_NUMBER) && OPENSSL_VERSION_NUMBER >= 0x30000000L
#define TI_LIBSSL_EVP_MAC 1
#include <openssl/core_names.h>
#include <openssl/params.h>
#else
#define TI_LIBSSL_EVP_MAC 0
#endif

#if TI_LIBSSL_OLD
#include <openssl/dh.h>
#include <openssl/ec.h>
#endif

namespace ti::libssl {

/// The versions of TLS by their numbers on the wire: a library's headers name only those that it has.
constexpr int tls1_0 = 0x0301, tls1_1 = 0x0302, tls1_2 = 0x0303, tls1_3 = 0x0304;

/// To be called before anything else.
inline void begin() {
#if TI_LIBSSL_OLD
  SSL_library_init();
  SSL_load_error_strings();
#endif
}

/// "OpenSSL 1.0.2u  20 Dec 2019": the words of the library that is loaded, whatever headers it was compiled with.
inline std::string words() {
#if TI_LIBSSL_OLD
  return SSLeay_version(SSLEAY_VERSION);
#else
  return OpenSSL_version(OPENSSL_VERSION);
#endif
}

/// "OpenSSL", "LibreSSL", "BoringSSL", "AWS-LC".
inline std::string name() {
  const std::string said = words();
  return said.substr(0, said.find(' '));
}

/// "1.0.2u".
inline std::string version() {
#if defined(OPENSSL_IS_BORINGSSL) && !defined(OPENSSL_IS_AWSLC)
  return "API " + std::to_string(BORINGSSL_API_VERSION);
#else
  const std::string said = words();
  const auto begin = said.find_first_not_of(' ', said.find(' '));
  return begin == std::string::npos ? said : said.substr(begin, said.find(' ', begin) - begin);
#endif
}

// ---- contexts ----

enum class Side { client, server };

/// Has a context take keys, curves and suites of every strength. False where there are no levels to lower.
template <class Context>
bool allow_weak(Context* context) {
  if constexpr (requires { SSL_CTX_set_security_level(context, 0); }) {
    SSL_CTX_set_security_level(context, 0);
    return true;
  }
  return false;
}

/// A context for that version alone that takes what is weak and compresses nothing, as a compressed record cannot be
/// read on the wire; or null if this build does not have the version.
inline SSL_CTX* new_context(Side side, int version) {
  ERR_clear_error();
  SSL_CTX* context = nullptr;
#if TI_LIBSSL_OLD
  const bool client = side == Side::client;
  if (version == tls1_0) context = SSL_CTX_new(client ? TLSv1_client_method() : TLSv1_server_method());
#if OPENSSL_VERSION_NUMBER >= 0x10001000L
  if (version == tls1_1) context = SSL_CTX_new(client ? TLSv1_1_client_method() : TLSv1_1_server_method());
  if (version == tls1_2) context = SSL_CTX_new(client ? TLSv1_2_client_method() : TLSv1_2_server_method());
#endif
#else
  context = SSL_CTX_new(side == Side::client ? TLS_client_method() : TLS_server_method());
  if (!context) return nullptr;
  allow_weak(context);
  const auto number = static_cast<std::uint16_t>(version);
  if (SSL_CTX_set_min_proto_version(context, number) != 1 || SSL_CTX_set_max_proto_version(context, number) != 1) {
    SSL_CTX_free(context);
    context = nullptr;
  }
  ERR_clear_error();
#endif
#ifdef SSL_OP_NO_COMPRESSION
  if (context) SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION);
#endif
  return context;
}

#ifdef LIBRESSL_VERSION_NUMBER
constexpr bool has_tls1_3_tickets = false;
#else
constexpr bool has_tls1_3_tickets = true;
#endif

/// Whether SSL_get1_session gives a session of TLS 1.3 that can be offered. BoringSSL's manual, and AWS-LC's, know but
/// the callback for that.
#ifdef OPENSSL_IS_BORINGSSL
constexpr bool gets_tls1_3_sessions = false;
#else
constexpr bool gets_tls1_3_sessions = has_tls1_3_tickets;
#endif

/// Those of the four versions at which this build has tickets, by their numbers.
inline std::vector<int> versions(Side side) {
  std::vector<int> had;
  for (const int version : {tls1_0, tls1_1, tls1_2, tls1_3}) {
    if (version == tls1_3 && !has_tls1_3_tickets) continue;
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(new_context(side, version), SSL_CTX_free);
    if (context) had.push_back(version);
  }
  return had;
}

/// A cipher list that this library can read: without the security level where there are none.
inline std::string known_cipher_list(SSL_CTX* context, std::string list) {
  const auto level = list.find(":@SECLEVEL=");
  if (level == std::string::npos || allow_weak(context)) return list;
  return list.substr(0, level);
}

/// The suites that a context would offer, by OpenSSL's names.
template <class Context>
std::vector<std::string> cipher_names(Context* context) {
  auto* ciphers = [&] {
    if constexpr (requires { SSL_CTX_get_ciphers(context); })
      return SSL_CTX_get_ciphers(context);
    else
      return context->cipher_list;
  }();
  std::vector<std::string> names;
  for (int i = 0; i < static_cast<int>(sk_SSL_CIPHER_num(ciphers)); ++i)
    names.emplace_back(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i)));
  return names;
}

/// Whether this build has a suite at any version up to TLS 1.2.
inline bool knows_cipher(Side side, const std::string& name) {
  for (const int version : {tls1_0, tls1_1, tls1_2}) {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(new_context(side, version), SSL_CTX_free);
    if (!context || SSL_CTX_set_cipher_list(context.get(), "ALL") != 1) continue;
    for (const std::string& known : cipher_names(context.get()))
      if (known == name) return true;
  }
  ERR_clear_error();
  return false;
}

/// Has a server offer what it can of ephemeral key exchange: DHE with a group of 2048 bits or its own choice, ECDHE.
inline void offer_ephemeral_keys([[maybe_unused]] SSL_CTX* context) {
#ifdef SSL_CTX_set_dh_auto
  SSL_CTX_set_dh_auto(context, 1);
#elif TI_LIBSSL_OLD
  DH* group = DH_new();
  group->p = get_rfc3526_prime_2048(nullptr);
  BN_dec2bn(&group->g, "2");
  SSL_CTX_set_tmp_dh(context, group);
  DH_free(group);
#endif
#ifdef SSL_CTX_set_ecdh_auto
  static_cast<void>(SSL_CTX_set_ecdh_auto(context, 1));
#elif TI_LIBSSL_OLD
  EC_KEY* key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
  SSL_CTX_set_tmp_ecdh(context, key);
  EC_KEY_free(key);
#endif
}

/// How many tickets a server sends after a full handshake of TLS 1.3. False where that cannot be chosen.
template <class Context>
bool send_tickets(Context* context, std::size_t count) {
  if constexpr (requires { SSL_CTX_set_num_tickets(context, count); })
    return SSL_CTX_set_num_tickets(context, count) == 1;
  return false;
}

// ---- connections ----

inline bool reused(const SSL* ssl) { return SSL_session_reused(const_cast<SSL*>(ssl)) == 1; }

template <class Ssl>
constexpr bool checks_host_itself = requires(Ssl* ssl) {
  SSL_set1_host(ssl, "");
}
|| requires(Ssl* ssl) { X509_VERIFY_PARAM_set1_host(SSL_get0_param(ssl), "", 0); };

/// Has the library check that the certificate is of that host, where it can do so.
template <class Ssl>
bool expect_host(Ssl* ssl, const char* host) {
  if constexpr (requires { SSL_set1_host(ssl, host); })
    return SSL_set1_host(ssl, host) == 1;
  else if constexpr (checks_host_itself<Ssl>)
    return X509_VERIFY_PARAM_set1_host(SSL_get0_param(ssl), host, 0) == 1;
  else
    return true;
}

/// Whether the peer's certificate names the host among its DNS names (RFC 6125 6.4.1), once the handshake is done. To
/// be asked where the library does not check it itself; elsewhere always true.
template <class Ssl>
bool names_host(Ssl* ssl, std::string_view host) {
  if constexpr (checks_host_itself<Ssl>) return true;
  const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get_peer_certificate(ssl), X509_free);
  if (!certificate) return false;
  auto* names =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr));
  bool found = false;
  for (int i = 0; names && i < static_cast<int>(sk_GENERAL_NAME_num(names)); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS) continue;
    const std::string_view text(reinterpret_cast<const char*>(name->d.dNSName->data),
                                static_cast<std::size_t>(name->d.dNSName->length));
    found = found || std::equal(text.begin(), text.end(), host.begin(), host.end(), same);
  }
  GENERAL_NAMES_free(names);
  return found;
}

// ---- sessions ----

template <class Session>
int version_of(const Session* session) {
  if constexpr (requires { SSL_SESSION_get_protocol_version(session); })
    return SSL_SESSION_get_protocol_version(session);
  else
    return session->ssl_version;
}

template <class Session>
std::string id_of(const Session* session) {
  unsigned length = 0;
  const unsigned char* id = nullptr;
  if constexpr (requires { SSL_SESSION_get_id(session, &length); })
    id = SSL_SESSION_get_id(session, &length);
  else
    id = session->session_id, length = session->session_id_length;
  return {id, id + length};
}

/// Where the library does not tell, a session can be resumed that has an ID, as those with a ticket have, too, and that
/// no error has spoilt.
template <class Session>
bool is_resumable(const Session* session) {
  if constexpr (requires { SSL_SESSION_is_resumable(session); })
    return SSL_SESSION_is_resumable(session) == 1;
  else if constexpr (requires { session->not_resumable; })
    return session->not_resumable == 0 && !id_of(session).empty();
  else
    return !id_of(session).empty();
}

/// In ASN.1, as i2d_SSL_SESSION writes it: it is given the memory to write to, since old ones allocate none. Empty if
/// it could not be written.
inline std::string serialise(SSL_SESSION* session) {
  const int length = i2d_SSL_SESSION(session, nullptr);
  if (length <= 0) return {};
  std::string bytes(static_cast<std::size_t>(length), '\0');
  auto* end = reinterpret_cast<unsigned char*>(bytes.data());
  return i2d_SSL_SESSION(session, &end) == length ? bytes : std::string();
}

inline SSL_SESSION* parse(std::string_view bytes) {
  const auto* der = reinterpret_cast<const unsigned char*>(bytes.data());
  return d2i_SSL_SESSION(nullptr, &der, static_cast<long>(bytes.size()));
}

/// A session that does not change when `session` is used.
template <class Session>
Session* copy(Session* session) {
  if constexpr (requires { SSL_SESSION_dup(session); })
    return SSL_SESSION_dup(session);
  else
    return parse(serialise(session));
}

// ---- key log ----

/// Is given the lines of an NSS key log.
using SecretTold = void (*)(const SSL* ssl, const char* line);

template <class Ssl>
std::string client_random(const Ssl* ssl) {
  std::array<unsigned char, 32> random{};
  if constexpr (requires { SSL_get_client_random(ssl, random.data(), random.size()); })
    SSL_get_client_random(ssl, random.data(), random.size());
  else
    std::copy_n(ssl->s3->client_random, random.size(), random.data());
  return {random.begin(), random.end()};
}

template <class Session>
std::string master_secret(const Session* session) {
  std::array<unsigned char, 48> secret{};
  std::size_t length = 0;
  if constexpr (requires { SSL_SESSION_get_master_key(session, secret.data(), secret.size()); }) {
    length = SSL_SESSION_get_master_key(session, secret.data(), secret.size());
  } else {
    length = static_cast<std::size_t>(session->master_key_length);
    std::copy_n(session->master_key, std::min(length, secret.size()), secret.data());
  }
  return {secret.data(), secret.data() + length};
}

template <class Ssl>
bool is_server(const Ssl* ssl) {
  if constexpr (requires { SSL_is_server(ssl); })
    return SSL_is_server(ssl) != 0;
  else
    return ssl->server != 0;
}

/// A message callback that tells the secret of TLS <= 1.2 once, with the first Finished: then it stands in the session,
/// and nothing was encrypted with it before.
inline void tell_secret_at_finished(int written, int, int type, const void* bytes, std::size_t length, SSL* ssl,
                                    void* told) {
  constexpr int handshake = 22, finished = 20;
  const bool first = (written == 1) == (is_server(ssl) == reused(ssl));
  if (type != handshake || length == 0 || *static_cast<const unsigned char*>(bytes) != finished || !first) return;
  if (SSL_version(ssl) > tls1_2) return;
  std::string line = "CLIENT_RANDOM ";
  const auto append = [&line](const std::string& raw) {
    std::array<char, 3> digits{};
    for (const unsigned char byte : raw) {
      std::snprintf(digits.data(), digits.size(), "%02x", byte);
      line += digits.data();
    }
  };
  append(client_random(ssl));
  line += ' ';
  append(master_secret(SSL_get_session(ssl)));
  reinterpret_cast<SecretTold>(told)(ssl, line.c_str());
}

/// Has the secrets of a context's connections told. LibreSSL has a function for that which never calls back; what it
/// and old libraries do not tell is read out of the session: that of TLS <= 1.2. TLS 1.3's cannot be had of LibreSSL.
template <class Context>
void tell_secrets(Context* context, SecretTold told) {
#ifndef LIBRESSL_VERSION_NUMBER
  if constexpr (requires { SSL_CTX_set_keylog_callback(context, told); }) {
    SSL_CTX_set_keylog_callback(context, told);
    return;
  }
#endif
  SSL_CTX_set_msg_callback(context, tell_secret_at_finished);
  SSL_CTX_set_msg_callback_arg(context, reinterpret_cast<void*>(told));
}

// ---- tickets ----

#if TI_LIBSSL_EVP_MAC
using TicketMac = EVP_MAC_CTX;
#else
using TicketMac = HMAC_CTX;
#endif

using TicketCallback = int (*)(SSL*, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX*, TicketMac*, int sealing);

inline void set_ticket_callback(SSL_CTX* context, TicketCallback callback) {
#if TI_LIBSSL_EVP_MAC
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, callback);
#else
  SSL_CTX_set_tlsext_ticket_key_cb(context, callback);
#endif
}

/// Keys for one ticket: AES-256-CBC and HMAC-SHA256, each with a key of 32 bytes.
template <class Mac>
bool key_ticket(EVP_CIPHER_CTX* cipher, Mac* mac, const unsigned char* cipher_key, unsigned char* mac_key,
                const unsigned char* iv, int sealing) {
  constexpr std::size_t key_size = 32;
  if (EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, cipher_key, iv, sealing) != 1) return false;
#if TI_LIBSSL_EVP_MAC
  std::array<char, 7> digest{"SHA256"};
  const std::array params{OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, mac_key, key_size),
                          OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                          OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, params.data()) == 1;
#else
  if constexpr (requires { HMAC_Init_ex(mac, mac_key, key_size, EVP_sha256(), nullptr) == 1; })
    return HMAC_Init_ex(mac, mac_key, key_size, EVP_sha256(), nullptr) == 1;
  HMAC_Init_ex(mac, mac_key, key_size, EVP_sha256(), nullptr);  // void before OpenSSL 1.0.0
  return true;
#endif
}

}  // namespace ti::libssl

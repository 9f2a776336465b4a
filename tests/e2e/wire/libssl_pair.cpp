#include "libssl_pair.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>

namespace ti::libssl_pair {

namespace {

template <auto free>
struct FreedBy {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
using Context = std::unique_ptr<SSL_CTX, FreedBy<SSL_CTX_free>>;
using Connection = std::unique_ptr<SSL, FreedBy<SSL_free>>;
using Session = std::unique_ptr<SSL_SESSION, FreedBy<SSL_SESSION_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreedBy<X509_free>>;

struct Identity {
  Key key;
  Certificate certificate;
};

Identity make_identity(bool rsa) {
  Identity identity{Key(rsa ? EVP_RSA_gen(1024) : EVP_EC_gen("P-256")), Certificate(X509_new())};
  X509* certificate = identity.certificate.get();
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600L * 24 * 365);
  X509_set_pubkey(certificate, identity.key.get());
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_sign(certificate, identity.key.get(), EVP_sha256());
  return identity;
}

const Identity& identity(bool rsa) {
  static const Identity kinds[] = {make_identity(false), make_identity(true)};
  return kinds[rsa ? 1 : 0];
}

/// What the callbacks of one settings write to.
struct Shared {
  std::string keylog;
  Session session;
};

Shared& shared_of(const SSL* ssl) { return *static_cast<Shared*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl))); }

void log_key(const SSL* ssl, const char* line) { shared_of(ssl).keylog += std::string(line) + "\n"; }

int keep_session(SSL* ssl, SSL_SESSION* session) {
  shared_of(ssl).session.reset(session);
  return 1;
}

/// One ticket key for ever; returning 2 asks for a new ticket.
int renewing_ticket_key(SSL*, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                        int encrypt) {
  static constexpr unsigned char key[32] = {1};
  if (encrypt != 0) {
    std::fill_n(name, 16, static_cast<unsigned char>('k'));
    std::fill_n(iv, 16, static_cast<unsigned char>('i'));
  }
  char hash[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<unsigned char*>(key), sizeof key),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, hash, 0), OSSL_PARAM_construct_end()};
  EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key, iv, encrypt);
  EVP_MAC_CTX_set_params(mac, params);
  return encrypt != 0 ? 1 : 2;
}

Context make_context(const PairSettings& settings, bool server, Shared& shared) {
  Context context(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
  SSL_CTX* raw = context.get();
  SSL_CTX_set_app_data(raw, &shared);
  SSL_CTX_set_keylog_callback(raw, log_key);
  SSL_CTX_set_security_level(raw, 0);
  SSL_CTX_set_min_proto_version(raw, settings.version);
  SSL_CTX_set_max_proto_version(raw, settings.version);
  if (!settings.cipher.empty()) {
    if (settings.version == TLS1_3_VERSION)
      SSL_CTX_set_ciphersuites(raw, settings.cipher.c_str());
    else
      SSL_CTX_set_cipher_list(raw, (settings.cipher + ":@SECLEVEL=0").c_str());
  }
  if (!settings.encrypt_then_mac) SSL_CTX_set_options(raw, SSL_OP_NO_ENCRYPT_THEN_MAC);
  if (!settings.extended_master_secret) SSL_CTX_set_options(raw, SSL_OP_NO_EXTENDED_MASTER_SECRET);
  if (!settings.tickets) SSL_CTX_set_options(raw, SSL_OP_NO_TICKET);
  if (settings.fragment != 0) SSL_CTX_set_max_send_fragment(raw, settings.fragment);
  if (settings.padding != 0) SSL_CTX_set_block_padding(raw, settings.padding);
  if (server || settings.client_certificate) {
    SSL_CTX_use_certificate(raw, identity(settings.rsa).certificate.get());
    SSL_CTX_use_PrivateKey(raw, identity(settings.rsa).key.get());
  }
  if (server) {
    SSL_CTX_set_options(raw, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    SSL_CTX_set_dh_auto(raw, 1);
    static constexpr unsigned char id_context[] = "pair";
    SSL_CTX_set_session_id_context(raw, id_context, sizeof id_context);
    if (settings.renew) SSL_CTX_set_tlsext_ticket_key_evp_cb(raw, renewing_ticket_key);
    if (settings.client_certificate) SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    if (settings.retry) SSL_CTX_set1_groups_list(raw, "P-384");
    if (settings.early_data) {
      SSL_CTX_set_max_early_data(raw, 16384);
      SSL_CTX_set_options(raw, SSL_OP_NO_ANTI_REPLAY);
    }
  } else {
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(raw, keep_session);
    if (settings.retry) SSL_CTX_set1_groups_list(raw, "X25519:P-384");
    if (settings.distrust) SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  }
  return context;
}

/// One connection: two SSL objects and the tape between them.
class Pair {
 public:
  Pair(const PairSettings& settings, SSL_CTX* client, SSL_CTX* server, int number)
      : settings_(settings), client_(SSL_new(client)), server_(SSL_new(server)) {
    for (SSL* ssl : {client_.get(), server_.get()}) SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(client_.get());
    SSL_set_accept_state(server_.get());
    recording_.client.port = static_cast<std::uint16_t>(40000 + number);
    recording_.server.port = 44330;
  }

  SSL* client() { return client_.get(); }
  SSL* server() { return server_.get(); }

  /// Lets both sides work until neither has anything to say.
  void settle() {
    for (bool moved = true; moved;) {
      step(client_.get());
      moved = carry(Side::client);
      step(server_.get());
      moved |= carry(Side::server);
    }
  }

  void say(SSL* speaker) {
    const std::string data(settings_.data, speaker == client_.get() ? 'c' : 's');
    SSL_write(speaker, data.data(), static_cast<int>(data.size()));
    settle();
  }

  void early_data() {
    std::size_t written = 0;
    const std::string data(settings_.data, 'e');
    SSL_write_early_data(client_.get(), data.data(), data.size(), &written);
    carry(Side::client);
    reads_early_data_ = !settings_.refuse_early_data;
  }

  void close() {
    for (SSL* ssl : {client_.get(), server_.get()}) SSL_shutdown(ssl);
    for (const Side side : {Side::client, Side::server}) {
      carry(side);
      recording_.endings.push_back({side, tick(), Ending::How::fin, recording_.segments.size(), false});
    }
  }

  bool established() { return SSL_is_init_finished(client_.get()) == 1 && SSL_is_init_finished(server_.get()) == 1; }
  Recording take() { return std::move(recording_); }

 private:
  Instant tick() { return now_ += std::chrono::milliseconds(1); }

  void step(SSL* ssl) {
    char buffer[4096];
    std::size_t read = 0;
    while (ssl == server_.get() && reads_early_data_) {
      const int result = SSL_read_early_data(ssl, buffer, sizeof buffer, &read);
      if (result == SSL_READ_EARLY_DATA_ERROR) return ERR_clear_error();
      reads_early_data_ = result == SSL_READ_EARLY_DATA_SUCCESS;
    }
    SSL_do_handshake(ssl);
    while (SSL_read_ex(ssl, buffer, sizeof buffer, &read) == 1) continue;
    ERR_clear_error();
  }

  bool carry(Side from) {
    BIO* out = SSL_get_wbio(from == Side::client ? client_.get() : server_.get());
    BIO* in = SSL_get_rbio(from == Side::client ? server_.get() : client_.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(out, &data);
    if (size <= 0) return false;
    const Bytes bytes(data, data + size);
    (void)BIO_reset(out);
    BIO_write(in, bytes.data(), static_cast<int>(bytes.size()));
    const std::size_t most = settings_.segment == 0 ? bytes.size() : settings_.segment;
    for (auto at = bytes.begin(); at != bytes.end();) {
      const auto end = at + static_cast<std::ptrdiff_t>(std::min<std::size_t>(most, bytes.end() - at));
      recording_.segments.push_back({from, tick(), Bytes(at, end)});
      at = end;
    }
    return true;
  }

  const PairSettings& settings_;
  Connection client_;
  Connection server_;
  Recording recording_;
  Instant now_{};
  bool reads_early_data_ = false;
};

void renegotiate(Pair& pair, SSL* asking) {
  SSL_renegotiate(asking);
  SSL_do_handshake(asking);
  pair.settle();
}

void update_keys(Pair& pair, SSL* asking, int kind) {
  SSL_key_update(asking, kind);
  pair.say(asking);
}

void converse(Pair& pair, const PairSettings& settings) {
  pair.say(pair.client());
  pair.say(pair.server());
  if (settings.client_renegotiates) renegotiate(pair, pair.client());
  if (settings.server_renegotiates) renegotiate(pair, pair.server());
  if (settings.key_updates) {
    update_keys(pair, pair.client(), SSL_KEY_UPDATE_REQUESTED);
    update_keys(pair, pair.server(), SSL_KEY_UPDATE_NOT_REQUESTED);
    update_keys(pair, pair.server(), SSL_KEY_UPDATE_REQUESTED);
    pair.say(pair.client());
  }
  if (settings.client_renegotiates || settings.server_renegotiates) pair.say(pair.server());
}

}  // namespace

Recorded record(const PairSettings& settings) {
  static int number = 0;
  Recorded recorded;
  Shared shared;
  const Context client = make_context(settings, false, shared);
  const Context server = make_context(settings, true, shared);
  for (int i = 0; i < settings.connections; ++i) {
    if (i > 0 && settings.refuse_early_data) SSL_CTX_set_max_early_data(server.get(), 0);
    Pair pair(settings, client.get(), server.get(), ++number);
    if (shared.session) SSL_set_session(pair.client(), shared.session.get());
    if (settings.early_data && i > 0) pair.early_data();
    pair.settle();
    if (pair.established()) converse(pair, settings);
    if (pair.established() == settings.distrust) recorded.failure = settings.name + ": not as it was meant";
    const bool resumed = SSL_session_reused(pair.client()) == 1;
    if (!settings.distrust && !settings.client_renegotiates && !settings.server_renegotiates && resumed != (i > 0))
      recorded.failure =
          settings.name + ": connection " + std::to_string(i) + (resumed ? " was" : " was not") + " resumed";
    if (settings.version != TLS1_3_VERSION) shared.session.reset(SSL_get1_session(pair.client()));
    pair.close();
    recorded.connections.push_back(pair.take());
  }
  recorded.keylog = shared.keylog;
  return recorded;
}

bool needs_rsa(const std::string& suite) {
  return suite.find("ECDSA") == suite.npos && suite.find("ECCPWD") == suite.npos;
}

std::vector<std::string> suites(int version) {
  const Context context(SSL_CTX_new(TLS_method()));
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_cipher_list(context.get(), "ALL:COMPLEMENTOFALL:!PSK:!SRP:!aDSS:!aGOST:@SECLEVEL=0");
  SSL_CTX_set_ciphersuites(context.get(),
                           "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
                           "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256");
  SSL_CTX_set_min_proto_version(context.get(), version);
  SSL_CTX_set_max_proto_version(context.get(), version);
  const Connection ssl(SSL_new(context.get()));
  std::vector<std::string> names;
  STACK_OF(SSL_CIPHER)* ciphers = SSL_get1_supported_ciphers(ssl.get());
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i)
    names.emplace_back(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i)));
  sk_SSL_CIPHER_free(ciphers);
  return names;
}

}  // namespace ti::libssl_pair

#include "common/kept_sessions.hpp"
#include "common/key_log.hpp"
#include "common/serve.hpp"
#include "common/tcp.hpp"
#include "common/text.hpp"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <algorithm>
#include <array>
#include <cstdio>
#include <span>

using namespace ti::adapter;

namespace {

/// A structure of the library between its init and its free function.
template <class T, void (*init)(T*), void (*release)(T*)>
class Owned {
 public:
  Owned() { init(&it_); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() { release(&it_); }

  T* get() { return &it_; }
  const T* get() const { return &it_; }

 private:
  T it_;
};

using Certificate = Owned<mbedtls_x509_crt, mbedtls_x509_crt_init, mbedtls_x509_crt_free>;
using Key = Owned<mbedtls_pk_context, mbedtls_pk_init, mbedtls_pk_free>;
using Config = Owned<mbedtls_ssl_config, mbedtls_ssl_config_init, mbedtls_ssl_config_free>;
using Connection = Owned<mbedtls_ssl_context, mbedtls_ssl_init, mbedtls_ssl_free>;
using OwnedSession = Owned<mbedtls_ssl_session, mbedtls_ssl_session_init, mbedtls_ssl_session_free>;
using Session = std::shared_ptr<OwnedSession>;

constexpr mbedtls_x509_crt_profile weak_profile{0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 1024};
constexpr int weak_dh_bits = 1024;

Failure failure_of(Stage stage, int code, const std::string& prefix = {}) {
  std::array<char, 256> text{};
  std::array<char, 16> number{};
  mbedtls_strerror(code, text.data(), text.size());
  std::snprintf(number.data(), number.size(), "-0x%04X", static_cast<unsigned>(-code));
  return {stage, prefix + text.data(), number.data()};
}

void expect(int returned, const std::string& what) {
  if (returned != 0) throw failure_of(Stage::protocol, returned, what + ": ");
}

bool to_be_repeated(int returned) {
  return returned == MBEDTLS_ERR_SSL_WANT_READ || returned == MBEDTLS_ERR_SSL_WANT_WRITE;
}

Failure handshake_failure(const mbedtls_ssl_context* ssl, int code) {
  if (code != MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) return failure_of(Stage::handshake, code);
  Failure failure = failure_of(Stage::verify, code);
  std::array<char, 512> reasons{};
  mbedtls_x509_crt_verify_info(reasons.data(), reasons.size(), ": ", mbedtls_ssl_get_verify_result(ssl));
  failure.text += reasons.data();
  std::erase(failure.text, '\n');
  return failure;
}

void handshake(mbedtls_ssl_context* ssl) {
  int returned = 0;
  do returned = mbedtls_ssl_handshake(ssl);
  while (to_be_repeated(returned));
  if (returned != 0) throw handshake_failure(ssl, returned);
}

void write(mbedtls_ssl_context* ssl, std::string_view request) {
  while (!request.empty()) {
    const int returned = mbedtls_ssl_write(ssl, reinterpret_cast<const unsigned char*>(request.data()), request.size());
    if (returned < 0 && !to_be_repeated(returned)) throw failure_of(Stage::write, returned);
    if (returned > 0) request.remove_prefix(static_cast<std::size_t>(returned));
  }
}

void read_to_end(mbedtls_ssl_context* ssl, ConnectResult& result) {
  std::array<unsigned char, 16384> buffer;
  result.response_bytes = 0;
  while (true) {
    const int returned = mbedtls_ssl_read(ssl, buffer.data(), buffer.size());
    if (returned == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) return;
    if (returned == 0) throw failure_of(Stage::read, MBEDTLS_ERR_SSL_CONN_EOF);
    if (returned < 0 && !to_be_repeated(returned)) throw failure_of(Stage::read, returned);
    if (returned > 0) *result.response_bytes += static_cast<std::size_t>(returned);
  }
}

/// A peer that has sent its own close_notify may be gone: then ours need not arrive (RFC 5246 section 7.2.1).
void close(mbedtls_ssl_context* ssl, bool peer_closed) {
  const int returned = mbedtls_ssl_close_notify(ssl);
  if (returned != 0 && !peer_closed) throw failure_of(Stage::close, returned);
}

/// The library does not tell whether a session was resumed.
void tell_handshake(const mbedtls_ssl_context* ssl, ConnectResult& result) {
  if (const char* suite = mbedtls_ssl_get_ciphersuite(ssl)) result.cipher = suite;
  const std::string_view version = mbedtls_ssl_get_version(ssl);
  if (version.starts_with("TLSv")) result.version = version.substr(4);
}

std::string serialise(const mbedtls_ssl_session* session) {
  std::size_t length = 0;
  mbedtls_ssl_session_save(session, nullptr, 0, &length);
  std::string bytes(length, '\0');
  const int returned =
      mbedtls_ssl_session_save(session, reinterpret_cast<unsigned char*>(bytes.data()), length, &length);
  if (returned != 0) throw failure_of(Stage::close, returned, "mbedtls_ssl_session_save: ");
  return bytes;
}

Session parse(const std::string& bytes) {
  auto session = std::make_shared<OwnedSession>();
  const int returned =
      mbedtls_ssl_session_load(session->get(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  if (returned != 0) throw failure_of(Stage::connect, returned, "the session cannot be loaded: ");
  return session;
}

class RandomGenerator {
 public:
  RandomGenerator() {
    expect(mbedtls_ctr_drbg_seed(generator_.get(), mbedtls_entropy_func, entropy_.get(), nullptr, 0),
           "mbedtls_ctr_drbg_seed");
  }

  mbedtls_ctr_drbg_context* get() { return generator_.get(); }

 private:
  Owned<mbedtls_entropy_context, mbedtls_entropy_init, mbedtls_entropy_free> entropy_;
  Owned<mbedtls_ctr_drbg_context, mbedtls_ctr_drbg_init, mbedtls_ctr_drbg_free> generator_;
};

/// Appends the master secret of the connection with this client_random.
void log_secret(void* key_log, const unsigned char* client_random, std::span<const unsigned char> secret) {
  const auto hex = [](std::span<const unsigned char> bytes) {
    return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  static_cast<KeyLog*>(key_log)->append("CLIENT_RANDOM " + hex({client_random, 32}) + " " + hex(secret));
}

// What Mbed TLS 2.28 and 3 call by other names.
#if MBEDTLS_VERSION_MAJOR >= 3

constexpr std::array versions{Tls::v1_2};
constexpr std::uint16_t signatures[] = {
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP521R1_SHA512, MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,       MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,       MBEDTLS_TLS1_3_SIG_NONE};

void pin_version(mbedtls_ssl_config* config, Tls) {
  mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
  mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
}

void accept_weak_signatures(mbedtls_ssl_config* config) { mbedtls_ssl_conf_sig_algs(config, signatures); }

int read_key(mbedtls_pk_context* key, const std::string& file, mbedtls_ctr_drbg_context* random) {
  return mbedtls_pk_parse_keyfile(key, file.c_str(), nullptr, mbedtls_ctr_drbg_random, random);
}

void on_secret(void* key_log, mbedtls_ssl_key_export_type type, const unsigned char* secret, std::size_t length,
               const unsigned char client_random[32], const unsigned char[32], mbedtls_tls_prf_types) {
  if (type == MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET) log_secret(key_log, client_random, {secret, length});
}

void export_keys_of(mbedtls_ssl_config*, KeyLog*) {}  // a connection's own, in this version

void export_keys_of(mbedtls_ssl_context* ssl, KeyLog* key_log) {
  if (key_log) mbedtls_ssl_set_export_keys_cb(ssl, on_secret, key_log);
}

std::string id_of(const mbedtls_ssl_session* session) {
  const auto* id = *mbedtls_ssl_session_get_id(session);
  return {id, id + mbedtls_ssl_session_get_id_len(session)};
}

#else

constexpr std::array versions{Tls::v1_0, Tls::v1_1, Tls::v1_2};
constexpr std::array minor_versions{MBEDTLS_SSL_MINOR_VERSION_1, MBEDTLS_SSL_MINOR_VERSION_2,
                                    MBEDTLS_SSL_MINOR_VERSION_3};
constexpr int hashes[] = {MBEDTLS_MD_SHA512, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA256,
                          MBEDTLS_MD_SHA224, MBEDTLS_MD_SHA1,   MBEDTLS_MD_NONE};

void pin_version(mbedtls_ssl_config* config, Tls tls) {
  const int version = minor_versions[static_cast<std::size_t>(tls)];
  mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, version);
  mbedtls_ssl_conf_max_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, version);
}

void accept_weak_signatures(mbedtls_ssl_config* config) { mbedtls_ssl_conf_sig_hashes(config, hashes); }

int read_key(mbedtls_pk_context* key, const std::string& file, mbedtls_ctr_drbg_context*) {
  return mbedtls_pk_parse_keyfile(key, file.c_str(), nullptr);
}

int on_secret(void* key_log, const unsigned char* secret, const unsigned char*, std::size_t, std::size_t, std::size_t,
              const unsigned char* client_random, const unsigned char*, mbedtls_tls_prf_types) {
  log_secret(key_log, client_random, {secret, 48});
  return 0;
}

void export_keys_of(mbedtls_ssl_config* config, KeyLog* key_log) {
  mbedtls_ssl_conf_export_keys_ext_cb(config, on_secret, key_log);
}

void export_keys_of(mbedtls_ssl_context*, KeyLog*) {}  // the configuration's, in this version

std::string id_of(const mbedtls_ssl_session* session) { return {session->id, session->id + session->id_len}; }

#endif

/// A configuration and all that it points to.
class Setup {
 public:
  Setup(const Settings& settings, RandomGenerator& random) : server_name(settings.server_name) {
    mbedtls_ssl_config* config = config_.get();
    expect(mbedtls_ssl_config_defaults(config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                       MBEDTLS_SSL_PRESET_DEFAULT),
           "mbedtls_ssl_config_defaults");
    mbedtls_ssl_conf_rng(config, mbedtls_ctr_drbg_random, random.get());
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_session_tickets(config, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
    accept_weak(config);
    pin_version(config, settings.tls);

    expect(mbedtls_x509_crt_parse_file(root_.get(), settings.ca.c_str()), settings.ca);
    mbedtls_ssl_conf_ca_chain(config, root_.get(), nullptr);
    if (settings.certificate) show(config, *settings.certificate, random);
    if (!settings.keylog) return;
    key_log_ = std::make_unique<KeyLog>(*settings.keylog);
    export_keys_of(config, key_log_.get());
  }

  const mbedtls_ssl_config* config() const { return config_.get(); }
  KeyLog* key_log() const { return key_log_.get(); }

  const std::string server_name;

 private:
  static void accept_weak(mbedtls_ssl_config* config) {
    mbedtls_ssl_conf_ciphersuites(config, mbedtls_ssl_list_ciphersuites());
    accept_weak_signatures(config);
    mbedtls_ssl_conf_cert_profile(config, &weak_profile);
    mbedtls_ssl_conf_dhm_min_bitlen(config, weak_dh_bits);
  }

  void show(mbedtls_ssl_config* config, const ClientCertificate& files, RandomGenerator& random) {
    expect(mbedtls_x509_crt_parse_file(certificate_.get(), files.cert.c_str()), files.cert);
    expect(read_key(key_.get(), files.key, random.get()), files.key);
    expect(mbedtls_ssl_conf_own_cert(config, certificate_.get(), key_.get()), files.cert);
  }

  std::unique_ptr<KeyLog> key_log_;
  Certificate root_;
  Certificate certificate_;
  Key key_;
  Config config_;
};

class MbedtlsAdapter : public Adapter {
 public:
  explicit MbedtlsAdapter(Carry carry) : carry_(carry) {}

  Hello hello() const override {
    std::array<char, 16> version{};
    mbedtls_version_get_string(version.data());
    return {
        .library = "Mbed TLS", .version = version.data(), .carry = carry_, .tls = {versions.begin(), versions.end()}};
  }

  void configure(const Settings& settings) override {
    if (std::ranges::find(versions, settings.tls) == versions.end()) throw Unimplemented{"configure.tls"};
    if (settings.ciphers) throw Unimplemented{"configure.ciphers"};
    auto setup = std::make_unique<Setup>(settings, random_);
    kept_.clear();
    setup_ = std::move(setup);
  }

  void connect(const ConnectOrder& order, ConnectResult& result) override {
    const Session offered = session_to_offer(order);
    const Socket socket = connect_tcp(order.host, order.port);
    mbedtls_net_context net{socket.descriptor()};
    Connection connection;
    mbedtls_ssl_context* ssl = connection.get();
    expect(mbedtls_ssl_setup(ssl, setup_->config()), "mbedtls_ssl_setup");
    export_keys_of(ssl, setup_->key_log());
    expect(mbedtls_ssl_set_hostname(ssl, setup_->server_name.c_str()), setup_->server_name);
    mbedtls_ssl_set_bio(ssl, &net, mbedtls_net_send, mbedtls_net_recv, nullptr);
    if (offered) expect(mbedtls_ssl_set_session(ssl, offered->get()), "mbedtls_ssl_set_session");

    handshake(ssl);
    tell_handshake(ssl, result);
    write(ssl, order.request.value_or(""));
    if (order.read_response) read_to_end(ssl, result);
    keep(ssl, result);
    close(ssl, order.read_response);
  }

 private:
  Session session_to_offer(const ConnectOrder& order) {
    if (carry_ == Carry::cache) return kept_.begin(order);
    return order.session ? parse(*order.session) : nullptr;
  }

  void keep(const mbedtls_ssl_context* ssl, ConnectResult& result) {
    auto session = std::make_shared<OwnedSession>();
    if (mbedtls_ssl_get_session(ssl, session->get()) != 0) return;
    result.session_id = id_of(session->get());
    if (carry_ == Carry::exported)
      result.session = serialise(session->get());
    else
      kept_.keep(std::move(session));
  }

  Carry carry_;
  RandomGenerator random_;
  KeptSessions<Session> kept_;
  std::unique_ptr<Setup> setup_;
};

template <Carry carry>
std::unique_ptr<Adapter> make() {
  return std::make_unique<MbedtlsAdapter>(carry);
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, {{"get-session", make<Carry::cache>}, {"export", make<Carry::exported>}});
}

#include "common/libssl_adapter.hpp"

#include "common/libssl.hpp"
#include "common/libssl_compat.hpp"
#include "common/tcp.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace ti::adapter {
namespace {

using Ssl = std::unique_ptr<SSL, decltype(&SSL_free)>;

int number_of(Tls tls) { return libssl::tls1_0 + static_cast<int>(tls); }

Failure queued_failure(Stage stage, const std::string& prefix = {}) {
  const auto number = ERR_peek_error();
  std::array<char, 256> text{};
  std::array<char, 16> code{};
  ERR_error_string_n(number, text.data(), text.size());
  std::snprintf(code.data(), code.size(), "%08lX", static_cast<unsigned long>(number));
  ERR_clear_error();
  return {stage, prefix + text.data(), code.data()};
}

Failure verification_failure(const SSL* ssl) {
  Failure failure = queued_failure(Stage::verify);
  failure.text += std::string(": ") + X509_verify_cert_error_string(SSL_get_verify_result(ssl));
  return failure;
}

Failure failure_of(Stage stage, const SSL* ssl, int returned) {
  const int kind = SSL_get_error(ssl, returned);
  const auto number = ERR_peek_error();
  if (number != 0 && ERR_GET_REASON(number) == SSL_R_CERTIFICATE_VERIFY_FAILED) return verification_failure(ssl);
  if (number != 0) return queued_failure(stage);
  if (kind == SSL_ERROR_ZERO_RETURN) return {stage, "the peer sent close_notify", "SSL_ERROR_ZERO_RETURN"};
  if (errno != 0) return system_failure(stage);
  return {stage, "the peer closed without close_notify", "SSL_ERROR_SYSCALL"};
}

/// Calls one I/O function of the library so that what failure_of() then finds was left by this call alone.
template <class Call>
int fresh(Call call) {
  ERR_clear_error();
  errno = 0;
  return call();
}

void expect(int succeeded, const std::string& what) {
  if (succeeded != 1) throw queued_failure(Stage::protocol, what + ": ");
}

std::optional<std::string> session_id(const SSL* ssl) {
  const SSL_SESSION* session = SSL_get_session(ssl);
  if (!session) return std::nullopt;
  return libssl::id_of(session);
}

void handshake(SSL* ssl, const std::string& host) {
  const int returned = fresh([&] { return SSL_connect(ssl); });
  if (returned != 1) throw failure_of(Stage::handshake, ssl, returned);
  if (!libssl::names_host(ssl, host)) throw Failure{Stage::verify, "the certificate is not of " + host};
}

void write(SSL* ssl, const std::string& request) {
  if (request.empty()) return;
  const int returned = fresh([&] { return SSL_write(ssl, request.data(), static_cast<int>(request.size())); });
  if (returned <= 0) throw failure_of(Stage::write, ssl, returned);
}

void read_to_end(SSL* ssl, ConnectResult& result) {
  std::array<char, 16384> buffer;
  result.response_bytes = 0;
  while (true) {
    const int returned = fresh([&] { return SSL_read(ssl, buffer.data(), buffer.size()); });
    if (returned > 0) {
      *result.response_bytes += static_cast<std::size_t>(returned);
      continue;
    }
    if (SSL_get_error(ssl, returned) == SSL_ERROR_ZERO_RETURN) return;
    throw failure_of(Stage::read, ssl, returned);
  }
}

/// A peer that has sent its own close_notify may be gone: then ours need not arrive (RFC 8446 section 6.1).
void close(SSL* ssl) {
  const int returned = fresh([&] { return SSL_shutdown(ssl); });
  const bool peer_closed = (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
  if (returned < 0 && !peer_closed) throw failure_of(Stage::close, ssl, returned);
  ERR_clear_error();
}

/// The capabilities that stand for a suite of TLS 1.2 and below.
constexpr std::pair<const char*, const char*> suites_by_capability[] = {{"dhe_rsa", "DHE-RSA-AES256-SHA"},
                                                                        {"rsa_kx", "AES128-SHA"}};

/// Those that this build of the library has no suite for.
std::map<std::string, std::string> lacking_suites() {
  std::map<std::string, std::string> lacking;
  for (const auto& [capability, suite] : suites_by_capability)
    if (!libssl::knows_cipher(libssl::Side::client, suite))
      lacking[capability] = std::string("this build has no ") + suite;
  return lacking;
}

}  // namespace

LibsslAdapter::LibsslAdapter(LibsslFlavour flavour, Handover handover, Carry carry)
    : flavour_(std::move(flavour)),
      handover_(handover),
      carry_(carry),
      kept_([copy = flavour_.copy](const Session& session) { return Session(copy(session.get()), SSL_SESSION_free); }),
      cannot_(lacking_suites()) {
  for (const int version : libssl::versions(libssl::Side::client)) {
    if (version == libssl::tls1_3 && handover == Handover::get_session && !libssl::gets_tls1_3_sessions) continue;
    tls_.push_back(static_cast<Tls>(version - libssl::tls1_0));
  }
}

Hello LibsslAdapter::hello() const {
  return {.library = flavour_.library, .version = flavour_.version, .carry = carry_, .tls = tls_, .cannot = cannot_};
}

void LibsslAdapter::configure(const Settings& settings) {
  Context context = make_context(settings);
  auto key_log = settings.keylog ? std::make_unique<KeyLog>(*settings.keylog) : nullptr;
  SSL_CTX_set_app_data(context.get(), this);
  if (key_log) libssl::tell_secrets(context.get(), on_secret);
  if (handover_ == Handover::callback) {
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context.get(), on_new_session);
  }
  kept_.clear();
  key_log_ = std::move(key_log);
  context_ = std::move(context);
  server_name_ = settings.server_name;
}

LibsslAdapter::Context LibsslAdapter::make_context(const Settings& settings) const {
  Context owner(libssl::new_context(libssl::Side::client, number_of(settings.tls)), SSL_CTX_free);
  SSL_CTX* context = owner.get();
  if (!context) throw Unimplemented{"configure.tls 1." + std::to_string(static_cast<int>(settings.tls))};
  if (settings.ciphers)
    choose_ciphers(context, *settings.ciphers);
  else
    expect(SSL_CTX_set_cipher_list(context, flavour_.all_ciphers), flavour_.all_ciphers);

  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  expect(SSL_CTX_load_verify_locations(context, settings.ca.c_str(), nullptr), settings.ca);
  if (settings.certificate) {
    const auto& [certificate, key] = *settings.certificate;
    expect(SSL_CTX_use_certificate_chain_file(context, certificate.c_str()), certificate);
    expect(SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM), key);
  }
  return owner;
}

void LibsslAdapter::connect(const ConnectOrder& order, ConnectResult& result) {
  const Session offered = session_to_offer(order);
  const Socket socket = connect_tcp(order.host, order.port);
  const Ssl owner(SSL_new(context_.get()), SSL_free);
  SSL* ssl = owner.get();
  expect(ssl != nullptr, "SSL_new");
  result_ = &result;
  if (handover_ == Handover::callback) result.tickets_received = 0;

  expect(SSL_set_fd(ssl, socket.descriptor()), "SSL_set_fd");
  expect(static_cast<int>(SSL_set_tlsext_host_name(ssl, server_name_.c_str())), server_name_);
  expect(libssl::expect_host(ssl, server_name_.c_str()) ? 1 : 0, server_name_);
  if (offered) expect(SSL_set_session(ssl, offered.get()), "SSL_set_session");

  handshake(ssl, server_name_);
  tell_handshake(ssl, result);
  result.session_id = session_id(ssl);

  write(ssl, order.request.value_or(""));
  if (order.read_response) read_to_end(ssl, result);
  result.session_id = session_id(ssl);
  if (handover_ == Handover::get_session) keep(Session(SSL_get1_session(ssl), SSL_SESSION_free));
  close(ssl);
}

LibsslAdapter::Session LibsslAdapter::session_to_offer(const ConnectOrder& order) {
  if (carry_ == Carry::cache) return kept_.begin(order);
  if (!order.session) return {};
  ERR_clear_error();
  SSL_SESSION* session = flavour_.parse(*order.session, context_.get());
  if (!session) throw queued_failure(Stage::connect, "the session cannot be loaded: ");
  return {session, SSL_SESSION_free};
}

void LibsslAdapter::keep(Session session) {
  if (!session || !libssl::is_resumable(session.get())) return;
  if (carry_ == Carry::exported) {
    result_->session = flavour_.serialise(session.get());
    return;
  }
  const Use use = flavour_.use(session.get());
  kept_.keep(std::move(session), use);
}

LibsslAdapter& LibsslAdapter::of(const SSL* ssl) {
  return *static_cast<LibsslAdapter*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
}

int LibsslAdapter::on_new_session(SSL* ssl, SSL_SESSION* session) {
  LibsslAdapter& adapter = of(ssl);
  ++*adapter.result_->tickets_received;
  adapter.keep(Session(session, SSL_SESSION_free));
  return 1;
}

void LibsslAdapter::on_secret(const SSL* ssl, const char* line) { of(ssl).key_log_->append(line); }

}  // namespace ti::adapter

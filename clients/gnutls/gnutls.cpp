#include "common/kept_sessions.hpp"
#include "common/key_log.hpp"
#include "common/serve.hpp"
#include "common/tcp.hpp"
#include "common/text.hpp"

#include <gnutls/gnutls.h>
#include <array>

using namespace ti::adapter;

namespace {

using Credentials = std::unique_ptr<gnutls_certificate_credentials_st, decltype(&gnutls_certificate_free_credentials)>;
using Priority = std::unique_ptr<gnutls_priority_st, decltype(&gnutls_priority_deinit)>;
using Connection = std::unique_ptr<gnutls_session_int, decltype(&gnutls_deinit)>;

/// What gnutls_session_get_data2 gave.
using SessionData = std::shared_ptr<const std::string>;

/// How an application comes by session data: it asks once the response has been read, or a hook tells it of each
/// ticket.
enum class Handover { at_the_end, hook };

constexpr std::array versions{GNUTLS_TLS1_0, GNUTLS_TLS1_1, GNUTLS_TLS1_2, GNUTLS_TLS1_3};
constexpr std::array names{"1.0", "1.1", "1.2", "1.3"};

Failure failure_of(Stage stage, ssize_t returned, const std::string& prefix = {}) {
  const auto code = static_cast<int>(returned);
  const char* name = gnutls_strerror_name(code);
  return {stage, prefix + gnutls_strerror(code), name ? name : std::to_string(code)};
}

Failure handshake_failure(gnutls_session_t session, int code) {
  if (code == GNUTLS_E_FATAL_ALERT_RECEIVED || code == GNUTLS_E_WARNING_ALERT_RECEIVED) {
    Failure failure = failure_of(Stage::handshake, code);
    const gnutls_alert_description_t alert = gnutls_alert_get(session);
    const char* known = gnutls_alert_get_name(alert);
    failure.text += " " + (known != nullptr ? std::string(known) : "alert " + std::to_string(alert));
    return failure;
  }
  if (code != GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR) return failure_of(Stage::handshake, code);
  Failure failure = failure_of(Stage::verify, code);
  gnutls_datum_t reasons{};
  const unsigned status = gnutls_session_get_verify_cert_status(session);
  if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &reasons, 0) == 0) {
    failure.text += std::string(" ") + reinterpret_cast<const char*>(reasons.data);
    gnutls_free(reasons.data);
  }
  return failure;
}

void expect(int returned, const std::string& what) {
  if (returned < 0) throw failure_of(Stage::protocol, returned, what + ": ");
}

std::string_view as_text(const gnutls_datum_t& bytes) {
  return {reinterpret_cast<const char*>(bytes.data), bytes.size};
}

Credentials make_credentials(const Settings& settings) {
  gnutls_certificate_credentials_t made = nullptr;
  expect(gnutls_certificate_allocate_credentials(&made), "gnutls_certificate_allocate_credentials");
  Credentials credentials(made, gnutls_certificate_free_credentials);
  const int trusted = gnutls_certificate_set_x509_trust_file(made, settings.ca.c_str(), GNUTLS_X509_FMT_PEM);
  expect(trusted == 0 ? GNUTLS_E_NO_CERTIFICATE_FOUND : trusted, settings.ca);
  if (settings.certificate) {
    const auto& [certificate, key] = *settings.certificate;
    expect(
        gnutls_certificate_set_x509_key_file2(made, certificate.c_str(), key.c_str(), GNUTLS_X509_FMT_PEM, nullptr, 0),
        certificate + ", " + key);
  }
  return credentials;
}

/// All that the library has, after what it prefers by itself.
Priority make_priority(Tls tls) {
  const std::string text = std::string("NORMAL:-VERS-ALL:+VERS-TLS") + names[static_cast<std::size_t>(tls)] +
                           ":+KX-ALL:+CIPHER-ALL:+MAC-ALL:+GROUP-ALL:+SIGN-ALL:%VERIFY_ALLOW_BROKEN";
  gnutls_priority_t made = nullptr;
  expect(gnutls_priority_init2(&made, text.c_str(), nullptr, 0), text);
  return {made, gnutls_priority_deinit};
}

/// GnuTLS leaves it to the application to send the alert that its failure calls for.
void handshake(gnutls_session_t session) {
  int returned = 0;
  do returned = gnutls_handshake(session);
  while (returned < 0 && gnutls_error_is_fatal(returned) == 0);
  if (returned == 0) return;
  gnutls_alert_send_appropriate(session, returned);
  throw handshake_failure(session, returned);
}

void write(gnutls_session_t session, std::string_view request) {
  while (!request.empty()) {
    const ssize_t returned = gnutls_record_send(session, request.data(), request.size());
    if (returned < 0 && gnutls_error_is_fatal(static_cast<int>(returned)) != 0)
      throw failure_of(Stage::write, returned);
    if (returned > 0) request.remove_prefix(static_cast<std::size_t>(returned));
  }
}

void read_to_end(gnutls_session_t session, ConnectResult& result) {
  std::array<char, 16384> buffer;
  result.response_bytes = 0;
  while (const ssize_t returned = gnutls_record_recv(session, buffer.data(), buffer.size())) {
    if (returned > 0) *result.response_bytes += static_cast<std::size_t>(returned);
    if (returned > 0 || gnutls_error_is_fatal(static_cast<int>(returned)) == 0) continue;
    gnutls_alert_send_appropriate(session, static_cast<int>(returned));
    throw failure_of(Stage::read, returned);
  }
}

/// A peer that has sent its own close_notify may be gone: then ours need not arrive (RFC 8446 section 6.1).
void close(gnutls_session_t session, bool peer_closed) {
  const int returned = gnutls_bye(session, GNUTLS_SHUT_WR);
  if (returned < 0 && !peer_closed) throw failure_of(Stage::close, returned);
}

void offer(gnutls_session_t session, const std::string& data) {
  const int returned = gnutls_session_set_data(session, data.data(), data.size());
  if (returned < 0) throw failure_of(Stage::connect, returned, "the session cannot be loaded: ");
}

void tell_handshake(gnutls_session_t session, ConnectResult& result) {
  result.resumed = gnutls_session_is_resumed(session) != 0;
  if (const char* suite = gnutls_ciphersuite_get(session)) result.cipher = suite;
  for (std::size_t i = 0; i < versions.size(); ++i)
    if (gnutls_protocol_get_version(session) == versions[i]) result.version = names[i];
  gnutls_datum_t id{};
  if (gnutls_session_get_id2(session, &id) == 0) result.session_id = as_text(id);
}

class GnutlsAdapter : public Adapter {
 public:
  GnutlsAdapter(Handover handover, Carry carry) : handover_(handover), carry_(carry) {}

  Hello hello() const override {
    return {.library = "GnuTLS", .version = gnutls_check_version(nullptr), .carry = carry_};
  }

  void configure(const Settings& settings) override {
    if (settings.ciphers) throw Unimplemented{"configure.ciphers"};
    Credentials credentials = make_credentials(settings);
    Priority priority = make_priority(settings.tls);
    auto key_log = settings.keylog ? std::make_unique<KeyLog>(*settings.keylog) : nullptr;
    kept_.clear();
    key_log_ = std::move(key_log);
    priority_ = std::move(priority);
    credentials_ = std::move(credentials);
    server_name_ = settings.server_name;
  }

  void connect(const ConnectOrder& order, ConnectResult& result) override {
    const SessionData offered = session_to_offer(order);
    const Socket socket = connect_tcp(order.host, order.port);
    const Connection connection = make_connection(socket);
    gnutls_session_t session = connection.get();
    if (offered) offer(session, *offered);
    result_ = &result;
    result.tickets_received = 0;
    connected_ = false;

    handshake(session);
    connected_ = true;
    tell_handshake(session, result);
    if (handover_ == Handover::hook && *result.tickets_received > 0) keep(session);
    write(session, order.request.value_or(""));
    if (order.read_response) read_to_end(session, result);
    if (handover_ == Handover::at_the_end) ask(session);
    close(session, order.read_response);
  }

 private:
  SessionData session_to_offer(const ConnectOrder& order) {
    if (carry_ == Carry::cache) return kept_.begin(order);
    return order.session ? std::make_shared<const std::string>(*order.session) : nullptr;
  }

  Connection make_connection(const Socket& socket) {
    gnutls_session_t session = nullptr;
    expect(gnutls_init(&session, GNUTLS_CLIENT), "gnutls_init");
    Connection connection(session, gnutls_deinit);
    expect(gnutls_priority_set(session, priority_.get()), "gnutls_priority_set");
    expect(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials_.get()), "gnutls_credentials_set");
    expect(gnutls_server_name_set(session, GNUTLS_NAME_DNS, server_name_.data(), server_name_.size()), server_name_);
    gnutls_session_set_verify_cert(session, server_name_.c_str(), 0);
    gnutls_session_set_ptr(session, this);
    if (key_log_) gnutls_session_set_keylog_function(session, on_secret);
    if (handover_ == Handover::hook)
      gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_NEW_SESSION_TICKET, GNUTLS_HOOK_POST, on_ticket);
    gnutls_transport_set_int(session, socket.descriptor());
    return connection;
  }

  /// Asks for session data unless the library says that there can be none: in TLS 1.3 before a ticket has come.
  void ask(gnutls_session_t session) {
    const bool ticket = (gnutls_session_get_flags(session) & GNUTLS_SFLAGS_SESSION_TICKET) != 0;
    if (ticket) result_->tickets_received = 1;
    if (ticket || gnutls_protocol_get_version(session) != GNUTLS_TLS1_3) keep(session);
  }

  /// Session data can be had only when the handshake is complete. In TLS 1.3 they should be used once.
  void keep(gnutls_session_t session) {
    gnutls_datum_t data{};
    if (gnutls_session_get_data2(session, &data) < 0) return;
    std::string bytes(as_text(data));
    gnutls_free(data.data);
    if (carry_ == Carry::exported) {
      result_->session = std::move(bytes);
      return;
    }
    const bool once = gnutls_protocol_get_version(session) == GNUTLS_TLS1_3;
    kept_.keep(std::make_shared<const std::string>(std::move(bytes)), once ? Use::once : Use::many_times);
  }

  static GnutlsAdapter& of(gnutls_session_t session) {
    return *static_cast<GnutlsAdapter*>(gnutls_session_get_ptr(session));
  }

  static int on_ticket(gnutls_session_t session, unsigned, unsigned, unsigned, const gnutls_datum_t*) {
    GnutlsAdapter& adapter = of(session);
    ++*adapter.result_->tickets_received;
    if (adapter.connected_) adapter.keep(session);
    return 0;
  }

  static int on_secret(gnutls_session_t session, const char* label, const gnutls_datum_t* secret) {
    gnutls_datum_t client_random{};
    gnutls_session_get_random(session, &client_random, nullptr);
    of(session).key_log_->append(std::string(label) + " " + to_hex(as_text(client_random)) + " " +
                                 to_hex(as_text(*secret)));
    return 0;
  }

  Handover handover_;
  Carry carry_;
  std::string server_name_;
  std::unique_ptr<KeyLog> key_log_;
  KeptSessions<SessionData> kept_;
  Priority priority_{nullptr, gnutls_priority_deinit};
  Credentials credentials_{nullptr, gnutls_certificate_free_credentials};
  ConnectResult* result_ = nullptr;  // of the connection under way
  bool connected_ = false;
};

template <Handover handover, Carry carry>
std::unique_ptr<Adapter> make() {
  return std::make_unique<GnutlsAdapter>(handover, carry);
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv,
             {{"get-data", make<Handover::at_the_end, Carry::cache>},
              {"hook", make<Handover::hook, Carry::cache>},
              {"export", make<Handover::at_the_end, Carry::exported>}});
}

#include "common/kept_sessions.hpp"
#include "common/serve.hpp"
#include "common/tcp.hpp"

#include <wolfssl/options.h>

#include <wolfssl/error-ssl.h>
#include <wolfssl/ssl.h>
#include <algorithm>
#include <array>
#include <sstream>

using namespace ti::adapter;

namespace {

using Context = std::unique_ptr<WOLFSSL_CTX, decltype(&wolfSSL_CTX_free)>;
using Connection = std::unique_ptr<WOLFSSL, decltype(&wolfSSL_free)>;
using Session = std::shared_ptr<WOLFSSL_SESSION>;

/// How an application comes by a session: it asks once the response has been read, or it is handed each one.
enum class Handover { get_session, callback };

constexpr std::array methods{wolfTLSv1_1_client_method, wolfTLSv1_2_client_method, wolfTLSv1_3_client_method};
constexpr std::string_view version_prefix = "TLSv";
constexpr std::size_t error_text_size = 80;
constexpr int weak_rsa_bits = 1024;
constexpr int weak_dh_bits = 1024;

Failure failure_of(Stage stage, int code) {
  std::array<char, error_text_size> text{};
  wolfSSL_ERR_error_string_n(static_cast<unsigned long>(code), text.data(), text.size());
  return {stage, text.data(), std::to_string(code)};
}

Failure failure_of(Stage stage, WOLFSSL* ssl, int returned) {
  return failure_of(stage, wolfSSL_get_error(ssl, returned));
}

/// What a function that sets something up returns says no more than that it failed.
void expect(int returned, const std::string& what) {
  if (returned != WOLFSSL_SUCCESS) throw Failure{Stage::protocol, what + ": refused", std::to_string(returned)};
}

std::vector<std::string> all_ciphers() {
  std::string joined(16384, '\0');
  expect(wolfSSL_get_ciphers(joined.data(), static_cast<int>(joined.size())), "wolfSSL_get_ciphers");
  std::istringstream list(joined.c_str());
  std::vector<std::string> names;
  for (std::string name; std::getline(list, name, ':');) names.push_back(name);
  return names;
}

void choose_ciphers(WOLFSSL_CTX* context, const std::vector<std::string>& names) {
  const std::vector<std::string> known = all_ciphers();
  std::string list;
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) == known.end()) throw Unimplemented{"configure.ciphers " + name};
    list += (list.empty() ? "" : ":") + name;
  }
  expect(wolfSSL_CTX_set_cipher_list(context, list.c_str()), list);
}

Context make_context(const Settings& settings) {
  if (settings.tls == Tls::v1_0) throw Unimplemented{"configure.tls 1.0"};
  if (settings.keylog) throw Unimplemented{"configure.keylog"};
  const auto method = methods[static_cast<std::size_t>(settings.tls) - 1];
  Context owner(wolfSSL_CTX_new(method()), wolfSSL_CTX_free);
  WOLFSSL_CTX* context = owner.get();
  expect(context ? WOLFSSL_SUCCESS : WOLFSSL_FAILURE, "wolfSSL_CTX_new");
  if (settings.ciphers) choose_ciphers(context, *settings.ciphers);
  expect(wolfSSL_CTX_SetMinRsaKey_Sz(context, weak_rsa_bits), "wolfSSL_CTX_SetMinRsaKey_Sz");
  expect(wolfSSL_CTX_SetMinDhKey_Sz(context, weak_dh_bits), "wolfSSL_CTX_SetMinDhKey_Sz");
  expect(wolfSSL_CTX_UseSessionTicket(context), "wolfSSL_CTX_UseSessionTicket");
  const std::string& name = settings.server_name;
  expect(wolfSSL_CTX_UseSNI(context, WOLFSSL_SNI_HOST_NAME, name.data(), static_cast<unsigned short>(name.size())),
         name);

  wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_PEER, nullptr);
  expect(wolfSSL_CTX_load_verify_locations(context, settings.ca.c_str(), nullptr), settings.ca);
  if (settings.certificate) {
    const auto& [certificate, key] = *settings.certificate;
    expect(wolfSSL_CTX_use_certificate_chain_file(context, certificate.c_str()), certificate);
    expect(wolfSSL_CTX_use_PrivateKey_file(context, key.c_str(), WOLFSSL_FILETYPE_PEM), key);
  }
  return owner;
}

void handshake(WOLFSSL* ssl) {
  const int returned = wolfSSL_connect(ssl);
  if (returned == WOLFSSL_SUCCESS) return;
  const int code = wolfSSL_get_error(ssl, returned);
  const bool refused = code == DOMAIN_NAME_MISMATCH || wolfSSL_get_verify_result(ssl) != X509_V_OK;
  throw failure_of(refused ? Stage::verify : Stage::handshake, code);
}

void write(WOLFSSL* ssl, const std::string& request) {
  if (request.empty()) return;
  const int returned = wolfSSL_write(ssl, request.data(), static_cast<int>(request.size()));
  if (returned <= 0) throw failure_of(Stage::write, ssl, returned);
}

void read_to_end(WOLFSSL* ssl, ConnectResult& result) {
  std::array<char, 16384> buffer;
  result.response_bytes = 0;
  while (true) {
    const int returned = wolfSSL_read(ssl, buffer.data(), static_cast<int>(buffer.size()));
    if (returned <= 0 && wolfSSL_get_error(ssl, returned) == WOLFSSL_ERROR_ZERO_RETURN) return;
    if (returned <= 0) throw failure_of(Stage::read, ssl, returned);
    *result.response_bytes += static_cast<std::size_t>(returned);
  }
}

/// A peer that has sent its own close_notify may be gone: then ours need not arrive (RFC 8446 section 6.1).
void close(WOLFSSL* ssl, bool peer_closed) {
  const int returned = wolfSSL_shutdown(ssl);
  if (returned < 0 && !peer_closed) throw failure_of(Stage::close, ssl, returned);
}

void tell_handshake(WOLFSSL* ssl, ConnectResult& result) {
  result.resumed = wolfSSL_session_reused(ssl) == 1;
  if (const char* cipher = wolfSSL_get_cipher_name(ssl)) result.cipher = cipher;
  const std::string_view version = wolfSSL_get_version(ssl);
  if (version.starts_with(version_prefix)) result.version = version.substr(version_prefix.size());
}

std::optional<std::string> session_id(WOLFSSL* ssl) {
  unsigned length = 0;
  const unsigned char* id = wolfSSL_SESSION_get_id(wolfSSL_get_session(ssl), &length);
  if (!id) return std::nullopt;
  return std::string(id, id + length);
}

/// wolfSSL gives a session of TLS 1.3 in any case: one without a ticket cannot be offered.
bool may_resume(WOLFSSL* ssl) {
  return wolfSSL_version(ssl) != TLS1_3_VERSION || wolfSSL_SESSION_has_ticket(wolfSSL_get_session(ssl)) == 1;
}

std::string serialise(WOLFSSL_SESSION* session) {
  const int length = wolfSSL_i2d_SSL_SESSION(session, nullptr);
  if (length <= 0) return {};
  std::string bytes(static_cast<std::size_t>(length), '\0');
  auto* out = reinterpret_cast<unsigned char*>(bytes.data());
  wolfSSL_i2d_SSL_SESSION(session, &out);
  return bytes;
}

Session parse(const std::string& bytes) {
  const auto* in = reinterpret_cast<const unsigned char*>(bytes.data());
  WOLFSSL_SESSION* session = wolfSSL_d2i_SSL_SESSION(nullptr, &in, static_cast<long>(bytes.size()));
  if (!session) throw Failure{Stage::connect, "wolfSSL_d2i_SSL_SESSION failed"};
  return {session, wolfSSL_SESSION_free};
}

class WolfsslAdapter : public Adapter {
 public:
  WolfsslAdapter(Handover handover, Carry carry)
      : handover_(handover), carry_(carry), kept_([](const Session& session) {
          return Session(wolfSSL_SESSION_dup(session.get()), wolfSSL_SESSION_free);
        }) {
    expect(wolfSSL_Init(), "wolfSSL_Init");
  }

  Hello hello() const override { return {.library = "wolfSSL", .version = wolfSSL_lib_version(), .carry = carry_}; }

  void configure(const Settings& settings) override {
    Context context = make_context(settings);
    if (handover_ == Handover::callback) {
      wolfSSL_CTX_set_session_cache_mode(context.get(), WOLFSSL_SESS_CACHE_NO_INTERNAL);
      wolfSSL_CTX_sess_set_new_cb(context.get(), on_new_session);
    }
    kept_.clear();
    context_ = std::move(context);
    server_name_ = settings.server_name;
  }

  void connect(const ConnectOrder& order, ConnectResult& result) override {
    const Session offered = session_to_offer(order);
    const Socket socket = connect_tcp(order.host, order.port);
    const Connection connection(wolfSSL_new(context_.get()), wolfSSL_free);
    WOLFSSL* ssl = connection.get();
    expect(ssl ? WOLFSSL_SUCCESS : WOLFSSL_FAILURE, "wolfSSL_new");
    result_ = &result;
    result.tickets_received = 0;

    expect(wolfSSL_set_app_data(ssl, this), "wolfSSL_set_app_data");
    expect(wolfSSL_set_SessionTicket_cb(ssl, on_ticket, this), "wolfSSL_set_SessionTicket_cb");
    expect(wolfSSL_check_domain_name(ssl, server_name_.c_str()), server_name_);
    expect(wolfSSL_set_fd(ssl, socket.descriptor()), "wolfSSL_set_fd");
    if (offered) wolfSSL_set_session(ssl, offered.get());

    handshake(ssl);
    tell_handshake(ssl, result);
    result.session_id = session_id(ssl);
    write(ssl, order.request.value_or(""));
    if (order.read_response) read_to_end(ssl, result);
    result.session_id = session_id(ssl);
    if (handover_ == Handover::get_session && may_resume(ssl))
      keep(Session(wolfSSL_get1_session(ssl), wolfSSL_SESSION_free));
    close(ssl, order.read_response);
  }

 private:
  Session session_to_offer(const ConnectOrder& order) {
    if (carry_ == Carry::cache) return kept_.begin(order);
    return order.session ? parse(*order.session) : nullptr;
  }

  void keep(Session session) {
    if (!session) return;
    if (carry_ == Carry::exported)
      result_->session = serialise(session.get());
    else
      kept_.keep(std::move(session));
  }

  static int on_ticket(WOLFSSL*, const unsigned char*, int, void* adapter) {
    ++*static_cast<WolfsslAdapter*>(adapter)->result_->tickets_received;
    return 0;
  }

  static int on_new_session(WOLFSSL* ssl, WOLFSSL_SESSION* session) {
    static_cast<WolfsslAdapter*>(wolfSSL_get_app_data(ssl))->keep(Session(session, wolfSSL_SESSION_free));
    return 1;
  }

  Handover handover_;
  Carry carry_;
  std::string server_name_;
  KeptSessions<Session> kept_;
  Context context_{nullptr, wolfSSL_CTX_free};
  ConnectResult* result_ = nullptr;  // of the connection under way
};

template <Handover handover, Carry carry>
std::unique_ptr<Adapter> make() {
  return std::make_unique<WolfsslAdapter>(handover, carry);
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv,
             {{"get-session", make<Handover::get_session, Carry::cache>},
              {"callback", make<Handover::callback, Carry::cache>},
              {"export", make<Handover::get_session, Carry::exported>}});
}

// A whole adapter: OpenSSL, the session asked for once the response has been read.
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>

#include "common/kept_sessions.hpp"
#include "common/serve.hpp"
#include "common/tcp.hpp"

using namespace ti::adapter;

namespace {

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Connection = std::unique_ptr<SSL, decltype(&SSL_free)>;
using Session = std::shared_ptr<SSL_SESSION>;

constexpr std::array versions{TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
constexpr std::array names{"1.0", "1.1", "1.2", "1.3"};

/// What went wrong, in the library's own words.
Failure failure(Stage stage) {
  const unsigned long number = ERR_get_error();
  std::array<char, 256> text{};
  ERR_error_string_n(number, text.data(), text.size());
  ERR_clear_error();
  return {stage, text.data(), std::to_string(number)};
}

void expect(bool good, Stage stage) {
  if (!good) throw failure(stage);
}

class Example : public Adapter {
 public:
  Hello hello() const override { return {"OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING), Carry::cache}; }

  void configure(const Settings& settings) override {
    if (settings.certificate) throw Unimplemented{"configure.certificate"};
    if (settings.ciphers) throw Unimplemented{"configure.ciphers"};
    if (settings.keylog) throw Unimplemented{"configure.keylog"};
    Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    const int version = versions[static_cast<std::size_t>(settings.tls)];
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    SSL_CTX_set_cipher_list(context.get(), "ALL:!aNULL:@SECLEVEL=0");
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    expect(SSL_CTX_load_verify_locations(context.get(), settings.ca.c_str(), nullptr) == 1, Stage::protocol);
    context_ = std::move(context);
    server_name_ = settings.server_name;
    kept_.clear();
  }

  void connect(const ConnectOrder& order, ConnectResult& result) override {
    const Session offered = kept_.begin(order);
    const Socket socket = connect_tcp(order.host, order.port);
    const Connection owner(SSL_new(context_.get()), SSL_free);
    SSL* ssl = owner.get();
    SSL_set_fd(ssl, socket.descriptor());
    SSL_set_tlsext_host_name(ssl, server_name_.c_str());
    SSL_set1_host(ssl, server_name_.c_str());
    if (offered) SSL_set_session(ssl, offered.get());

    const bool shaken = SSL_connect(ssl) == 1;
    expect(shaken, SSL_get_verify_result(ssl) == X509_V_OK ? Stage::handshake : Stage::verify);
    result.resumed = SSL_session_reused(ssl) == 1;
    result.cipher = SSL_get_cipher_name(ssl);
    for (std::size_t i = 0; i < versions.size(); ++i)
      if (SSL_version(ssl) == versions[i]) result.version = names[i];

    const std::string request = order.request.value_or("");
    if (!request.empty()) expect(SSL_write(ssl, request.data(), static_cast<int>(request.size())) > 0, Stage::write);
    if (order.read_response) {
      std::array<char, 16384> buffer;
      int got = 0;
      result.response_bytes = 0;
      while ((got = SSL_read(ssl, buffer.data(), buffer.size())) > 0)
        *result.response_bytes += static_cast<std::size_t>(got);
      expect(SSL_get_error(ssl, got) == SSL_ERROR_ZERO_RETURN, Stage::read);
    }
    if (Session session(SSL_get1_session(ssl), SSL_SESSION_free); SSL_SESSION_is_resumable(session.get()) == 1)
      kept_.keep(std::move(session));
    SSL_shutdown(ssl);
  }

 private:
  Context context_{nullptr, SSL_CTX_free};
  std::string server_name_;
  KeptSessions<Session> kept_{
      [](const Session& session) { return Session(SSL_SESSION_dup(session.get()), SSL_SESSION_free); }};
};

std::unique_ptr<Adapter> make() { return std::make_unique<Example>(); }

}  // namespace

int main(int argc, char** argv) { return run(argc, argv, {{"", make}}); }

#include "common/kept_sessions.hpp"
#include "common/serve.hpp"
#include "common/tcp.hpp"

#include <botan/auto_rng.h>
#include <botan/certstor.h>
#include <botan/credentials_manager.h>
#include <botan/exceptn.h>
#include <botan/pkcs8.h>
#include <botan/tls_callbacks.h>
#include <botan/tls_client.h>
#include <botan/tls_exceptn.h>
#include <botan/tls_policy.h>
#include <botan/tls_session_manager.h>
#include <botan/version.h>
#include <botan/x509cert.h>
#include <sys/socket.h>
#include <algorithm>
#include <array>
#include <cerrno>

using namespace ti::adapter;
namespace tls = Botan::TLS;

namespace {

using Strings = std::vector<std::string>;
using Session = std::shared_ptr<const tls::Session>;

constexpr std::array versions{tls::Protocol_Version::TLS_V10, tls::Protocol_Version::TLS_V11,
                              tls::Protocol_Version::TLS_V12};
constexpr std::size_t weak_dh_bits = 1024;
constexpr std::size_t weak_rsa_bits = 1024;
constexpr std::size_t weak_signature_bits = 0;

Failure failure_of(Stage stage, const std::exception& error) {
  const auto* alerted = dynamic_cast<const tls::TLS_Exception*>(&error);
  const auto* known = dynamic_cast<const Botan::Exception*>(&error);
  if (alerted) return {stage, error.what(), tls::Alert(alerted->type()).type_string()};
  if (known) return {stage, error.what(), Botan::to_string(known->error_type())};
  return {stage, error.what()};
}

/// All that the library has, at one version.
class Everything : public tls::Policy {
 public:
  explicit Everything(tls::Protocol_Version version) : version_(version) {}

  Strings allowed_ciphers() const override {
    return {
        "ChaCha20Poly1305", "AES-256/GCM",    "AES-128/GCM",      "AES-256/OCB(12)",  "AES-256/CCM",  "AES-128/CCM",
        "AES-256/CCM(8)",   "AES-128/CCM(8)", "Camellia-256/GCM", "Camellia-128/GCM", "ARIA-256/GCM", "ARIA-128/GCM",
        "AES-256",          "AES-128",        "Camellia-256",     "Camellia-128",     "SEED",         "3DES"};
  }
  Strings allowed_signature_hashes() const override { return {"SHA-512", "SHA-384", "SHA-256", "SHA-1"}; }
  Strings allowed_macs() const override { return {"AEAD", "SHA-256", "SHA-384", "SHA-1"}; }
  Strings allowed_key_exchange_methods() const override { return {"ECDH", "DH", "RSA"}; }
  Strings allowed_signature_methods() const override { return {"ECDSA", "RSA", "IMPLICIT"}; }
  std::size_t minimum_signature_strength() const override { return weak_signature_bits; }
  std::size_t minimum_dh_group_size() const override { return weak_dh_bits; }
  std::size_t minimum_rsa_bits() const override { return weak_rsa_bits; }
  bool require_cert_revocation_info() const override { return false; }

  bool allow_tls10() const override { return version_ == tls::Protocol_Version::TLS_V10; }
  bool allow_tls11() const override { return version_ == tls::Protocol_Version::TLS_V11; }
  bool allow_tls12() const override { return version_ == tls::Protocol_Version::TLS_V12; }

 private:
  tls::Protocol_Version version_;
};

class Credentials : public Botan::Credentials_Manager {
 public:
  Credentials(const Settings& settings, Botan::RandomNumberGenerator& random) {
    trusted_.add_certificate(Botan::X509_Certificate(settings.ca));
    if (!settings.certificate) return;
    certificate_ = Botan::X509_Certificate(settings.certificate->cert);
    key_.reset(Botan::PKCS8::load_key(settings.certificate->key, random));
  }

  std::vector<Botan::Certificate_Store*> trusted_certificate_authorities(const std::string&,
                                                                         const std::string&) override {
    return {&trusted_};
  }

  std::vector<Botan::X509_Certificate> cert_chain(const Strings& key_types, const std::string&,
                                                  const std::string&) override {
    const bool wanted = key_ && std::find(key_types.begin(), key_types.end(), key_->algo_name()) != key_types.end();
    return wanted ? std::vector{certificate_} : std::vector<Botan::X509_Certificate>{};
  }

  Botan::Private_Key* private_key_for(const Botan::X509_Certificate&, const std::string&, const std::string&) override {
    return key_.get();
  }

 private:
  Botan::Certificate_Store_In_Memory trusted_;
  Botan::X509_Certificate certificate_;
  std::unique_ptr<Botan::Private_Key> key_;
};

/// A connection as the library's callbacks see it. None of them throws, but for the one that verifies.
class Connection : public tls::Callbacks {
 public:
  explicit Connection(const Socket& socket) : socket_(socket) {}

  void tls_emit_data(const std::uint8_t data[], std::size_t size) override {
    while (size > 0 && !unsent_) {
      const ssize_t sent = ::send(socket_.descriptor(), data, size, 0);
      if (sent == -1) {
        unsent_ = system_failure(Stage::write);
        return;
      }
      data += sent;
      size -= static_cast<std::size_t>(sent);
    }
  }

  void tls_record_received(std::uint64_t, const std::uint8_t[], std::size_t size) override { received_ += size; }

  void tls_alert(tls::Alert alert) override { alert_ = alert; }

  bool tls_session_established(const tls::Session& session) override {
    session_ = std::make_shared<const tls::Session>(session);
    return true;
  }

  void tls_verify_cert_chain(const std::vector<Botan::X509_Certificate>& chain,
                             const std::vector<std::shared_ptr<const Botan::OCSP::Response>>& responses,
                             const std::vector<Botan::Certificate_Store*>& roots, Botan::Usage_Type usage,
                             const std::string& name, const tls::Policy& policy) override {
    verified_ = false;
    Callbacks::tls_verify_cert_chain(chain, responses, roots, usage, name, policy);
    verified_ = true;
  }

  /// Waits for bytes and has the library read them. Throws a Failure of `stage` when the connection cannot go on.
  void advance(tls::Client& client, Stage stage) {
    std::array<std::uint8_t, 16384> buffer;
    const ssize_t size = ::recv(socket_.descriptor(), buffer.data(), buffer.size(), 0);
    if (size == -1) throw system_failure(stage);
    if (size == 0) throw Failure{stage, "the peer closed without close_notify"};
    try {
      client.received_data(buffer.data(), static_cast<std::size_t>(size));
    } catch (const std::exception& error) {
      throw failure_of(verified_ ? stage : Stage::verify, error);
    }
    if (alert_ && alert_->is_fatal()) throw Failure{stage, "received alert", alert_->type_string()};
  }

  bool peer_closed() const { return alert_ && alert_->type() == tls::Alert::CLOSE_NOTIFY; }
  std::size_t received() const { return received_; }
  const Session& session() const { return session_; }
  const std::optional<Failure>& unsent() const { return unsent_; }

 private:
  const Socket& socket_;
  bool verified_ = true;
  std::size_t received_ = 0;
  std::optional<tls::Alert> alert_;
  std::optional<Failure> unsent_;
  Session session_;
};

/// The library does not tell whether a session was resumed.
void tell_session(const tls::Session& session, ConnectResult& result) {
  result.version = std::to_string(session.version().major_version() - 2) + "." +
                   std::to_string(session.version().minor_version() - 1);
  result.cipher = session.ciphersuite().to_string();
  result.session_id = std::string(session.session_id().begin(), session.session_id().end());
}

/// A session manager that outlives connections, or is filled from what an earlier process has stored.
class BotanAdapter : public Adapter {
 public:
  explicit BotanAdapter(Carry carry) : carry_(carry) {}

  Hello hello() const override {
    return {.library = "Botan", .version = Botan::short_version_string(), .carry = carry_};
  }

  void configure(const Settings& settings) override {
    if (settings.tls == Tls::v1_3) throw Unimplemented{"configure.tls 1.3"};
    if (settings.ciphers) throw Unimplemented{"configure.ciphers"};
    if (settings.keylog) throw Unimplemented{"configure.keylog"};
    try {
      credentials_ = std::make_unique<Credentials>(settings, random_);
    } catch (const std::exception& error) {
      throw failure_of(Stage::protocol, error);
    }
    version_ = versions[static_cast<std::size_t>(settings.tls)];
    server_name_ = settings.server_name;
    kept_.clear();
    sessions_ = make_manager();
  }

  void connect(const ConnectOrder& order, ConnectResult& result) override {
    Manager fresh = prepare(order);
    tls::Session_Manager& sessions = fresh ? *fresh : *sessions_;
    const Socket socket = connect_tcp(order.host, order.port);
    const Everything policy(version_);
    const tls::Server_Information server(server_name_, order.port);
    Connection connection(socket);
    tls::Client client(connection, sessions, *credentials_, policy, random_, server, version_);

    while (!client.is_active()) connection.advance(client, Stage::handshake);
    tell_session(*connection.session(), result);
    client.send(order.request.value_or(""));
    if (connection.unsent()) throw *connection.unsent();
    while (order.read_response && !connection.peer_closed()) connection.advance(client, Stage::read);
    if (order.read_response) result.response_bytes = connection.received();
    if (carry_ == Carry::exported)
      tell_exported(*connection.session(), result);
    else
      keep(server, std::move(fresh));
    client.close();
  }

 private:
  using Manager = std::unique_ptr<tls::Session_Manager>;

  Manager make_manager() { return std::make_unique<tls::Session_Manager_In_Memory>(random_); }

  /// What is natural is left to the session manager, and null; anything else takes a new one, with that session alone
  /// in it.
  Manager prepare(const ConnectOrder& order) {
    if (carry_ == Carry::exported) {
      sessions_ = make_manager();
      load(order.session);
      return nullptr;
    }
    const Session chosen = kept_.begin(order);
    if (order.offer.kind == Offer::Kind::latest) return nullptr;
    Manager fresh = make_manager();
    if (chosen) fresh->save(*chosen);
    return fresh;
  }

  void load(const std::optional<std::string>& der) {
    if (!der) return;
    try {
      sessions_->save(tls::Session(reinterpret_cast<const std::uint8_t*>(der->data()), der->size()));
    } catch (const std::exception& error) {
      throw failure_of(Stage::connect, error);
    }
  }

  static void tell_exported(const tls::Session& established, ConnectResult& result) {
    const auto der = established.DER_encode();
    result.session = std::string(der.begin(), der.end());
  }

  /// A fresh session manager is the one to go on with once it holds a session.
  void keep(const tls::Server_Information& server, Manager fresh) {
    tls::Session session;
    const bool held = (fresh ? fresh : sessions_)->load_from_server_info(server, session);
    if (fresh && !held) return;
    if (fresh) sessions_ = std::move(fresh);
    kept_.keep(held ? std::make_shared<const tls::Session>(session) : nullptr);
  }

  Carry carry_;
  Botan::AutoSeeded_RNG random_;
  tls::Protocol_Version version_;
  std::string server_name_;
  std::unique_ptr<Credentials> credentials_;
  Manager sessions_;
  KeptSessions<Session> kept_;
};

template <Carry carry>
std::unique_ptr<Adapter> make() {
  return std::make_unique<BotanAdapter>(carry);
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, {{"session-manager", make<Carry::cache>}, {"export", make<Carry::exported>}});
}

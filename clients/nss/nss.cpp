#include "common/kept_sessions.hpp"
#include "common/serve.hpp"
#include "common/tcp.hpp"

#include <cert.h>
#include <keyhi.h>
#include <nss.h>
#include <nssb64.h>
#include <pk11pub.h>
#include <prerror.h>
#include <prio.h>
#include <private/pprio.h>
#include <secitem.h>
#include <ssl.h>
#include <sslexp.h>
#include <sslproto.h>
#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>

using namespace ti::adapter;

namespace {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* owned) const {
    release(owned);
  }
};

void free_item(SECItem* item) { SECITEM_FreeItem(item, PR_TRUE); }

using Item = std::unique_ptr<SECItem, Release<free_item>>;
using Certificate = std::unique_ptr<CERTCertificate, Release<CERT_DestroyCertificate>>;
using PublicKey = std::unique_ptr<SECKEYPublicKey, Release<SECKEY_DestroyPublicKey>>;
using Key = std::unique_ptr<SECKEYPrivateKey, Release<SECKEY_DestroyPrivateKey>>;
using Slot = std::unique_ptr<PK11SlotInfo, Release<PK11_FreeSlot>>;
using Connection = std::unique_ptr<PRFileDesc, Release<PR_Close>>;

/// What SSLResumptionTokenCallback hands over.
using Token = std::shared_ptr<const std::string>;

/// How sessions are kept: in NSS's own cache, or by the application, which NSS hands a token for each.
enum class Handover { own_cache, callback };

constexpr std::array<std::uint16_t, 4> versions{SSL_LIBRARY_VERSION_TLS_1_0, SSL_LIBRARY_VERSION_TLS_1_1,
                                                SSL_LIBRARY_VERSION_TLS_1_2, SSL_LIBRARY_VERSION_TLS_1_3};
constexpr std::array names{"1.0", "1.1", "1.2", "1.3"};
constexpr int weak_key_bits = 1023;

Failure last_failure(Stage stage, const std::string& prefix = {}) {
  const PRErrorCode code = PR_GetError();
  const char* name = PR_ErrorToName(code);
  return {stage, prefix + PR_ErrorToString(code, PR_LANGUAGE_I_DEFAULT), name ? name : std::to_string(code)};
}

void expect(bool succeeded, const std::string& what) {
  if (!succeeded) throw last_failure(Stage::protocol, what + ": ");
}

/// The bytes of the first PEM block of a file that is a `label`.
Item read_pem(const std::string& path, const std::string& label) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw system_failure(Stage::protocol);
  const std::string head = "-----BEGIN " + label + "-----";
  const auto begin = text.find(head);
  const auto end = text.find("-----END " + label + "-----", begin);
  if (begin == std::string::npos || end == std::string::npos)
    throw Failure{Stage::protocol, path + ": no PEM block called " + label};
  const std::string body = text.substr(begin + head.size(), end - begin - head.size());
  Item bytes(NSSBase64_DecodeBuffer(nullptr, nullptr, body.data(), static_cast<unsigned>(body.size())));
  expect(bytes != nullptr, path);
  return bytes;
}

Certificate import_certificate(SECItem& der, const std::string& path) {
  Certificate certificate(CERT_NewTempCertificate(CERT_GetDefaultCertDB(), &der, nullptr, PR_FALSE, PR_TRUE));
  expect(certificate != nullptr, path);
  return certificate;
}

/// `flags` as certutil takes them.
void trust(const Certificate& root, const char* flags) {
  CERTCertTrust trust{};
  CERT_DecodeTrustString(&trust, flags);
  CERT_ChangeCertTrust(CERT_GetDefaultCertDB(), root.get(), &trust);
}

/// The half of a public key by which softoken finds the private one.
SECItem* finder_of(SECKEYPublicKey& key) {
  return SECKEY_GetPublicKeyType(&key) == rsaKey ? &key.u.rsa.modulus : &key.u.ec.publicValue;
}

Key import_key(SECItem& der, const Certificate& certificate, const std::string& path) {
  const Slot slot(PK11_GetInternalKeySlot());
  const PublicKey shown(CERT_ExtractPublicKey(certificate.get()));
  expect(slot && shown, path);
  SECKEYPrivateKey* key = nullptr;
  expect(PK11_ImportDERPrivateKeyInfoAndReturnKey(slot.get(), &der, nullptr, finder_of(*shown), PR_FALSE, PR_TRUE,
                                                  KU_ALL, &key, nullptr) == SECSuccess,
         path);
  return Key(key);
}

/// The files of a configuration, read before NSS is made to forget the one before.
struct Files {
  explicit Files(const Settings& settings) : ca(read_pem(settings.ca, "CERTIFICATE")) {
    if (!settings.certificate) return;
    certificate = read_pem(settings.certificate->cert, "CERTIFICATE");
    key = read_pem(settings.certificate->key, "PRIVATE KEY");
  }

  Item ca;
  Item certificate;
  Item key;
};

/// NSS from its start to its shutdown.
class Library {
 public:
  Library() {
    expect(NSS_NoDB_Init(nullptr) == SECSuccess, "NSS_NoDB_Init");
    NSS_SetDomesticPolicy();
    NSS_OptionSet(NSS_RSA_MIN_KEY_SIZE, weak_key_bits);
    NSS_OptionSet(NSS_DH_MIN_KEY_SIZE, weak_key_bits);
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() { NSS_Shutdown(); }
};

/// Whom NSS trusts and what it can show, as long as this lives. It is never shut down in between: the library may still
/// hold on to a certificate that it has shown, and then it neither stops nor starts again.
class Identity {
 public:
  Identity(const Settings& settings, Files& files) : root_(import_certificate(*files.ca, settings.ca)) {
    trust(root_, "C,,");
    if (!settings.certificate) return;
    certificate_ = import_certificate(*files.certificate, settings.certificate->cert);
    key_ = import_key(*files.key, certificate_, settings.certificate->key);
  }
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;
  ~Identity() { trust(root_, ",,"); }

  /// A SSLGetClientAuthData whose argument is an Identity: shows the certificate there is, if any.
  static SECStatus on_certificate_request(void* identity, PRFileDesc*, CERTDistNames*, CERTCertificate** certificate,
                                          SECKEYPrivateKey** key) {
    const auto& self = *static_cast<const Identity*>(identity);
    if (!self.certificate_) return SECFailure;
    *certificate = CERT_DupCertificate(self.certificate_.get());
    *key = SECKEY_CopyPrivateKey(self.key_.get());
    return SECSuccess;
  }

 private:
  Certificate root_;
  Certificate certificate_;
  Key key_;
};

void set_option(PRFileDesc* connection, PRInt32 option, PRIntn value) {
  expect(SSL_OptionSet(connection, option, value) == SECSuccess, "SSL_OptionSet");
}

void enable_all_ciphers(PRFileDesc* connection) {
  for (unsigned i = 0; i < SSL_GetNumImplementedCiphers(); ++i) {
    const PRUint16 suite = SSL_GetImplementedCiphers()[i];
    SSLCipherSuiteInfo info{};
    const bool encrypts =
        SSL_GetCipherSuiteInfo(suite, &info, sizeof info) == SECSuccess && info.symCipher != ssl_calg_null;
    if (encrypts) SSL_CipherPrefSet(connection, suite, PR_TRUE);
  }
}

void write(PRFileDesc* connection, std::string_view request) {
  while (!request.empty()) {
    const PRInt32 sent =
        PR_Send(connection, request.data(), static_cast<PRInt32>(request.size()), 0, PR_INTERVAL_NO_TIMEOUT);
    if (sent < 0) throw last_failure(Stage::write);
    request.remove_prefix(static_cast<std::size_t>(sent));
  }
}

/// NSS does not tell close_notify from a mere end of file.
void read_to_end(PRFileDesc* connection, ConnectResult& result) {
  std::array<char, 16384> buffer;
  result.response_bytes = 0;
  while (true) {
    const PRInt32 received = PR_Recv(connection, buffer.data(), buffer.size(), 0, PR_INTERVAL_NO_TIMEOUT);
    if (received < 0) throw last_failure(Stage::read);
    if (received == 0) return;
    *result.response_bytes += static_cast<std::size_t>(received);
  }
}

/// Empty while NSS holds nothing that it could offer: it makes up an ID for a session that has none but a ticket.
std::string session_id(PRFileDesc* connection) {
  const Item id(SSL_GetSessionID(connection));
  return id ? std::string(id->data, id->data + id->len) : std::string();
}

void tell_handshake(PRFileDesc* connection, ConnectResult& result) {
  SSLChannelInfo channel{};
  if (SSL_GetChannelInfo(connection, &channel, sizeof channel) != SECSuccess) return;
  result.resumed = channel.resumed == PR_TRUE;
  for (std::size_t i = 0; i < versions.size(); ++i)
    if (channel.protocolVersion == versions[i]) result.version = names[i];
  SSLCipherSuiteInfo suite{};
  if (SSL_GetCipherSuiteInfo(channel.cipherSuite, &suite, sizeof suite) == SECSuccess)
    result.cipher = suite.cipherSuiteName;
  result.session_id = session_id(connection);
}

class NssAdapter : public Adapter {
 public:
  explicit NssAdapter(Handover handover) : handover_(handover) {}

  Hello hello() const override { return {.library = "NSS", .version = NSS_GetVersion()}; }

  void configure(const Settings& settings) override {
    if (settings.ciphers) throw Unimplemented{"configure.ciphers"};
    if (settings.keylog) throw Unimplemented{"configure.keylog"};
    Files files(settings);
    if (!library_) library_ = std::make_unique<Library>();
    identity_.reset();
    identity_ = std::make_unique<Identity>(settings, files);
    SSL_ClearSessionCache();
    kept_.clear();
    version_ = versions[static_cast<std::size_t>(settings.tls)];
    server_name_ = settings.server_name;
  }

  void connect(const ConnectOrder& order, ConnectResult& result) override {
    const Token offered = token_to_offer(order);
    Socket socket = connect_tcp(order.host, order.port);
    const int peer = order.offer.kind == Offer::Kind::none ? ++peers_ : peer_;
    const Connection connection = make_connection(socket, peer);
    PRFileDesc* ssl = connection.get();
    result_ = &result;
    refused_ = false;
    if (handover_ == Handover::callback) {
      result.tickets_received = 0;
      expect(SSL_SetResumptionTokenCallback(ssl, on_token, this) == SECSuccess, "SSL_SetResumptionTokenCallback");
      if (offered) offer(ssl, *offered);
    }

    if (SSL_ForceHandshake(ssl) != SECSuccess) throw last_failure(refused_ ? Stage::verify : Stage::handshake);
    tell_handshake(ssl, result);
    write(ssl, order.request.value_or(""));
    if (order.read_response) read_to_end(ssl, result);
    if (!session_id(ssl).empty()) peer_ = peer;
  }

 private:
  Token token_to_offer(const ConnectOrder& order) {
    if (handover_ == Handover::callback) return kept_.begin(order);
    if (order.offer.kind == Offer::Kind::saved)
      throw Unimplemented{"connect.offer " + std::to_string(order.offer.after)};
    return nullptr;
  }

  Connection make_connection(Socket& socket, int peer) {
    Connection plain(PR_ImportTCPSocket(socket.descriptor()));
    expect(plain != nullptr, "PR_ImportTCPSocket");
    socket.release();
    PRFileDesc* ssl = SSL_ImportFD(nullptr, plain.get());
    expect(ssl != nullptr, "SSL_ImportFD");
    static_cast<void>(plain.release());
    Connection connection(ssl);

    const SSLVersionRange only{version_, version_};
    expect(SSL_VersionRangeSet(ssl, &only) == SECSuccess, "SSL_VersionRangeSet");
    enable_all_ciphers(ssl);
    set_option(ssl, SSL_ENABLE_SESSION_TICKETS, PR_TRUE);
    expect(SSL_SetURL(ssl, server_name_.c_str()) == SECSuccess, server_name_);
    expect(SSL_SetSockPeerID(ssl, std::to_string(peer).c_str()) == SECSuccess, "SSL_SetSockPeerID");
    expect(SSL_AuthCertificateHook(ssl, on_certificate, this) == SECSuccess, "SSL_AuthCertificateHook");
    expect(SSL_GetClientAuthDataHook(ssl, Identity::on_certificate_request, identity_.get()) == SECSuccess,
           "SSL_GetClientAuthDataHook");
    expect(SSL_ResetHandshake(ssl, PR_FALSE) == SECSuccess, "SSL_ResetHandshake");
    return connection;
  }

  /// A token that NSS will not have is to be forgotten, and the connection goes on without.
  void offer(PRFileDesc* ssl, const std::string& token) const {
    SSL_SetResumptionToken(ssl, reinterpret_cast<const PRUint8*>(token.data()), static_cast<unsigned>(token.size()));
  }

  static SECStatus on_certificate(void* adapter, PRFileDesc* ssl, PRBool check_signature, PRBool is_server) {
    const SECStatus status = SSL_AuthCertificate(CERT_GetDefaultCertDB(), ssl, check_signature, is_server);
    if (status != SECSuccess) static_cast<NssAdapter*>(adapter)->refused_ = true;
    return status;
  }

  static SECStatus on_token(PRFileDesc*, const PRUint8* token, unsigned length, void* context) {
    auto& adapter = *static_cast<NssAdapter*>(context);
    ++*adapter.result_->tickets_received;
    adapter.kept_.keep(std::make_shared<const std::string>(token, token + length));
    return SECSuccess;
  }

  Handover handover_;
  std::uint16_t version_ = 0;
  std::string server_name_;
  std::unique_ptr<Library> library_;
  std::unique_ptr<Identity> identity_;
  KeptSessions<Token> kept_;
  /// NSS's own cache goes by the peer's identity: a new one is what makes a connection start afresh. It is gone on with
  /// once a session is kept under it.
  int peer_ = 0;
  int peers_ = 0;
  ConnectResult* result_ = nullptr;  // of the connection under way
  bool refused_ = false;             // by the hook, in the connection under way
};

template <Handover handover>
std::unique_ptr<Adapter> make() {
  return std::make_unique<NssAdapter>(handover);
}

}  // namespace

int main(int argc, char** argv) {
  return run(argc, argv, {{"cache", make<Handover::own_cache>}, {"callback", make<Handover::callback>}});
}

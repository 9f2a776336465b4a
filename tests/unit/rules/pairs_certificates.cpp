// Keys, signatures and certificates: recorded ones, broken by a bit.
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

#include "pairs.hpp"
#include "recorded_cell.hpp"

namespace ti::made {

namespace {

using enum MessageType;

Message& message(Observation& seen, std::size_t at) { return seen.connections[0].transcript.messages[at]; }

/// What was recorded, with a bit of one message flipped, counted from its end if `at` is negative.
Pair flipped(std::string_view rule, const char* name, Side side, MessageType type, int at) {
  const Observation kept = recorded(name);
  Observation broken = kept;
  const std::size_t where = find(kept, side, type);
  Bytes& raw = message(broken, where).raw;
  raw[at < 0 ? raw.size() - static_cast<std::size_t>(-at) : static_cast<std::size_t>(at)] ^= 1;
  return {rule, side, {1, where}, broken, kept};
}

Pair scheme_not_listed() {
  const Observation kept = recorded("tls13");
  Observation broken = kept;
  for (Extension& extension : std::get<ClientHello>(message(broken, 0).body).extensions)
    if (extension.type == ext::signature_algorithms) extension.data = {0, 2, 8, 7};
  return {
      "rfc5246-7.4.1.4.1-scheme-listed", Side::server, {1, find(kept, Side::server, certificate_verify)}, broken, kept};
}

/// A suite with RSA, and the certificate has a key of ECDSA.
Pair other_key() {
  constexpr std::uint16_t ecdhe_rsa = 0xc030;
  const Observation kept = recorded("tls12-gcm");
  Observation broken = kept;
  std::get<ClientHello>(message(broken, 0).body).suites.push_back(ecdhe_rsa);
  std::get<ServerHello>(message(broken, find(kept, Side::server, server_hello)).body).suite = ecdhe_rsa;
  return {"rfc5246-7.4.2-key-fits", Side::server, {1, find(kept, Side::server, certificate)}, broken, kept};
}

Pair other_name() {
  Observation kept = recorded("tls12-gcm");
  kept.trust = trust_in_certificate(kept);
  Observation broken = kept;
  broken.trust->server_name = "elsewhere.invalid";
  return {"rfc5280-6.1-path", Side::server, {1, find(kept, Side::server, certificate)}, broken, kept};
}

/// A client that was asked for a certificate and signs with the key of its own.
class SigningClient {
 public:
  SigningClient() : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), seen_(recorded("tls12-gcm")) {
    insert(find(seen_, Side::server, server_hello_done), Side::server, certificate_request, {1, 64, 0, 2, 4, 3, 0, 0});
    insert(find(seen_, Side::client, client_key_exchange), Side::client, certificate, certificate_list());
    at_ = find(seen_, Side::client, client_key_exchange) + 1;
    insert(at_, Side::client, certificate_verify, signature());
  }

  Pair pair() const {
    Observation broken = seen_;
    broken.connections[0].transcript.messages[at_].raw.back() ^= 1;
    return {"rfc5246-7.4.8-signature", Side::client, {1, at_}, broken, seen_};
  }

  /// Its certificate is its own word only.
  Pair self_signed() const {
    Observation broken = seen_;
    broken.trust = trust_in_certificate(seen_);
    return {"rfc5280-6.1-path", Side::client, {1, find(seen_, Side::client, certificate)}, broken, other_name().kept};
  }

 private:
  void insert(std::size_t at, Side from, MessageType type, const Bytes& body) {
    Message made;
    made.from = from;
    made.type = type;
    made.raw = joined({{static_cast<std::uint8_t>(type), 0, static_cast<std::uint8_t>(body.size() >> 8),
                        static_cast<std::uint8_t>(body.size())},
                       body});
    made.bytes = made.raw.size();
    auto& messages = seen_.connections[0].transcript.messages;
    made.at = messages[at].at;
    messages.insert(messages.begin() + static_cast<std::ptrdiff_t>(at), made);
    seen_.connections[0].handshakes = handshakes_of(seen_.connections[0].transcript);
  }

  Bytes certificate_list() const {
    const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 86400);
    X509_set_pubkey(made.get(), key_.get());
    X509_sign(made.get(), key_.get(), EVP_sha256());
    Bytes der(static_cast<std::size_t>(i2d_X509(made.get(), nullptr)));
    std::uint8_t* to = der.data();
    i2d_X509(made.get(), &to);
    const auto sized = [](const Bytes& bytes) {
      return joined(
          {{0, static_cast<std::uint8_t>(bytes.size() >> 8), static_cast<std::uint8_t>(bytes.size())}, bytes});
    };
    return sized(sized(der));
  }

  /// Of all messages so far, by ECDSA with SHA-256.
  Bytes signature() const {
    Bytes data;
    for (std::size_t i = 0; i < at_; ++i) {
      const Bytes& raw = seen_.connections[0].transcript.messages[i].raw;
      data.insert(data.end(), raw.begin(), raw.end());
    }
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get());
    Bytes made(128);
    std::size_t length = made.size();
    EVP_DigestSign(context.get(), made.data(), &length, data.data(), data.size());
    made.resize(length);
    return joined({{4, 3, 0, static_cast<std::uint8_t>(length)}, made});
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  Observation seen_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<Pair> pairs_certificates() {
  return {
      flipped("rfc5246-7.4.3-server-key", "tls12-gcm", Side::server, server_key_exchange, 6),
      flipped("rfc5246-7.4.3-signature", "tls11-cbc", Side::server, server_key_exchange, -1),
      flipped("rfc5246-7.4.7-client-key", "tls12-gcm", Side::client, client_key_exchange, 4),
      flipped("rfc8446-4.4.3-signature", "tls13", Side::server, certificate_verify, -1),
      SigningClient().pair(),
      scheme_not_listed(),
      other_key(),
      other_name(),
      SigningClient().self_signed(),
  };
}

}  // namespace ti::made

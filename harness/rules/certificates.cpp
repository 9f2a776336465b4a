// Certificates, the keys in a handshake and what proves them: RFC 5246 7.4, RFC 8422 5, RFC 8446 4.4, RFC 5280 6.1.
#include "rules/hellos.hpp"
#include "rules/proofs.hpp"
#include "rules/subjects.hpp"

namespace ti {

namespace {

bool as_sent(const HandshakeView& view) { return as_it_passed(view) && view.server_hello != nullptr; }

void report(const HandshakeView& view, const std::optional<Examined>& examined, Side side, const char* what,
            Breaches& breaches) {
  if (examined && !examined->checked.fault.empty())
    breaches.push_back(breach_by(side, view.at(examined->message),
                                 "the " + std::string(name(side)) + "'s " + what + " " + examined->checked.fault));
}

bool hello_there(const HandshakeView& view) { return as_it_passed(view); }
bool has_server_key(const HandshakeView& view) {
  return as_sent(view) && view.find(Side::server, MessageType::server_key_exchange);
}
bool has_client_key(const HandshakeView& view) {
  return as_sent(view) && view.find(Side::client, MessageType::client_key_exchange);
}
bool shows_certificate(const HandshakeView& view) {
  return as_sent(view) && certificate_of(view, Side::server).has_value();
}
bool signs_13(const HandshakeView& view) {
  return as_sent(view) && view.tls13() &&
         (view.find(Side::server, MessageType::certificate_verify) ||
          view.find(Side::client, MessageType::certificate_verify));
}
bool client_signs(const HandshakeView& view) {
  return as_sent(view) && !view.tls13() && view.find(Side::client, MessageType::certificate_verify);
}
bool signs_with_scheme(const HandshakeView& view) {
  return as_sent(view) && view.version >= Version::tls12 &&
         (has_server_key(view) || signs_13(view) || client_signs(view));
}
bool shows_to_who_trusts(const HandshakeView& view) {
  return as_sent(view) && view.cell.trust && (certificate_of(view, Side::server) || certificate_of(view, Side::client));
}
void server_key(const HandshakeView& view, Breaches& breaches) {
  report(view, server_public_key(view), Side::server, "public key", breaches);
}
void client_key(const HandshakeView& view, Breaches& breaches) {
  report(view, client_public_key(view), Side::client, "public key", breaches);
}
void key_signed(const HandshakeView& view, Breaches& breaches) {
  report(view, server_key_signature(view), Side::server, "signature in its ServerKeyExchange", breaches);
}
void verified(const HandshakeView& view, Breaches& breaches) {
  for (const Side side : {Side::server, Side::client})
    report(view, verify_signature(view, side), side, "signature in its CertificateVerify", breaches);
}
void scheme_listed(const HandshakeView& view, Breaches& breaches) {
  for (const Side side : {Side::server, Side::client})
    report(view, scheme_offered(view, side), side, "signature", breaches);
}
void key_fits(const HandshakeView& view, Breaches& breaches) {
  report(view, certificate_fits(view), Side::server, "certificate", breaches);
}
void path_holds(const HandshakeView& view, Breaches& breaches) {
  for (const Side side : {Side::server, Side::client})
    report(view, certificate_path(view, side), side, "certificate", breaches);
}
void point_formats(const HandshakeView& view, Breaches& breaches) {
  constexpr std::uint8_t uncompressed = 0;
  for (const Block& block : extension_blocks(view)) {
    const Bytes* formats = find(block.extensions, ext::ec_point_formats);
    if (formats == nullptr || formats->size() < 2) continue;
    const Side side = block.carrier == Carrier::client_hello ? Side::client : Side::server;
    if (std::find(formats->begin() + 1, formats->end(), uncompressed) == formats->end())
      breaches.push_back(
          breach_by(side, view.at(block.message),
                    "the " + std::string(name(side)) + "'s ec_point_formats does not have the uncompressed one"));
  }
}

constexpr Rule rules[] = {
    rule_about<hello_there, point_formats>("rfc8422-5.1.2-uncompressed", Actor::either, "RFC 8422 5.1.2, 5.2",
                                           Severity::must, "Who sends ec_point_formats lists the uncompressed format."),
    rule_about<has_server_key, server_key>("rfc5246-7.4.3-server-key", Actor::server,
                                           "RFC 5246 7.4.3, RFC 8422 5.4, 5.11", Severity::must,
                                           "The key in a ServerKeyExchange is a public key of a group that the client "
                                           "offers."),
    rule_about<has_server_key, key_signed>("rfc5246-7.4.3-signature", Actor::server, "RFC 5246 7.4.3, RFC 8422 5.4",
                                           Severity::must,
                                           "The signature in a ServerKeyExchange is by the certificate's key."),
    rule_about<has_client_key, client_key>("rfc5246-7.4.7-client-key", Actor::client,
                                           "RFC 5246 7.4.7, RFC 8422 5.7, 5.11", Severity::must,
                                           "The key in a ClientKeyExchange is a public key of the group in use."),
    rule_about<client_signs, verified>("rfc5246-7.4.8-signature", Actor::client, "RFC 5246 7.4.8", Severity::must,
                                       "The signature in a CertificateVerify is by the certificate's key."),
    rule_about<signs_13, verified>("rfc8446-4.4.3-signature", Actor::either, "RFC 8446 4.4.3", Severity::must,
                                   "The signature in a CertificateVerify is by the certificate's key."),
    rule_about<signs_with_scheme, scheme_listed>("rfc5246-7.4.1.4.1-scheme-listed", Actor::either,
                                                 "RFC 5246 7.4.1.4.1, RFC 8446 4.2.3, 4.4.3", Severity::must,
                                                 "A signature is by a scheme that its receiver listed."),
    rule_about<shows_certificate, key_fits>("rfc5246-7.4.2-key-fits", Actor::server, "RFC 5246 7.4.2, RFC 8422 5.3",
                                            Severity::must,
                                            "The server's certificate has a key that the cipher suite can use."),
    rule_about<shows_to_who_trusts, path_holds>("rfc5280-6.1-path", Actor::either,
                                                "RFC 5280 6.1, RFC 5246 7.4.2, RFC 8446 4.4.2", Severity::must,
                                                "A certificate leads to the run's CA, at this time, for what it is "
                                                "shown for and for the server's name."),
};

}  // namespace

std::span<const Rule> certificate_rules() { return rules; }

}  // namespace ti

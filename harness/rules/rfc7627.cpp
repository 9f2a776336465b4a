// RFC 7627 5.3: the extended master secret and the tickets of sessions that used it, or did not.
#include "rules/session.hpp"
#include "rules/subjects.hpp"

namespace ti {

namespace {

bool has_extension(const std::vector<Extension>& extensions) {
  return find(extensions, ext::extended_master_secret) != nullptr;
}

bool asks(const HandshakeView& view) { return has_extension(view.client_hello->extensions); }

/// The client has shown that it knows the extension, so it is bound by what the document asks of those who do.
bool offers_extended(const HandshakeView& view) {
  const auto session = session_offered(view);
  return session && session->extended_master_secret && may_resume(*view.client_hello, *session);
}

bool resumes_extended(const HandshakeView& view) {
  const auto session = session_resumed(view);
  return session && session->extended_master_secret;
}

/// A server that never answers the extension does not know it, and may resume for a client that asks.
bool resumes_plain(const HandshakeView& view) {
  const auto session = session_resumed(view);
  return session && !session->extended_master_secret && knows_extended_master_secret(view);
}

std::string of_session(const HandshakeView& view) {
  return "the session of connection " + std::to_string(session_offered(view)->connection);
}

void asked_again(const HandshakeView& view, Breaches& breaches) {
  if (!asks(view))
    breaches.push_back(breach_at(
        view.at(view.handshake.client_hello),
        "the client offered " + of_session(view) + ", which used the extended master secret, without that extension"));
}

void not_without(const HandshakeView& view, Breaches& breaches) {
  if (!asks(view))
    breaches.push_back(
        breach_at(view.at(view.handshake.server_hello),
                  "the server resumed " + of_session(view) +
                      ", which used the extended master secret, for a ClientHello without that extension"));
}

void answered(const HandshakeView& view, Breaches& breaches) {
  if (asks(view) && !has_extension(view.server_hello->extensions))
    breaches.push_back(breach_at(view.at(view.handshake.server_hello),
                                 "the server resumed " + of_session(view) +
                                     ", which used the extended master secret, and left that extension out of its "
                                     "ServerHello, though the ClientHello had it"));
}

void not_with(const HandshakeView& view, Breaches& breaches) {
  if (asks(view))
    breaches.push_back(
        breach_at(view.at(view.handshake.server_hello),
                  "the server resumed " + of_session(view) +
                      ", which did not use the extended master secret, though the ClientHello now asks for "
                      "it: that needs a full handshake"));
}

constexpr Rule rules[] = {
    rule_about<offers_extended, asked_again>(
        "rfc7627-5.3-asked-again", Actor::client, "RFC 7627 5.3", Severity::must,
        "A client that offers a session with extended master secret has that extension in its ClientHello."),
    rule_about<resumes_extended, not_without>(
        "rfc7627-5.3-not-resumed-without", Actor::server, "RFC 7627 5.3", Severity::must,
        "A server does not resume a session with extended master secret for a ClientHello without that extension."),
    rule_about<resumes_extended, answered>("rfc7627-5.3-answered", Actor::server, "RFC 7627 5.3", Severity::must,
                                           "A server that resumes a session with extended master secret answers the "
                                           "ClientHello's extension with its own."),
    rule_about<resumes_plain, not_with>(
        "rfc7627-5.3-not-resumed-with", Actor::server, "RFC 7627 5.3", Severity::must,
        "A server does not resume a session without extended master secret for a ClientHello that asks for it."),
};

}  // namespace

std::span<const Rule> rfc7627_rules() { return rules; }

}  // namespace ti

// RFC 5246 7.4.1: what a session that is resumed keeps, and what a ServerHello says by the session ID it repeats.
#include "rules/session.hpp"
#include "rules/subjects.hpp"

namespace ti {

namespace {

/// The sentence speaks of hellos with a session ID; a ticket may also come without one (RFC 5077 3.4).
bool offers_with_session_id(const HandshakeView& view) {
  const auto session = session_offered(view);
  return session && !view.client_hello->session_id.empty() && may_resume(*view.client_hello, *session);
}

bool resumes_known(const HandshakeView& view) { return session_resumed(view).has_value(); }

void suite_offered(const HandshakeView& view, Breaches& breaches) {
  const auto session = session_offered(view);
  const auto& suites = view.client_hello->suites;
  if (std::find(suites.begin(), suites.end(), session->suite) == suites.end())
    breaches.push_back(breach_at(view.at(view.handshake.client_hello),
                                 "the client offered the session of connection " + std::to_string(session->connection) +
                                     ", but not its cipher suite " + hex16(session->suite)));
}

void suite_kept(const HandshakeView& view, Breaches& breaches) {
  const auto session = session_resumed(view);
  if (view.server_hello->suite != session->suite)
    breaches.push_back(breach_at(view.at(view.handshake.server_hello),
                                 "the server resumed the session of connection " + std::to_string(session->connection) +
                                     " with cipher suite " + hex16(view.server_hello->suite) + "; the session has " +
                                     hex16(session->suite)));
}

/// A session's state names no version, but its PRF (RFC 5246 7, A.6), which TLS 1.2 changed (RFC 5246 1.2). Between
/// TLS 1.0 and 1.1 the document does not say.
void prf_kept(const HandshakeView& view, Breaches& breaches) {
  const auto session = session_resumed(view);
  if ((view.version == Version::tls12) != (session->version == Version::tls12))
    breaches.push_back(breach_at(view.at(view.handshake.server_hello),
                                 "the server resumed the session of connection " + std::to_string(session->connection) +
                                     " in version " + std::string(name(view.version)) + "; the session is of version " +
                                     std::string(name(session->version)) + ", which has another PRF"));
}

void straight_to_finished(const HandshakeView& view, Breaches& breaches) {
  const auto full = full_handshake_begin(view);
  if (full && !view.handshake.abbreviated)
    breaches.push_back(
        breach_at(view.at(full),
                  "the server repeated the ClientHello's session ID, which says that it resumes, and went "
                  "on with a full handshake"));
}

bool secrets_known(const HandshakeView& view) {
  return view.handshake.abbreviated && view.handshake.resumed_by == ResumedBy::ticket &&
         same_master_secret(view).has_value();
}

/// Finished that fits the key log shows that the server itself, and not only the log, has that secret.
void secret_kept(const HandshakeView& view, Breaches& breaches) {
  if (*same_master_secret(view) || !view.handshake.server_finished) return;
  const auto* finished = view.messages()[*view.handshake.server_finished].as<Finished>();
  if (finished != nullptr && finished->verified.value_or(false))
    breaches.push_back(breach_at(view.at(view.handshake.server_finished),
                                 "the server resumed the session with another master secret than it was begun with"));
}

constexpr Rule rules[] = {
    rule_about<offers_with_session_id, suite_offered>(
        "rfc5246-7.4.1.2-suite-offered", Actor::client, "RFC 5246 7.4.1.2", Severity::must,
        "A client that offers a ticket beside a session ID offers the cipher suite of that session."),
    rule_about<resumes_known, suite_kept>("rfc5246-7.4.1.3-suite-kept", Actor::server, "RFC 5246 7.4.1.3",
                                          Severity::must,
                                          "A session that is resumed by ticket keeps its cipher suite."),
    rule_about<resumes_known, prf_kept>(
        "rfc5246-7-prf-kept", Actor::server, "RFC 5246 7, A.6", Severity::must,
        "A session that is resumed by ticket keeps its PRF: one of TLS 1.2 goes on in TLS 1.2, and no other does."),
    rule_about<echoes_session_id, straight_to_finished>(
        "rfc5246-7.4.1.3-straight-to-finished", Actor::server, "RFC 5246 7.4.1.3, RFC 5077 3.4", Severity::must,
        "A server that repeats the ClientHello's session ID resumes: it sends no certificate or key view."),
    rule_about<secrets_known, secret_kept>("rfc5246-F.1.4-same-master-secret", Actor::server, "RFC 5246 7.3, F.1.4",
                                           Severity::must, "A session that is resumed keeps its master secret."),
};

}  // namespace

std::span<const Rule> rfc5246_rules() { return rules; }

}  // namespace ti

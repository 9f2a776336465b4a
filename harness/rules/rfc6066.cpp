// RFC 6066 3: the server name under which a session below TLS 1.3 goes on.
#include "rules/session.hpp"
#include "rules/subjects.hpp"

namespace ti {

namespace {

bool answers_name(const HandshakeView& view) {
  return view.server_hello != nullptr && find(view.server_hello->extensions, ext::server_name) != nullptr;
}

/// A server that answers the extension has taken note of the name. Of a capture it is not known which connections are
/// with one server, but that which issued the ticket is.
bool knows_names(const HandshakeView& view, const HandshakeView& issuing) {
  bool shown = answers_name(issuing);
  if (view.cell.by_our_tap)
    each_handshake(view.cell, [&](const HandshakeView& each) { shown = shown || answers_name(each); });
  return shown;
}

/// The handshake that brought the ticket by which the server resumes below TLS 1.3, if it knows server names.
std::optional<HandshakeView> resumed_by_knowing(const HandshakeView& view) {
  const auto session = session_resumed(view);
  if (!session) return std::nullopt;
  const auto issuing =
      first_handshake_view({view.cell, session->connection, view.cell.connections[session->connection - 1]});
  return issuing && issuing->client_hello != nullptr && knows_names(view, *issuing) ? issuing : std::nullopt;
}

bool resumes_knowing(const HandshakeView& view) { return resumed_by_knowing(view).has_value(); }

void same_name(const HandshakeView& view, Breaches& breaches) {
  const auto& before = resumed_by_knowing(view)->client_hello->server_name;
  const auto& now = view.client_hello->server_name;
  if (before && now && *before != *now)
    breaches.push_back(breach_at(view.at(view.handshake.server_hello), "the server resumed under the name \"" + *now +
                                                                           "\" a session that was begun under \"" +
                                                                           *before +
                                                                           "\": that needs a full handshake"));
}

constexpr Rule rules[] = {
    rule_about<resumes_knowing, same_name>(
        "rfc6066-3-same-server-name", Actor::server, "RFC 6066 3", Severity::must,
        "Below TLS 1.3, a server that knows server names resumes no session under another name."),
};

}  // namespace

std::span<const Rule> rfc6066_rules() { return rules; }

}  // namespace ti

#include "rules/session.hpp"

namespace ti {

std::optional<Session> session_offered(const HandshakeView& view) {
  const ClientHello* offering = view.client_hello;
  if (view.flipped_by_harness() || offering == nullptr || !offering->ticket || offering->ticket->empty())
    return std::nullopt;
  const auto origin = origin_of(view.cell, *offering->ticket, view.number);
  if (!origin) return std::nullopt;
  const ConnectionView issuing{view.cell, origin->connection, view.cell.connections[origin->connection - 1]};
  const HandshakeView issued = view_of(issuing, *origin->handshake);
  if (issuing.flipped_by_harness() || issued.tls13() || issued.client_hello == nullptr ||
      issued.server_hello == nullptr)
    return std::nullopt;
  const bool extended = find(issued.client_hello->extensions, ext::extended_master_secret) != nullptr &&
                        find(issued.server_hello->extensions, ext::extended_master_secret) != nullptr;
  return Session{origin->connection, issued.version, issued.server_hello->suite, extended};
}

bool may_resume(const ClientHello& hello, const Session& session) {
  const auto version = static_cast<std::uint16_t>(session.version);
  return hello.versions.empty()
             ? hello.legacy_version >= version
             : std::find(hello.versions.begin(), hello.versions.end(), version) != hello.versions.end();
}

namespace {

bool answers_extended(const HandshakeView& view) {
  return view.server_hello != nullptr && find(view.server_hello->extensions, ext::extended_master_secret) != nullptr;
}

}  // namespace

bool knows_extended_master_secret(const HandshakeView& view) {
  bool shown = answers_extended(view);
  if (view.cell.by_our_tap)
    each_handshake(view.cell, [&](const HandshakeView& each) { shown = shown || answers_extended(each); });
  return shown;
}

bool echoes_session_id(const HandshakeView& view) {
  return view.client_hello != nullptr && view.server_hello != nullptr && !view.tls13() &&
         !view.client_hello->session_id.empty() && view.server_hello->session_id == view.client_hello->session_id;
}

std::optional<std::size_t> full_handshake_begin(const HandshakeView& view) {
  for (std::size_t i = view.handshake.server_hello.value_or(view.handshake.end); i < view.handshake.end; ++i)
    if (const Message& message = view.messages()[i];
        message.from == Side::server &&
        (message.type == MessageType::certificate || message.type == MessageType::server_key_exchange ||
         message.type == MessageType::server_hello_done))
      return i;
  return std::nullopt;
}

std::optional<Session> session_resumed(const HandshakeView& view) {
  if (view.server_hello == nullptr || view.tls13()) return std::nullopt;
  const bool resumes = view.handshake.abbreviated || (echoes_session_id(view) && !full_handshake_begin(view));
  return resumes ? session_offered(view) : std::nullopt;
}

}  // namespace ti

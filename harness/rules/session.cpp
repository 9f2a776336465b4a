#include "rules/session.hpp"

namespace ti {

std::optional<Session> session_offered(const Exchange& exchange) {
  const ClientHello* offering = exchange.client_hello;
  if (exchange.flipped_by_harness() || offering == nullptr || !offering->ticket || offering->ticket->empty())
    return std::nullopt;
  const auto origin = origin_of(exchange.cell, *offering->ticket, exchange.number);
  if (!origin) return std::nullopt;
  const Visit issuing{exchange.cell, origin->connection, exchange.cell.connections[origin->connection - 1]};
  const Exchange issued = exchange_of(issuing, *origin->handshake);
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

bool answers_extended(const Exchange& exchange) {
  return exchange.server_hello != nullptr &&
         find(exchange.server_hello->extensions, ext::extended_master_secret) != nullptr;
}

}  // namespace

bool knows_extended_master_secret(const Exchange& exchange) {
  bool shown = answers_extended(exchange);
  if (exchange.cell.has_expectations)
    each_exchange(exchange.cell, [&](const Exchange& each) { shown = shown || answers_extended(each); });
  return shown;
}

bool echoes_session_id(const Exchange& exchange) {
  return exchange.client_hello != nullptr && exchange.server_hello != nullptr && !exchange.tls13() &&
         !exchange.client_hello->session_id.empty() &&
         exchange.server_hello->session_id == exchange.client_hello->session_id;
}

std::optional<std::size_t> full_handshake_begin(const Exchange& exchange) {
  for (std::size_t i = exchange.handshake.server_hello.value_or(exchange.handshake.end); i < exchange.handshake.end;
       ++i)
    if (const Message& message = exchange.messages()[i];
        message.from == Side::server &&
        (message.type == MessageType::certificate || message.type == MessageType::server_key_exchange ||
         message.type == MessageType::server_hello_done))
      return i;
  return std::nullopt;
}

std::optional<Session> session_resumed(const Exchange& exchange) {
  if (exchange.server_hello == nullptr || exchange.tls13()) return std::nullopt;
  const bool resumes =
      exchange.handshake.abbreviated || (echoes_session_id(exchange) && !full_handshake_begin(exchange));
  return resumes ? session_offered(exchange) : std::nullopt;
}

}  // namespace ti

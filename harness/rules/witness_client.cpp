// The client's word against the wire. It speaks of a step: of several connections that the client made in it, a word is
// false only if it fits none.
#include "rules/endings.hpp"
#include "rules/step.hpp"
#include "rules/subjects.hpp"
#include "wire/suites.hpp"

namespace ti {

namespace {

std::string kind_text(const HandshakeView& view) { return std::string(name(view.handshake.kind)); }

std::vector<HandshakeView> completed_of_step(const ConnectionView& connection_view) {
  return handshakes_of_step(connection_view, [](const HandshakeView& view) { return view.completed(); });
}

template <class Test>
bool any(const std::vector<HandshakeView>& handshakes, Test test) {
  return std::any_of(handshakes.begin(), handshakes.end(), test);
}

// --- what was agreed -------------------------------------------------------------------------------------------------

bool says_resumed(const ConnectionView& view) {
  return speaks_of_step(view) && view.connection.client.resumed.has_value();
}

void resumed_as_seen(const ConnectionView& view, Breaches& breaches) {
  const std::vector<HandshakeView> completed = completed_of_step(view);
  const bool said = *view.connection.client.resumed;
  const auto fits = [&](const HandshakeView& each) { return said == (each.handshake.kind == HandshakeKind::resumed); };
  if (!completed.empty() && !any(completed, fits))
    breaches.push_back(breach_at(view.at(), std::string("the client says that the session was ") +
                                                (said ? "resumed" : "not resumed") + ", the wire shows a " +
                                                kind_text(completed.front()) + " handshake"));
}

bool says_version(const ConnectionView& view) {
  return speaks_of_step(view) && view.connection.client.version.has_value();
}

void version_as_seen(const ConnectionView& view, Breaches& breaches) {
  const Version said = version_of(*view.connection.client.version);
  const std::vector<HandshakeView> agreed = handshakes_of_step(
      view, [](const HandshakeView& each) { return each.connection.transcript.version != Version::none; });
  if (!agreed.empty() &&
      !any(agreed, [&](const HandshakeView& each) { return each.connection.transcript.version == said; }))
    breaches.push_back(breach_at(view.at(), "the client says version " + *view.connection.client.version +
                                                ", the wire shows TLS " +
                                                std::string(name(agreed.front().connection.transcript.version))));
}

bool says_suite(const ConnectionView& view) {
  return speaks_of_step(view) && view.connection.client.cipher.has_value();
}

void suite_as_seen(const ConnectionView& view, Breaches& breaches) {
  const std::string& said = *view.connection.client.cipher;
  const std::vector<HandshakeView> completed = completed_of_step(view);
  const auto fits = [&](const HandshakeView& each) {
    return !names_another_suite(said, each.connection.transcript.suite);
  };
  if (!completed.empty() && !any(completed, fits))
    breaches.push_back(breach_at(view.at(), "the client says that the suite is " + said + ", the wire shows " +
                                                suite_name(completed.front().connection.transcript.suite)));
}

bool says_session_id(const ConnectionView& view) {
  return speaks_of_step(view) && !from_hex(view.connection.client.session_id.value_or("")).empty();
}

/// Below TLS 1.3 a session has the ID that the ServerHello shows or, where a library makes it of the ticket, that one's
/// digest. After a new ticket the choice is the client's (RFC 5077 3.4).
bool may_have_session_id(const HandshakeView& view, const Bytes& said) {
  if (view.tls13() || view.server_hello == nullptr || view.client_hello == nullptr) return true;
  const Bytes& shown = view.server_hello->session_id;
  const auto& ticket = view.client_hello->ticket;
  return shown.empty() || !view.handshake.new_tickets.empty() || said == shown ||
         (ticket && to_hex(said) == sha256_hex(*ticket));
}

void session_id_as_seen(const ConnectionView& view, Breaches& breaches) {
  const Bytes said = from_hex(*view.connection.client.session_id);
  const std::vector<HandshakeView> completed = completed_of_step(view);
  if (!completed.empty() && !any(completed, [&](const HandshakeView& each) { return may_have_session_id(each, said); }))
    breaches.push_back(breach_at(view.at(), "the client says that the session ID is " + to_hex(said) +
                                                ", the wire shows " +
                                                to_hex(completed.front().server_hello->session_id)));
}

// --- what came -------------------------------------------------------------------------------------------------------

bool says_tickets(const ConnectionView& view) {
  return speaks_of_step(view) && view.connection.client.tickets_received.has_value();
}

/// Tickets that a handshake brought, or 1 for a session without one that can be resumed by its ID.
std::size_t sessions_of(const HandshakeView& view) {
  const auto& tickets = view.handshake.new_tickets;
  const auto came = std::count_if(tickets.begin(), tickets.end(), [&](std::size_t message) {
    const NewSessionTicket* ticket = view.ticket(message);
    return ticket == nullptr || !ticket->ticket.empty();
  });
  const bool by_id = !view.tls13() && !view.handshake.abbreviated && view.server_hello != nullptr &&
                     !view.server_hello->session_id.empty();
  return std::max<std::size_t>(static_cast<std::size_t>(came), by_id ? 1 : 0);
}

void tickets_came(const ConnectionView& view, Breaches& breaches) {
  std::size_t came = 0;
  for (const ConnectionView& each : connections_of_step(view)) {
    if (tickets_hidden(each.connection)) return;
    for (const Handshake& handshake : each.connection.handshakes) came += sessions_of(view_of(each, handshake));
  }
  const std::size_t said = *view.connection.client.tickets_received;
  if (said > came)
    breaches.push_back(breach_at(view.at(), "the client says that it received " + std::to_string(said) +
                                                " tickets, the wire shows " + std::to_string(came)));
}

/// The connection after this one's step in which a ticket of that step is offered; 0 for none.
std::size_t offered_later(const ConnectionView& connection_view) {
  std::size_t later = 0;
  each_handshake(connection_view.cell, [&](const HandshakeView& view) {
    if (later != 0 || view.number <= connection_view.number || same_step(view, connection_view) ||
        view.client_hello == nullptr)
      return;
    for (const Bytes* ticket : offers(*view.client_hello))
      if (const auto origin = origin_of(view.cell, *ticket, view.number);
          origin && same_step({connection_view.cell, origin->connection,
                               connection_view.cell.connections[origin->connection - 1]},
                              connection_view))
        later = view.number;
  });
  return later;
}

void tickets_taken(const ConnectionView& view, Breaches& breaches) {
  if (*view.connection.client.tickets_received != 0) return;
  if (const std::size_t later = offered_later(view))
    breaches.push_back(breach_at(view.at(),
                                 "the client says that it received no ticket, and offers one of this connection "
                                 "in connection " +
                                     std::to_string(later)));
}

bool says_response(const ConnectionView& view) {
  const ClientWord& client = view.connection.client;
  return speaks_of_step(view) && client.ok && client.response_bytes && view.connection.connect.read_response;
}

/// The bytes of application data that the server sent; nothing when not all could be read, or some came after the
/// server had said that it was done.
std::optional<std::size_t> data_from_server(const ConnectionView& view) {
  const auto sealed = view.connection.transcript.sealed_records.find(Side::server);
  if (sealed != view.connection.transcript.sealed_records.end() && sealed->second > 0) return std::nullopt;
  std::size_t bytes = 0;
  bool closed = false;
  for (const Message& message : view.messages()) {
    if (message.from != Side::server) continue;
    const auto* alert = message.as<Alert>();
    closed = closed || (alert != nullptr && alert->description == alert_close_notify);
    if (message.type != MessageType::application_data) continue;
    if (closed) return std::nullopt;
    bytes += message.bytes;
  }
  return bytes;
}

void response_as_seen(const ConnectionView& view, Breaches& breaches) {
  const std::size_t said = *view.connection.client.response_bytes;
  std::size_t all = 0;
  bool fits = false;
  for (const ConnectionView& each : connections_of_step(view)) {
    const auto came = data_from_server(each);
    if (!came || each.connection.timed_out || each.cut_by_harness() || each.flipped_by_harness()) return;
    all += *came;
    fits = fits || *came == said;
  }
  if (!fits && all != said)
    breaches.push_back(breach_at(view.at(), "the client says that it read " + std::to_string(said) +
                                                " bytes, the wire shows " + std::to_string(all) +
                                                " bytes from the server"));
}

// --- how it ended ----------------------------------------------------------------------------------------------------

bool says_ok(const ConnectionView& view) {
  return speaks_of_step(view) && view.connection.client.answered && view.connection.client.ok;
}

bool client_alerts(const HandshakeView& view) {
  const auto alert = first_error_alert(view.connection);
  return alert && view.messages()[*alert].from == Side::client;
}

void ok_as_seen(const ConnectionView& view, Breaches& breaches) {
  const std::vector<HandshakeView> begun = handshakes_of_step(view);
  const std::vector<HandshakeView> completed = completed_of_step(view);
  if (begun.empty()) return;
  if (completed.empty())
    breaches.push_back(
        breach_at(view.at(), "the client says that all went well, the wire shows no completed handshake"));
  else if (std::all_of(completed.begin(), completed.end(), client_alerts))
    breaches.push_back(breach_at(view.at(), "the client says that all went well, and had sent an error alert"));
}

bool says_error(const ConnectionView& view) {
  return speaks_of_step(view) && view.connection.client.answered && !view.connection.client.ok;
}

/// A client that has ended its side may be reset, and may see it: no fault of either.
bool reset_behind_its_end(const ConnectionView& view) {
  const auto& endings = view.connection.transcript.endings;
  const TranscriptEnding* first = first_ending(view.connection);
  return first != nullptr && first->from == Side::client &&
         std::any_of(endings.begin(), endings.end(), [](const TranscriptEnding& ending) {
           return ending.from == Side::server && ending.how == Ending::How::reset && !ending.by_harness;
         });
}

/// A server need not end in proper form for a client that has said close_notify, and goes on reading all the same.
bool ended_behind_farewell(const ConnectionView& view) {
  return said_farewell(view, Side::client) && server_ended_badly(view);
}

/// Whether the wire shows a cause for an error there. A connection that was not used is none, unless the server ended
/// it.
bool shows_cause(const ConnectionView& connection_view) {
  const auto view = first_handshake_view(connection_view);
  if (!view) return server_ended_badly(connection_view) || connection_view.connection.timed_out;
  return !view->completed() || bad_end_excused(connection_view) || connection_view.connection.timed_out ||
         first_error_alert(connection_view.connection) || alert_may_be_sealed(connection_view, Side::client) ||
         annoyance_of(connection_view, Side::server);
}

void error_as_seen(const ConnectionView& connection_view, Breaches& breaches) {
  const std::vector<ConnectionView> connections = connections_of_step(connection_view);
  const auto view = first_handshake_view(connection_view);
  if (!view || std::any_of(connections.begin(), connections.end(), shows_cause)) return;
  const ClientWord& client = connection_view.connection.client;
  const bool in_handshake = client.error_stage == "handshake" || client.error_stage == "verify";
  const std::string said = "the client reports an error in " +
                           (client.error_stage.empty() ? std::string("the connection") : client.error_stage) + " (" +
                           (client.error_text.empty() ? "no text" : client.error_text) + ")";
  const auto excused = [](const ConnectionView& each) {
    return reset_behind_its_end(each) || ended_behind_farewell(each);
  };
  if (!in_handshake && std::any_of(connections.begin(), connections.end(), excused)) return;
  if (in_handshake || std::none_of(connections.begin(), connections.end(), server_ended_badly))
    breaches.push_back(
        breach_by(Side::client, connection_view.at(),
                  said + ", the wire shows a " + kind_text(*view) + " handshake that completed and no alert"));
  else
    breaches.push_back(
        breach_by(Side::server, connection_view.at(), said + ": the server ended the connection without close_notify"));
}

bool client_was_driven(const ConnectionView& view) { return view.cell.has_expectations; }

void client_answers(const ConnectionView& view, Breaches& breaches) {
  const bool timed_out = any_of_step(view, [](const ObservedConnection& connection) { return connection.timed_out; });
  if (!view.connection.client.answered && !timed_out && view.connection.client.breach.empty())
    breaches.push_back(breach_at(view.at(), "the client ended without answering how the connection went"));
}

constexpr std::string_view section = "clients/PROTOCOL.md";

constexpr Rule rules[] = {
    rule_about<says_resumed, resumed_as_seen>("witness-client-resumed", Actor::client, section, Severity::witness,
                                              "The client says \"resumed\" when the wire shows a resumption, and only "
                                              "then."),
    rule_about<says_version, version_as_seen>("witness-client-version", Actor::client, section, Severity::witness,
                                              "The client names the version that the wire shows."),
    rule_about<says_suite, suite_as_seen>("witness-client-suite", Actor::client, section, Severity::witness,
                                          "The client names no other suite than the wire shows, in whatever spelling "
                                          "is known."),
    rule_about<says_session_id, session_id_as_seen>(
        "witness-client-session-id", Actor::client, section, Severity::witness,
        "Below TLS 1.3, without a new ticket, the client names the session ID that the wire shows."),
    rule_about<says_tickets, tickets_came>("witness-client-tickets-came", Actor::client, section, Severity::witness,
                                           "The client counts no more tickets than came."),
    rule_about<says_tickets, tickets_taken>("witness-client-tickets-taken", Actor::client, section, Severity::witness,
                                            "The client offers no ticket of a connection in which it counted none."),
    rule_about<says_response, response_as_seen>("witness-client-response", Actor::client, section, Severity::witness,
                                                "The client read as many bytes as the server sent."),
    rule_about<says_ok, ok_as_seen>("witness-client-ok", Actor::client, section, Severity::witness,
                                    "The client says that all went well only when the handshake completed, and it sent "
                                    "no error alert."),
    rule_about<says_error, error_as_seen>("witness-client-error", Actor::either, section, Severity::witness,
                                          "The client reports an error only when the wire shows a cause."),
    rule_about<client_was_driven, client_answers>("witness-client-answers", Actor::client, section, Severity::witness,
                                                  "The client answers how each connection went."),
};

}  // namespace

std::span<const Rule> witness_client_rules() { return rules; }

}  // namespace ti

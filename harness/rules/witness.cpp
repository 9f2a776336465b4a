// The client's word and the server's log against the wire. Both speak of a step: where a client connected several times
// in one, which connection they mean is not known, and nothing is compared.
#include "rules/conduct.hpp"
#include "rules/subjects.hpp"

namespace ti {

namespace {

std::string kind_text(const Exchange& exchange) { return std::string(name(exchange.handshake.kind)); }

// --- the client's word -----------------------------------------------------------------------------------------------

bool says_resumed(const Visit& visit) { return visit.connection.sole && visit.connection.client.resumed.has_value(); }

void resumed_as_seen(const Visit& visit, Findings& findings) {
  const auto exchange = first_exchange(visit);
  if (!exchange || !exchange->completed()) return;
  const bool seen = exchange->handshake.kind == HandshakeKind::resumed;
  if (*visit.connection.client.resumed != seen)
    findings.push_back(breach(visit.at(), std::string("the client says that the session was ") +
                                              (seen ? "not resumed" : "resumed") + ", the wire shows a " +
                                              kind_text(*exchange) + " handshake"));
}

bool says_version(const Visit& visit) {
  return visit.connection.sole && visit.connection.client.version &&
         version_of(*visit.connection.client.version) != Version::none;
}

void version_as_seen(const Visit& visit, Findings& findings) {
  const Version seen = visit.connection.transcript.version;
  if (seen != Version::none && version_of(*visit.connection.client.version) != seen)
    findings.push_back(breach(visit.at(), "the client says TLS " + *visit.connection.client.version +
                                              ", the wire shows TLS " + std::string(name(seen))));
}

bool says_ok(const Visit& visit) {
  return visit.connection.sole && visit.connection.client.answered && visit.connection.client.ok;
}

void ok_as_seen(const Visit& visit, Findings& findings) {
  const auto exchange = first_exchange(visit);
  if (exchange && !exchange->completed())
    findings.push_back(breach(visit.at(), "the client says that all went well, the wire shows no completed handshake"));
}

bool says_error(const Visit& visit) {
  return visit.connection.sole && visit.connection.client.answered && !visit.connection.client.ok;
}

/// Whether the server ended its side improperly, before the client did: by a reset, or without close_notify or a
/// protected alert that may be it.
bool server_ended_badly(const Visit& visit) {
  const auto& messages = visit.messages();
  const TranscriptEnding* first = first_ending(visit.connection);
  const bool farewell = std::any_of(messages.begin(), messages.end(), [](const Message& message) {
    return message.from == Side::server &&
           (message.content == ContentType::alert || message.type == MessageType::encrypted);
  });
  return first != nullptr && first->from == Side::server && (first->how == Ending::How::reset || !farewell);
}

void error_as_seen(const Visit& visit, Findings& findings) {
  const auto exchange = first_exchange(visit);
  if (!exchange || !exchange->completed() || bad_end_excused(visit) || visit.connection.timed_out ||
      first_error_alert(visit.connection))
    return;
  if (alert_may_be_sealed(visit, Side::client)) return;
  const ClientWord& client = visit.connection.client;
  const bool in_handshake = client.error_stage == "handshake" || client.error_stage == "verify";
  const std::string said = "the client reports an error in " +
                           (client.error_stage.empty() ? std::string("the connection") : client.error_stage) + " (" +
                           (client.error_text.empty() ? "no text" : client.error_text) + ")";
  if (in_handshake || !server_ended_badly(visit))
    findings.push_back(
        breach_by(Side::client, visit.at(),
                  said + ", the wire shows a " + kind_text(*exchange) + " handshake that completed and no alert"));
  else
    findings.push_back(
        breach_by(Side::server, visit.at(), said + ": the server ended the connection without close_notify"));
}

bool client_was_driven(const Visit& visit) { return visit.cell.has_expectations; }

void client_answers(const Visit& visit, Findings& findings) {
  const bool timed_out = any_of_step(visit, [](const ObservedConnection& connection) { return connection.timed_out; });
  if (!visit.connection.client.answered && !timed_out)
    findings.push_back(breach(visit.at(), "the client ended without answering how the connection went"));
}

// --- the server's log ------------------------------------------------------------------------------------------------

bool logs_decisions(const Visit& visit) { return visit.connection.sole && visit.cell.server_logs_decisions; }

/// The best result that the server's callback gave to a ticket offered in this connection; nothing if it was not asked.
std::optional<int> opening_result(const Visit& visit) {
  std::optional<int> best;
  for (const TicketDecision& decision : visit.connection.server.decisions)
    if (!decision.encrypt) best = std::max(best.value_or(decision.result), decision.result);
  return best;
}

bool logs_opening(const Visit& visit) { return logs_decisions(visit) && opening_result(visit).has_value(); }

/// A session may have outlived its own time though the ticket's key is alive; within the hint it has not.
bool session_within_hint(const Exchange& exchange) {
  if (exchange.client_hello == nullptr) return false;
  for (const Bytes* ticket : offers(*exchange.client_hello))
    if (const auto origin = origin_of(exchange.cell, *ticket, exchange.number))
      if (const auto age = age_at(exchange, *origin))
        return *age + std::chrono::seconds(1) < std::chrono::seconds(origin->ticket->lifetime);
  return false;
}

void acceptance_as_seen(const Visit& visit, Findings& findings) {
  const auto exchange = first_exchange(visit);
  if (exchange && *opening_result(visit) > 0 && exchange->handshake.server_hello && !exchange->handshake.abbreviated &&
      exchange->completed() && session_within_hint(*exchange))
    findings.push_back(breach(visit.at(exchange->handshake.server_hello),
                              "the server's log says that the ticket was accepted (result " +
                                  std::to_string(*opening_result(visit)) + "), the wire shows a full handshake"));
}

void refusal_as_seen(const Visit& visit, Findings& findings) {
  const auto exchange = first_exchange(visit);
  if (exchange && *opening_result(visit) <= 0 && exchange->handshake.abbreviated)
    findings.push_back(breach(visit.at(exchange->handshake.server_hello),
                              "the server's log says that the ticket was refused (result " +
                                  std::to_string(*opening_result(visit)) + "), the wire shows a resumption"));
}

bool logs_and_resumes(const Visit& visit) {
  const auto exchange = first_exchange(visit);
  return logs_decisions(visit) && exchange && exchange->handshake.abbreviated;
}

void resumption_logged(const Visit& visit, Findings& findings) {
  if (!opening_result(visit))
    findings.push_back(breach(visit.at(first_handshake(visit.connection)->server_hello),
                              "the wire shows a resumption, the server's log tells of no ticket that was opened"));
}

bool completed_in_sight(const Visit& visit) {
  const auto exchange = first_exchange(visit);
  return exchange && exchange->completed() && !visit.cut_by_harness() && !visit.flipped_by_harness() &&
         !visit.connection.timed_out && visit.connection.connect.read_response && !tickets_hidden(visit.connection);
}

bool logs_sealing(const Visit& visit) { return logs_decisions(visit) && completed_in_sight(visit); }

void tickets_logged(const Visit& visit, Findings& findings) {
  std::size_t sealed = 0;
  for (const TicketDecision& decision : visit.connection.server.decisions)
    if (decision.encrypt && decision.result > 0) ++sealed;
  std::vector<std::size_t> came;
  for (const Handshake& handshake : visit.connection.handshakes)
    for (const std::size_t message : handshake.new_tickets)
      if (const auto* ticket = visit.messages()[message].as<NewSessionTicket>();
          ticket != nullptr && !ticket->ticket.empty())
        came.push_back(message);
  if (came.size() == sealed) return;
  findings.push_back(breach(came.size() > sealed ? visit.at(came[sealed]) : visit.at(),
                            "the server's log tells of " + std::to_string(sealed) + " tickets sealed, the wire shows " +
                                std::to_string(came.size())));
}

bool told_to_issue_none(const Visit& visit) {
  const auto says = [&](const char* key, const char* value) {
    const auto found = visit.cell.policy.values.find(key);
    return found != visit.cell.policy.values.end() && to_text(found->second) == value;
  };
  return says("tickets", "off") || says("tickets_per_handshake", "0");
}

bool logs_renewal(const Visit& visit) {
  return logs_opening(visit) && completed_in_sight(visit) && !told_to_issue_none(visit);
}

void renewal_as_seen(const Visit& visit, Findings& findings) {
  const auto exchange = first_exchange(visit);
  if (*opening_result(visit) == 2 && exchange->handshake.abbreviated && exchange->handshake.new_tickets.empty())
    findings.push_back(breach(visit.at(exchange->handshake.server_hello),
                              "the server's log says that the ticket is renewed (result 2), and no new ticket came"));
}

void keeping_as_seen(const Visit& visit, Findings& findings) {
  const auto exchange = first_exchange(visit);
  if (*opening_result(visit) == 1 && exchange->handshake.abbreviated && !exchange->tls13() &&
      !exchange->handshake.new_tickets.empty())
    findings.push_back(breach(visit.at(exchange->handshake.new_tickets.front()),
                              "the server's log says that the ticket is kept (result 1), and a new one came"));
}

void abort_as_seen(const Visit& visit, Findings& findings) {
  const auto exchange = first_exchange(visit);
  if (*opening_result(visit) < 0 && !exchange->handshake.abbreviated)
    findings.push_back(breach(visit.at(exchange->handshake.server_hello),
                              "the server's log says that the handshake is broken off (result -1), and it completed"));
}

constexpr std::string_view clients_word = "clients/PROTOCOL.md";
constexpr std::string_view servers_log = "servers/CONTRACT.md";

constexpr Rule rules[] = {
    rule_about<says_resumed, resumed_as_seen>("witness-client-resumed", Actor::client, clients_word, Severity::witness,
                                              "The client says \"resumed\" when the wire shows a resumption, and only "
                                              "then."),
    rule_about<says_version, version_as_seen>("witness-client-version", Actor::client, clients_word, Severity::witness,
                                              "The client names the version that the wire shows."),
    rule_about<says_ok, ok_as_seen>("witness-client-ok", Actor::client, clients_word, Severity::witness,
                                    "The client says that all went well only when the handshake completed."),
    rule_about<says_error, error_as_seen>("witness-client-error", Actor::either, clients_word, Severity::witness,
                                          "The client reports an error only when the wire shows a cause."),
    rule_about<client_was_driven, client_answers>("witness-client-answers", Actor::client, clients_word,
                                                  Severity::witness, "The client answers how each connection went."),
    rule_about<logs_opening, acceptance_as_seen>("witness-accepted-but-full", Actor::server, servers_log,
                                                 Severity::witness,
                                                 "A ticket that the server's callback accepted is resumed."),
    rule_about<logs_opening, refusal_as_seen>("witness-refused-but-resumed", Actor::server, servers_log,
                                              Severity::witness,
                                              "A ticket that the server's callback refused is not resumed."),
    rule_about<logs_and_resumes, resumption_logged>("witness-resumed-unlogged", Actor::server, servers_log,
                                                    Severity::witness,
                                                    "A resumption rests on a ticket that the server's log tells of."),
    rule_about<logs_sealing, tickets_logged>("witness-tickets-logged", Actor::server, servers_log, Severity::witness,
                                             "As many tickets come as the server's log says were sealed."),
    rule_about<logs_renewal, renewal_as_seen>("witness-renewed-without-ticket", Actor::server, servers_log,
                                              Severity::witness,
                                              "A ticket that the server's callback renews is followed by a new one."),
    rule_about<logs_renewal, keeping_as_seen>("witness-kept-but-renewed", Actor::server, servers_log, Severity::witness,
                                              "Below TLS 1.3, a ticket that the server's callback keeps is not "
                                              "replaced."),
    rule_about<logs_renewal, abort_as_seen>("witness-aborted-but-completed", Actor::server, servers_log,
                                            Severity::witness,
                                            "A handshake that the server's callback breaks off does not complete."),
};

}  // namespace

std::span<const Rule> witness_rules() { return rules; }

}  // namespace ti

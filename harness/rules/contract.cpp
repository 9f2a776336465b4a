// What clients/PROTOCOL.md and servers/CONTRACT.md ask of the two sides beside TLS: to speak only when asked, to run on
// until told to end, to keep measure.
#include "rules/conduct.hpp"
#include "rules/subjects.hpp"
#include "rules/view.hpp"

namespace ti {

namespace {

bool is_driven(const Visit& visit) { return visit.cell.has_expectations; }

void client_keeps_protocol(const Visit& visit, Findings& findings) {
  const std::string& breach = visit.connection.client.breach;
  const bool told_before = visit.number > 1 && !visit.connection.sole &&
                           visit.cell.connections[visit.number - 2].step == visit.connection.step;
  if (!breach.empty() && !told_before)
    findings.push_back(breach_by(Side::client, visit.at(), "the client broke its protocol: " + breach));
}

bool names_server(const Exchange& exchange) {
  return exchange.cell.trust && !exchange.flipped_by_harness() && exchange.client_hello != nullptr &&
         exchange.client_hello->server_name;
}

void names_the_right_one(const Exchange& exchange, Findings& findings) {
  const std::string& named = *exchange.client_hello->server_name;
  if (named != exchange.cell.trust->server_name)
    findings.push_back(breach(
        exchange.at(exchange.handshake.client_hello),
        "the client asks for the server \"" + named + "\", and was told \"" + exchange.cell.trust->server_name + "\""));
}

void server_stays(const Visit& visit, Findings& findings) {
  if (!visit.connection.server.ended.empty())
    findings.push_back(breach(visit.at(), "the server " + visit.connection.server.ended + ", untold"));
}

void server_is_sound(const Visit& visit, Findings& findings) {
  if (!visit.connection.server.sanitizer.empty())
    findings.push_back(breach(visit.at(), "the server's log has: " + visit.connection.server.sanitizer));
}

void keeps_measure(const Visit& visit, Findings& findings) {
  if (const auto flooded = visit.connection.flooded)
    findings.push_back(breach_by(
        *flooded, visit.at(),
        "the " + std::string(name(*flooded)) + " sent without end, until the harness broke the connection off"));
}

bool asks(const Visit& visit) {
  const auto exchange = first_exchange(visit);
  if (!visit.cell.has_expectations || !exchange || !exchange->completed() || !visit.connection.connect.read_response ||
      visit.connection.timed_out || bad_end_excused(visit) || first_error_alert(visit.connection) ||
      visit.connection.handshakes.size() > 1 || !visit.connection.transcript.sealed_records.empty())
    return false;
  const TranscriptEnding* ending = first_ending(visit.connection);
  return exchange->find(Side::client, MessageType::application_data, *exchange->handshake.client_finished) &&
         asks_rightly(visit) && ending != nullptr && ending->from == Side::server;
}

void server_answers(const Visit& visit, Findings& findings) {
  const auto exchange = first_exchange(visit);
  if (!exchange->find(Side::server, MessageType::application_data))
    findings.push_back(breach(visit.at(), "the server closed without an answer to the client's request"));
}

bool was_served(const Visit& visit) {
  const auto exchange = first_exchange(visit);
  return visit.cell.has_expectations && exchange && exchange->completed() && !visit.connection.timed_out &&
         !bad_end_excused(visit) && !first_error_alert(visit.connection);
}

void server_says_farewell(const Visit& visit, Findings& findings) {
  const bool client_did = std::any_of(visit.messages().begin(), visit.messages().end(), [](const Message& message) {
    const auto* alert = message.as<Alert>();
    return message.from == Side::client && alert != nullptr && alert->description == alert_close_notify;
  });
  if (!client_did && server_ended_badly(visit))
    findings.push_back(breach(visit.at(), "the server ended the connection without close_notify"));
}

constexpr std::string_view clients_word = "clients/PROTOCOL.md";
constexpr std::string_view servers_word = "servers/CONTRACT.md";

constexpr Rule rules[] = {
    rule_about<is_driven, client_keeps_protocol>(
        "witness-client-protocol", Actor::client, clients_word, Severity::witness,
        "The client answers each command with one line, as its protocol has it, "
        "and writes nothing else."),
    rule_about<names_server, names_the_right_one>("witness-client-server-name", Actor::client, clients_word,
                                                  Severity::witness,
                                                  "The client names no server but that which it was told."),
    rule_about<is_driven, server_stays>("witness-server-stays", Actor::server, servers_word, Severity::witness,
                                        "The server runs until it is told to end."),
    rule_about<asks, server_answers>("witness-server-answers", Actor::server, servers_word, Severity::witness,
                                     "The server answers the client's request."),
    rule_about<was_served, server_says_farewell>("witness-server-farewell", Actor::server, servers_word,
                                                 Severity::witness,
                                                 "The server closes a connection with close_notify."),
    rule_about<is_driven, server_is_sound>("witness-server-sound", Actor::server, servers_word, Severity::witness,
                                           "No sanitizer finds fault with the server."),
    rule_about<is_driven, keeps_measure>("harness-connection-bounded", Actor::either, servers_word, Severity::must,
                                         "Neither side sends more than a request, an answer and their handshake take."),
};

}  // namespace

std::span<const Rule> contract_rules() { return rules; }

}  // namespace ti

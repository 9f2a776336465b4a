// What clients/PROTOCOL.md and servers/CONTRACT.md ask of the two sides beside TLS: to speak only when asked, to run on
// until told to end, to keep measure.
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

constexpr std::string_view clients_word = "clients/PROTOCOL.md";
constexpr std::string_view servers_word = "servers/CONTRACT.md";

constexpr Rule rules[] = {
    rule_about<is_driven, client_keeps_protocol>(
        "witness-client-protocol", Actor::client, clients_word, Severity::witness,
        "The client answers each command with one line, as its protocol has it, "
        "and writes nothing else."),
    rule_about<is_driven, server_stays>("witness-server-stays", Actor::server, servers_word, Severity::witness,
                                        "The server runs until it is told to end."),
    rule_about<is_driven, server_is_sound>("witness-server-sound", Actor::server, servers_word, Severity::witness,
                                           "No sanitizer finds fault with the server."),
    rule_about<is_driven, keeps_measure>("harness-connection-bounded", Actor::either, servers_word, Severity::must,
                                         "Neither side sends more than a request, an answer and their handshake take."),
};

}  // namespace

std::span<const Rule> contract_rules() { return rules; }

}  // namespace ti

#include "report/ladder.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ti {

namespace {

constexpr std::string_view red = "\033[31m";
constexpr std::string_view plain = "\033[0m";

bool is_at(const Place& place, std::size_t connection, std::size_t message) {
  return place.connection == connection && place.message && *place.message == message;
}

/// What is said beside a message: the rules broken there, and that it followed from an earlier breach.
std::string marks(const Verdict& verdict, std::size_t connection, std::size_t message) {
  std::string text;
  for (const Finding& finding : verdict.findings)
    if (is_at(finding.at, connection, message)) text += fmt::format("  <== {} ({})", finding.rule, name(finding.actor));
  if (text.empty())
    for (const Consequence& consequence : verdict.consequences)
      if (is_at(consequence.at, connection, message)) text += "  (follows)";
  return text;
}

std::string witness_text(const ConnectionSummary& connection) {
  const ClientWord& client = connection.client;
  std::string text;
  if (client.resumed) text += *client.resumed ? "says resumed" : "says not resumed";
  if (client.tickets_received) text += fmt::format(", {} tickets", *client.tickets_received);
  if (!client.error_text.empty())
    text += fmt::format("{}error in {}: {}", text.empty() ? "" : ", ", client.error_stage, client.error_text);
  if (!text.empty()) text = "    client " + text + "\n";
  for (const TicketDecision& decision : connection.server.decisions)
    text += fmt::format("    server log: {} key {} age {} result {}\n", decision.encrypt ? "encrypt" : "decrypt",
                        decision.key.substr(0, 8), decision.age ? std::to_string(*decision.age) + " s" : "-",
                        decision.result);
  for (const std::string& error : connection.server.errors) text += "    server log: " + error + "\n";
  return text;
}

std::string connection_text(const CellResult& cell, std::size_t number, bool colour) {
  const ConnectionSummary& connection = cell.connections[number - 1];
  if (connection.messages.empty())
    return fmt::format("\nconnection {}  at {:g} s  no message was seen\n", number, connection.at_s) +
           witness_text(connection);
  std::string text =
      fmt::format("\nconnection {}  at {:g} s  {}{}{}{}\n", number, connection.at_s, connection.handshake,
                  connection.resumed_by.empty() ? "" : " by " + connection.resumed_by,
                  connection.version.empty() ? "" : "  TLS " + connection.version,
                  connection.cipher.empty() ? "" : "  " + connection.cipher);
  for (std::size_t i = 0; i < connection.messages.size(); ++i) {
    const MessageSummary& message = connection.messages[i];
    const std::string mark = marks(cell.verdict, number, i);
    const bool offending = cell.verdict.at && is_at(*cell.verdict.at, number, i);
    const std::string arrow = message.from == Side::client ? fmt::format("{:<22} ──▶", message.type)
                                                           : fmt::format("◀── {:>22}", message.type);
    std::string line =
        fmt::format("{}{:>4} {:>10.3f} ms  {}{}  {:>5} B  {}{}", offending ? ">" : " ", i, message.at_ms - connection.at_s * 1000,
                    message.from == Side::client ? "" : "      ", arrow, message.bytes, message.note, mark);
    if (message.sealed) line += " [sealed]";
    text += offending && colour ? fmt::format("{}{}{}\n", red, line, plain) : line + "\n";
  }
  return text + witness_text(connection);
}

}  // namespace

std::string ladder(const CellResult& cell, bool colour) {
  const Verdict& verdict = cell.verdict;
  std::string text;
  for (std::size_t i = 1; i <= cell.connections.size(); ++i) text += connection_text(cell, i, colour);
  text += fmt::format("\nverdict: {}", name(verdict.outcome));
  if (verdict.fault) text += fmt::format(", fault: {}, rule: {}", name(*verdict.fault), verdict.rule);
  if (verdict.at && verdict.at->connection) {
    text += fmt::format(", at connection {}", verdict.at->connection);
    if (verdict.at->message) text += fmt::format(" message {}", *verdict.at->message);
  }
  text += "\n";
  if (!verdict.reason.empty()) text += "  " + verdict.reason + "\n";
  for (const Finding& finding : verdict.findings) {
    if (finding.rule == verdict.rule && finding.reason == verdict.reason) continue;
    text += fmt::format("  also: {} ({}, {}): {}\n", finding.rule, name(finding.actor), name(finding.severity),
                        finding.reason);
  }
  for (const Consequence& consequence : verdict.consequences) text += "  consequence: " + consequence.what + "\n";
  return text;
}

}  // namespace ti

#include "report/ladder.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "report/escape.hpp"

namespace ti {

namespace {

constexpr std::string_view red = "\033[31m";
constexpr std::string_view plain = "\033[0m";

/// Whether something is said of a connection's line: a message, or a problem before the message of that index.
bool is_at(const Place& place, std::size_t connection, std::size_t message) {
  return place.connection == connection && place.message && *place.message == message;
}

bool tells_of(const Place& place, std::string_view reason, std::size_t number, const ConnectionSummary& connection,
              const ProblemSummary& problem) {
  const std::size_t message = place.message.value_or(connection.messages.size());
  return place.connection == number && message == problem.before_message && reason.ends_with(problem.what);
}

bool tells_of_any(const Place& place, std::string_view reason, std::size_t number,
                  const ConnectionSummary& connection) {
  return std::any_of(connection.problems.begin(), connection.problems.end(), [&](const ProblemSummary& problem) {
    return tells_of(place, reason, number, connection, problem);
  });
}

std::string mark(const Breach& breach) { return fmt::format("  <== {} ({})", shown(breach.rule), name(breach.actor)); }

/// A time for people, short enough for a column.
std::string readable(double milliseconds) {
  constexpr double second = 1000, minute = 60 * second, hour = 60 * minute;
  if (milliseconds < second) return fmt::format("{:.3f} ms", milliseconds);
  if (milliseconds < minute) return fmt::format("{:.3f} s", milliseconds / second);
  const auto minutes = static_cast<long>(milliseconds / minute);
  const double rest = (milliseconds - static_cast<double>(minutes) * minute) / second;
  if (milliseconds < hour) return fmt::format("{} min {:04.1f} s", minutes, rest);
  return fmt::format("{} h {:02} min {:02.0f} s", minutes / 60, minutes % 60, rest);
}

/// Whether times were told at all; a text need not.
bool has_times(const ConnectionSummary& connection) {
  return std::any_of(connection.messages.begin(), connection.messages.end(),
                     [](const MessageSummary& message) { return message.at_ms != 0; });
}

/// Marker draws lines, the offending one with its mark.
struct Marker {
  bool colour;

  std::string operator()(bool offending, const std::string& line) const {
    const std::string marked = (offending ? ">" : " ") + line;
    return offending && colour ? fmt::format("{}{}{}\n", red, marked, plain) : marked + "\n";
  }
};

/// What is said beside a message: the rules broken there, and that it followed from an earlier breach.
std::string marks(const Verdict& verdict, const ConnectionSummary& connection, std::size_t number,
                  std::size_t message) {
  std::string text;
  for (const Breach& breach : verdict.breaches)
    if (is_at(breach.at, number, message) && !tells_of_any(breach.at, breach.reason, number, connection))
      text += mark(breach);
  if (text.empty())
    for (const Consequence& consequence : verdict.consequences)
      if (is_at(consequence.at, number, message)) text += "  (follows)";
  return text;
}

/// The problems that stand before a message, a line each.
std::string problems_text(const Verdict& verdict, const ConnectionSummary& connection, std::size_t number,
                          std::size_t message, const Marker& marker) {
  std::string text;
  for (const ProblemSummary& problem : connection.problems) {
    if (problem.before_message != message) continue;
    std::string line = fmt::format("{:>4} {:>15}{}: {}", "!", "", name(problem.from), shown(problem.what));
    for (const Breach& breach : verdict.breaches)
      if (tells_of(breach.at, breach.reason, number, connection, problem)) line += mark(breach);
    text += marker(verdict.at && tells_of(*verdict.at, verdict.reason, number, connection, problem), line);
  }
  return text;
}

std::string witness_text(const ConnectionSummary& connection) {
  const ClientWord& client = connection.client;
  std::string text;
  if (client.resumed) text += *client.resumed ? "says resumed" : "says not resumed";
  if (client.tickets_received) text += fmt::format(", {} tickets", *client.tickets_received);
  if (!client.error_text.empty())
    text +=
        fmt::format("{}error in {}: {}", text.empty() ? "" : ", ", shown(client.error_stage), shown(client.error_text));
  if (!text.empty()) text = "    client " + text + "\n";
  for (const TicketDecision& decision : connection.server.decisions)
    text += fmt::format("    server log: {} key {} age {} result {}\n", decision.encrypt ? "encrypt" : "decrypt",
                        shown(decision.key.substr(0, 8)), decision.age ? std::to_string(*decision.age) + " s" : "-",
                        decision.result);
  for (const std::string& error : connection.server.errors) text += "    server log: " + shown(error) + "\n";
  return text;
}

std::string time_of(const ConnectionSummary& connection, const MessageSummary& message, const LadderStyle& style) {
  if (!style.since_first) return fmt::format("{:.3f} ms", message.at_ms - connection.at_s * 1000);
  return has_times(connection) ? readable(message.at_ms) : "";
}

std::string head_of(const ConnectionSummary& connection, std::size_t number, const LadderStyle& style) {
  const std::string at = style.since_first ? readable(connection.at_s * 1000) : fmt::format("{:g} s", connection.at_s);
  std::string head = fmt::format("\nconnection {}  at {}", number, at);
  if (!style.between.empty()) head += "  " + style.between;
  if (connection.messages.empty()) return head + "  no message was seen\n";
  return head + fmt::format("  {}{}{}{}\n", connection.handshake,
                            connection.resumed_by.empty() ? "" : " by " + connection.resumed_by,
                            connection.version.empty() ? "" : "  TLS " + shown(connection.version),
                            connection.cipher.empty() ? "" : "  " + shown(connection.cipher));
}

}  // namespace

std::string connection_ladder(const ConnectionSummary& connection, std::size_t number, const Verdict& verdict,
                              const LadderStyle& style) {
  const Marker marker{style.colour};
  std::string text = head_of(connection, number, style);
  for (std::size_t i = 0; i < connection.messages.size(); ++i) {
    text += problems_text(verdict, connection, number, i, marker);
    const MessageSummary& message = connection.messages[i];
    const bool offending =
        verdict.at && is_at(*verdict.at, number, i) && !tells_of_any(*verdict.at, verdict.reason, number, connection);
    const std::string arrow = message.from == Side::client ? fmt::format("{:<22} ──▶", shown(message.type))
                                                           : fmt::format("◀── {:>22}", shown(message.type));
    std::string line = fmt::format("{:>4} {:>13}  {}{}  {:>5} B  {}{}", i, time_of(connection, message, style),
                                   message.from == Side::client ? "" : "      ", arrow, message.bytes,
                                   shown(message.note), marks(verdict, connection, number, i));
    if (message.sealed) line += " [sealed]";
    text += marker(offending, line);
  }
  return text + problems_text(verdict, connection, number, connection.messages.size(), marker) +
         witness_text(connection);
}

std::string place_text(const Place& place) {
  return fmt::format("connection {}{}", place.connection,
                     place.message ? fmt::format(" message {}", *place.message) : "");
}

std::string also_text(const Breach& breach) {
  return fmt::format("also: {} ({}, {}) at {}: {}", breach.rule, name(breach.actor), name(breach.severity),
                     place_text(breach.at), breach.reason);
}

std::string ladder(const CellResult& cell, bool colour) {
  const Verdict& verdict = cell.verdict;
  std::string text;
  for (std::size_t i = 1; i <= cell.connections.size(); ++i)
    text +=
        connection_ladder(cell.connections[i - 1], i, verdict, {.colour = colour, .since_first = false, .between = {}});
  text += fmt::format("\nverdict: {}", name(verdict.outcome));
  if (verdict.fault) text += fmt::format(", fault: {}, rule: {}", name(*verdict.fault), shown(verdict.rule));
  if (verdict.at && verdict.at->connection) text += ", at " + place_text(*verdict.at);
  text += "\n";
  if (!verdict.reason.empty()) text += "  " + shown(verdict.reason) + "\n";
  for (const Breach& breach : verdict.breaches) {
    if (breach.rule == verdict.rule && breach.reason == verdict.reason) continue;
    text += "  " + shown(also_text(breach)) + "\n";
  }
  for (const Consequence& consequence : verdict.consequences)
    text += "  consequence: " + shown(consequence.what) + "\n";
  return text;
}

}  // namespace ti

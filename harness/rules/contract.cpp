// What clients/PROTOCOL.md and servers/CONTRACT.md ask of the two sides beside TLS: to speak only when asked, to run on
// until told to end, to keep measure.
#include "rules/endings.hpp"
#include "rules/subjects.hpp"
#include "rules/view.hpp"

namespace ti {

namespace {

bool is_driven(const ConnectionView& view) { return view.cell.has_expectations; }

void client_keeps_protocol(const ConnectionView& view, Breaches& breaches) {
  const std::string& breach = view.connection.client.breach;
  const bool told_before =
      view.number > 1 && !view.connection.sole && view.cell.connections[view.number - 2].step == view.connection.step;
  if (!breach.empty() && !told_before)
    breaches.push_back(breach_by(Side::client, view.at(), "the client broke its protocol: " + breach));
}

bool names_server(const HandshakeView& view) {
  return view.cell.trust && !view.flipped_by_harness() && view.client_hello != nullptr &&
         view.client_hello->server_name;
}

void names_the_right_one(const HandshakeView& view, Breaches& breaches) {
  const std::string& named = *view.client_hello->server_name;
  if (named != view.cell.trust->server_name)
    breaches.push_back(breach_at(
        view.at(view.handshake.client_hello),
        "the client asks for the server \"" + named + "\", and was told \"" + view.cell.trust->server_name + "\""));
}

void server_stays(const ConnectionView& view, Breaches& breaches) {
  if (!view.connection.server.ended.empty())
    breaches.push_back(breach_at(view.at(), "the server " + view.connection.server.ended + ", untold"));
}

void server_is_sound(const ConnectionView& view, Breaches& breaches) {
  if (!view.connection.server.sanitizer.empty())
    breaches.push_back(breach_at(view.at(), "the server's log has: " + view.connection.server.sanitizer));
}

void keeps_measure(const ConnectionView& view, Breaches& breaches) {
  if (const auto flooded = view.connection.flooded)
    breaches.push_back(breach_by(
        *flooded, view.at(),
        "the " + std::string(name(*flooded)) + " sent without end, until the harness broke the connection off"));
}

/// Where a side first showed that it goes, by close_notify or its end of stream: before that message.
std::optional<std::size_t> leaves_at(const ConnectionView& view, Side side) {
  std::optional<std::size_t> at;
  for (std::size_t i = 0; i < view.messages().size() && !at; ++i)
    if (const auto* alert = view.messages()[i].as<Alert>();
        view.messages()[i].from == side && alert != nullptr && alert->description == alert_close_notify)
      at = i;
  for (const TranscriptEnding& ending : view.connection.transcript.endings)
    if (ending.from == side && !ending.by_harness)
      at = std::min(at.value_or(ending.before_message), ending.before_message);
  return at;
}

bool server_left_first(const ConnectionView& view) {
  const auto server = leaves_at(view, Side::server);
  const auto client = leaves_at(view, Side::client);
  const TranscriptEnding* ending = first_ending(view.connection);
  if (!server || ending == nullptr) return false;
  return !client || *server < *client || (*server == *client && ending->from == Side::server);
}

/// Whether the connection came to its good end, and nothing of the client's may be taken ill.
bool was_served(const ConnectionView& connection_view) {
  const auto view = first_handshake_view(connection_view);
  return connection_view.cell.has_expectations && view && view->completed() && !connection_view.connection.timed_out &&
         !annoyance_of(connection_view, Side::client) && !bad_end_excused(connection_view) &&
         !first_error_alert(connection_view.connection);
}

bool asks(const ConnectionView& connection_view) {
  const ObservedConnection& connection = connection_view.connection;
  if (!was_served(connection_view) || !connection.connect.read_response || connection.handshakes.size() > 1 ||
      !connection.transcript.sealed_records.empty())
    return false;
  const auto view = first_handshake_view(connection_view);
  return view->find(Side::client, MessageType::application_data, *view->handshake.client_finished) &&
         asks_rightly(connection_view) && server_left_first(connection_view);
}

void server_answers(const ConnectionView& connection_view, Breaches& breaches) {
  const auto view = first_handshake_view(connection_view);
  if (!view->find(Side::server, MessageType::application_data))
    breaches.push_back(breach_at(connection_view.at(), "the server closed without an answer to the client's request"));
}

void server_says_farewell(const ConnectionView& view, Breaches& breaches) {
  if (!said_farewell(view, Side::client) && server_ended_badly(view))
    breaches.push_back(breach_at(view.at(), "the server ended the connection without close_notify"));
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

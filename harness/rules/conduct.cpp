#include "rules/conduct.hpp"

#include "rules/conformance.hpp"
#include "rules/obstacles.hpp"
#include "rules/server_log.hpp"
#include "rules/subjects.hpp"

namespace ti {

namespace {

const Handshake* handshake_around(const ObservedConnection& connection, std::size_t message) {
  const Handshake* around = nullptr;
  for (const Handshake& handshake : connection.handshakes)
    if (handshake.first_client_hello.value_or(handshake.client_hello) <= message) around = &handshake;
  return around;
}

/// Whether the server's policy was to break the handshake off here. Its log speaks of a whole step; of several
/// connections in one it can mean those that offer a ticket.
bool server_told_to_abort(const Visit& visit) {
  return (visit.connection.sole || !offers_nothing(visit)) && told_to_abort(visit);
}

bool after_harness_closed(const Visit& visit, std::size_t message) {
  return std::any_of(
      visit.connection.transcript.endings.begin(), visit.connection.transcript.endings.end(),
      [&](const TranscriptEnding& ending) { return ending.by_harness && ending.before_message <= message; });
}

bool sent_between(const Visit& visit, Side side, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i)
    if (visit.messages()[i].from == side) return true;
  return false;
}

/// Whether a side sent anything but handshake messages and ChangeCipherSpec: then that may have drawn an alert as well.
bool spoke_of_else(const Visit& visit, Side side, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i)
    if (const Message& sent = visit.messages()[i];
        sent.from == side && sent.content != ContentType::handshake && sent.type != MessageType::change_cipher_spec)
      return true;
  return false;
}

Drawn drawn_from_client(const Exchange& exchange, std::size_t alert) {
  const auto& tickets = exchange.handshake.new_tickets;
  if (tickets.empty() || tickets.front() > alert) return Drawn::flight;
  if (exchange.tls13()) {
    std::size_t last = tickets.front();
    for (std::size_t i = last; i < alert; ++i)
      if (exchange.messages()[i].from == Side::server && exchange.messages()[i].content == ContentType::handshake &&
          exchange.messages()[i].type != MessageType::application_data)
        last = i;
    if (spoke_of_else(exchange, Side::server, last, alert)) return Drawn::flight;
    const NewSessionTicket* ticket = exchange.ticket(last);
    if (ticket == nullptr) return Drawn::flight;
    const bool foreign = std::any_of(ticket->extensions.begin(), ticket->extensions.end(),
                                     [](const Extension& extension) { return extension.type != ext::early_data; });
    return foreign ? Drawn::ticket_extension : Drawn::ticket_13;
  }
  if (tickets.size() > 1 && tickets[1] < alert) return Drawn::flight;
  if (sent_between(exchange, Side::client, tickets.front(), alert) ||
      spoke_of_else(exchange, Side::server, tickets.front(), alert))
    return Drawn::flight;
  const NewSessionTicket* ticket = exchange.ticket(tickets.front());
  if (ticket != nullptr && ticket->ticket.empty()) return Drawn::empty_ticket;
  return exchange.handshake.abbreviated ? Drawn::renewal : Drawn::ticket;
}

/// Whether the hello offers a ticket of a session that it leaves no room for: who refuses it by an alert had a reason,
/// though not to abort.
bool offers_what_it_excludes(const Exchange& exchange) {
  const std::vector<const Bytes*> offered = offers(*exchange.client_hello);
  return std::any_of(offered.begin(), offered.end(), [&](const Bytes* ticket) {
    if (!origin_of(exchange.cell, *ticket, exchange.number)) return false;
    const auto obstacle = obstacle_to(exchange, *ticket);
    return obstacle && obstacle->whose == Side::client;
  });
}

Drawn drawn_from_server(const Exchange& exchange, std::size_t alert, bool claims_fault) {
  const Drawn otherwise = claims_fault ? Drawn::flight : Drawn::own_reasons;
  if (exchange.client_hello == nullptr || exchange.handshake.server_hello || offers(*exchange.client_hello).empty() ||
      sent_between(exchange, Side::client, exchange.handshake.client_hello + 1, alert) ||
      !(claims_fault || accepted_without_ticket(exchange)))
    return otherwise;
  if (offers_what_it_excludes(exchange)) return Drawn::cannot_be_told;
  return exchange.client_hello->psks.empty() ? Drawn::unusable_ticket : Drawn::unknown_psk;
}

/// Whether the alert refuses a renegotiation, which below TLS 1.3 a server need not grant.
bool refuses_renegotiation(const Exchange& exchange) {
  return &exchange.handshake != &exchange.connection.handshakes.front() && !exchange.tls13() &&
         !exchange.handshake.server_hello;
}

bool is_farewell(const Alert& alert) {
  return alert.description == alert_close_notify || alert.description == alert_user_canceled;
}

std::string alert_text(const Visit& visit, std::size_t message) {
  const auto* alert = visit.messages()[message].as<Alert>();
  return "the " + std::string(name(visit.messages()[message].from)) + " sent " +
         (alert ? "the alert " + alert_name(alert->description) : "an alert that cannot be read");
}

// --- who must speak next -------------------------------------------------------------------------------------------

std::optional<Side> owes_below_13(const Exchange& exchange) {
  const auto server_done = exchange.find(Side::server, MessageType::server_hello_done);
  const auto server_change = exchange.find(Side::server, MessageType::change_cipher_spec);
  if (exchange.handshake.server_finished) return Side::client;
  if (exchange.handshake.client_finished) return Side::server;
  if (server_change) return std::nullopt;
  return server_done ? Side::client : Side::server;
}

std::optional<Side> owes_13(const Exchange& exchange) {
  if (exchange.handshake.server_finished) return Side::client;
  const auto sealed = exchange.connection.transcript.sealed_records.find(Side::server);
  if (sealed != exchange.connection.transcript.sealed_records.end() && sealed->second > 0) return std::nullopt;
  return Side::server;
}

std::optional<Side> owes(const Exchange& exchange) {
  if (exchange.handshake.server_hello) return exchange.tls13() ? owes_13(exchange) : owes_below_13(exchange);
  const auto retry = exchange.find(Side::server, MessageType::hello_retry_request);
  return retry && !exchange.handshake.first_client_hello ? Side::client : Side::server;
}

bool harness_waited(const ObservedConnection& connection) {
  return connection.timed_out || std::any_of(connection.transcript.endings.begin(), connection.transcript.endings.end(),
                                             [](const TranscriptEnding& ending) { return ending.by_harness; });
}

/// Whether the client gave the connection up without a word, having another in the same step in which TLS began: no
/// sentence of TLS speaks of a TCP connection that is not used.
bool given_up_unused(const Visit& visit) {
  const TranscriptEnding* ending = first_ending(visit.connection);
  return ending != nullptr && ending->from == Side::client && !visit.connection.timed_out &&
         !sent_between(visit, Side::client, 0, visit.messages().size()) &&
         any_of_step(visit, [](const ObservedConnection& each) { return first_handshake(each) != nullptr; });
}

bool has_ended(const ObservedConnection& connection, Side side) {
  const auto& endings = connection.transcript.endings;
  return std::any_of(endings.begin(), endings.end(),
                     [side](const TranscriptEnding& ending) { return ending.from == side && !ending.by_harness; });
}

bool said_farewell(const Visit& visit, Side side) {
  return std::any_of(visit.messages().begin(), visit.messages().end(), [side](const Message& message) {
    const auto* alert = message.as<Alert>();
    return message.from == side && alert != nullptr && alert->description == alert_close_notify;
  });
}

std::optional<BadEnd> end_before_hello(const Visit& visit) {
  if (given_up_unused(visit)) return std::nullopt;
  const TranscriptEnding* ending = first_ending(visit.connection);
  if (said_farewell(visit, Side::client))
    return BadEnd{Side::client, visit.at(), "the client said close_notify, and never a ClientHello"};
  if (ending != nullptr && ending->from == Side::server)
    return BadEnd{Side::server, visit.at(), "the server closed the connection before the client had said anything"};
  if (ending != nullptr || visit.connection.timed_out)
    return BadEnd{Side::client, visit.at(), "the client connected and sent no ClientHello"};
  return BadEnd{std::nullopt, visit.at(), "no ClientHello was seen"};
}

/// The alert behind which the handshake ended: a farewell of either side, or a warning of the side that closed.
std::optional<std::size_t> alert_before_end(const Exchange& exchange) {
  const TranscriptEnding* ending = first_ending(exchange.connection);
  const std::size_t end = ending == nullptr ? exchange.handshake.end : ending->before_message;
  for (std::size_t i = exchange.begin(); i < end; ++i)
    if (const auto* alert = exchange.messages()[i].as<Alert>();
        alert != nullptr && (is_farewell(*alert) || (ending != nullptr && exchange.messages()[i].from == ending->from)))
      return i;
  return std::nullopt;
}

/// Whoever says farewell in a handshake that he was told to make has broken it off (RFC 5246 7.2.1, RFC 8446 6.1),
/// where the wire shows no reason; a warning tells nothing.
std::optional<Side> blamed_for_farewell(const Exchange& exchange, std::size_t alert) {
  return is_farewell(*exchange.messages()[alert].as<Alert>()) ? whose_act(exchange, alert) : std::nullopt;
}

/// What a side left half said when it fell silent: our own tap loses nothing, so the rest never came.
const Problem* half_said(const Visit& visit) {
  const auto& problems = visit.connection.transcript.problems;
  const auto half = std::find_if(problems.begin(), problems.end(), [](const Problem& problem) {
    return !problem.malformed && problem.missing == Missing::messages;
  });
  return visit.cell.has_expectations && half != problems.end() ? &*half : nullptr;
}

std::optional<BadEnd> end_in_handshake(const Exchange& exchange) {
  const bool sealed_alert = alert_may_be_sealed(exchange, Side::client) || alert_may_be_sealed(exchange, Side::server);
  const auto owing = owes(exchange);
  if (sealed_alert || (exchange.tls13() && !owing))
    return BadEnd{std::nullopt, exchange.at(), "the handshake did not complete, and its protected part cannot be read"};
  if (const auto alert = alert_before_end(exchange))
    return BadEnd{blamed_for_farewell(exchange, *alert), exchange.at(*alert),
                  alert_text(exchange, *alert) + " in the middle of the handshake, which ended it"};
  if (const TranscriptEnding* ending = first_ending(exchange.connection)) {
    const std::string how = ending->how == Ending::How::reset ? "reset" : "closed";
    return BadEnd{ending->from, exchange.at(ending->before_message),
                  "the " + std::string(name(ending->from)) + " " + how +
                      " the connection in the middle of the handshake, without an alert"};
  }
  if (const Problem* half = half_said(exchange); half != nullptr && harness_waited(exchange.connection))
    return BadEnd{
        half->from, exchange.at(half->before_message),
        "the " + std::string(name(half->from)) + " kept silent in the middle of the handshake: " + half->what};
  if (owing && harness_waited(exchange.connection))
    return BadEnd{owing, exchange.at(),
                  "the " + std::string(name(*owing)) + " did not go on with the handshake though it was its turn"};
  return BadEnd{std::nullopt, exchange.at(), "the handshake did not complete, and why was not seen"};
}

/// The handshake is complete, and then the step's deadline struck. Once the server has ended, before the client's own
/// end or after it, there is nothing left for a client to wait for.
std::optional<BadEnd> silence_after(const Exchange& exchange) {
  if (has_ended(exchange.connection, Side::server))
    return BadEnd{Side::client, exchange.at(),
                  "the server completed the handshake and closed, and the client never came to an end"};
  if (has_ended(exchange.connection, Side::client))
    return exchange.connection.client.answered
               ? BadEnd{Side::server, exchange.at(), "the client ended the connection, and the server never did"}
               : BadEnd{Side::client, exchange.at(), "the client ended the connection and never came to an end itself"};
  const std::size_t done = std::max(*exchange.handshake.client_finished, *exchange.handshake.server_finished);
  const auto data = [&](Side side) {
    for (std::size_t i = done + 1; i < exchange.messages().size(); ++i)
      if (exchange.messages()[i].from == side && (exchange.messages()[i].type == MessageType::application_data ||
                                                  exchange.messages()[i].content == ContentType::application_data))
        return true;
    return false;
  };
  if (data(Side::client) && !data(Side::server) && !asks_rightly(exchange))
    return BadEnd{Side::client, exchange.at(), "the client's request is none that it was told to send"};
  if (data(Side::client) && !data(Side::server))
    return BadEnd{Side::server, exchange.at(), "the server completed the handshake and never answered the request"};
  if (!data(Side::client) && !exchange.tls13())
    return BadEnd{Side::client, exchange.at(), "the client completed the handshake and never sent its request"};
  const auto& sealed = exchange.connection.transcript.sealed_records;
  if (std::any_of(sealed.begin(), sealed.end(), [](const auto& side) { return side.second > 0; }))
    return BadEnd{std::nullopt, exchange.at(),
                  "the connection did not come to an end, and for whom it waited was not seen"};
  if (said_farewell(exchange, Side::server))
    return BadEnd{Side::client, exchange.at(), "the server said close_notify, and the client never came to an end"};
  if (!data(Side::client))
    return BadEnd{Side::client, exchange.at(), "the client completed the handshake and never sent its request"};
  return BadEnd{Side::server, exchange.at(), "the server answered, and never said close_notify nor closed"};
}

/// Whether the step's deadline struck in a connection whose bad end is excused: that end excuses nobody from coming to
/// it.
bool hung_though_excused(const Visit& visit) {
  return visit.connection.timed_out && (bad_end_excused(visit) || what_drew_alert(visit) == Drawn::excused);
}

/// Who kept the other, or the harness, waiting there. Whoever was cut off, or saw its peer's end, has nothing left to
/// wait for.
std::optional<BadEnd> silence_despite(const Visit& visit) {
  const bool cut = visit.cut_by_harness();
  if (cut || has_ended(visit.connection, Side::server))
    return BadEnd{Side::client, visit.at(),
                  std::string(cut ? "the connection was cut off" : "the server ended the connection") +
                      ", and the client never came to an end"};
  if (first_ending(visit.connection) != nullptr)
    return visit.connection.client.answered
               ? BadEnd{Side::server, visit.at(), "the client ended the connection, and the server never did"}
               : BadEnd{Side::client, visit.at(), "the client ended the connection and never came to an end itself"};
  const auto alert = first_error_alert(visit.connection);
  if (alert && !after_harness_closed(visit, *alert))
    return BadEnd{std::nullopt, visit.at(*alert), alert_text(visit, *alert) + ", and neither side closed"};
  const auto exchange = first_exchange(visit);
  if (!exchange) return end_before_hello(visit);
  return exchange->completed() ? silence_after(*exchange) : end_in_handshake(*exchange);
}

// --- rules -----------------------------------------------------------------------------------------------------------

/// Only an answer shows whether a ticket was taken: a connection cut behind it tells nothing.
bool answered(const Exchange& exchange, std::size_t ticket) {
  const auto& messages = exchange.messages();
  return std::any_of(messages.begin() + static_cast<std::ptrdiff_t>(ticket) + 1, messages.end(),
                     [](const Message& message) { return message.from == Side::client; });
}
bool client_got_ticket(const Exchange& exchange) {
  return !exchange.tls13() && !exchange.handshake.new_tickets.empty() && !bad_end_excused(exchange) &&
         answered(exchange, exchange.handshake.new_tickets.front());
}
bool of_resumption(const Exchange& exchange) { return client_got_ticket(exchange) && exchange.handshake.abbreviated; }
bool of_full(const Exchange& exchange) { return client_got_ticket(exchange) && !exchange.handshake.abbreviated; }
bool of_empty(const Exchange& exchange) {
  const NewSessionTicket* ticket =
      client_got_ticket(exchange) ? exchange.ticket(exchange.handshake.new_tickets.front()) : nullptr;
  return ticket != nullptr && ticket->ticket.empty();
}
bool of_13(const Exchange& exchange) { return exchange.tls13() && !exchange.handshake.new_tickets.empty(); }
bool with_extension(const Exchange& exchange) {
  return of_13(exchange) &&
         std::any_of(exchange.handshake.new_tickets.begin(), exchange.handshake.new_tickets.end(), [&](std::size_t i) {
           const NewSessionTicket* ticket = exchange.ticket(i);
           return ticket != nullptr && std::any_of(ticket->extensions.begin(), ticket->extensions.end(),
                                                   [](const Extension& e) { return e.type != ext::early_data; });
         });
}
bool with_ticket(const Exchange& exchange) {
  return exchange.client_hello != nullptr && exchange.client_hello->psks.empty() && exchange.client_hello->ticket &&
         !exchange.client_hello->ticket->empty();
}
bool with_psk(const Exchange& exchange) {
  return exchange.client_hello != nullptr && !exchange.client_hello->psks.empty();
}
bool any_exchange(const Exchange&) { return true; }
bool any_visit(const Visit&) { return true; }

void accuse(const Exchange& exchange, Findings& findings, Drawn drawn, const char* by) {
  if (what_drew_alert(exchange) != drawn) return;
  const auto alert = first_error_alert(exchange.connection);
  if (handshake_around(exchange.connection, *alert) != &exchange.handshake) return;
  findings.push_back(breach_by(exchange.messages()[*alert].from, exchange.at(*alert),
                               alert_text(exchange, *alert) + " in answer to " + by));
}

void renewal_accepted(const Exchange& exchange, Findings& findings) {
  accuse(exchange, findings, Drawn::renewal, "a legal renewal: the first NewSessionTicket, announced, in its place");
}
void ticket_accepted(const Exchange& exchange, Findings& findings) {
  accuse(exchange, findings, Drawn::ticket, "the announced NewSessionTicket of a full handshake");
}
void empty_ticket_accepted(const Exchange& exchange, Findings& findings) {
  accuse(exchange, findings, Drawn::empty_ticket, "a NewSessionTicket of zero length, which a server may send");
}
void ticket_13_accepted(const Exchange& exchange, Findings& findings) {
  accuse(exchange, findings, Drawn::ticket_13, "a NewSessionTicket after the handshake");
}
void extension_ignored(const Exchange& exchange, Findings& findings) {
  accuse(exchange, findings, Drawn::ticket_extension, "a NewSessionTicket with an extension it need not know");
}
void unusable_ticket(const Exchange& exchange, Findings& findings) {
  accuse(exchange, findings, Drawn::unusable_ticket, "a ticket, instead of a full handshake");
}
void unknown_psk(const Exchange& exchange, Findings& findings) {
  accuse(exchange, findings, Drawn::unknown_psk, "a PSK, instead of a full handshake");
}
void flight_accepted(const Exchange& exchange, Findings& findings) {
  const char* legal = "messages in which no fault was found";
  accuse(exchange, findings, Drawn::flight, legal);
  const auto alert = first_error_alert(exchange.connection);
  if (alert && claims_fault(*exchange.messages()[*alert].as<Alert>()))
    accuse(exchange, findings, Drawn::unknown_psk, legal);
}

/// Why nobody is blamed for an alert.
std::string unexplained(const Visit& visit) {
  const auto alert = first_error_alert(visit.connection);
  const Handshake* handshake = handshake_around(visit.connection, *alert);
  const std::string missing =
      handshake == nullptr ? "what it answers" : missing_check(exchange_of(visit, *handshake), *alert);
  if (const auto blamed = blamed_for_alert(visit))
    return ", drawn by what the " + std::string(name(*blamed)) + " did or decided, which breaks no rule";
  return "; whether rightly cannot be told, for this could not be checked: " +
         (missing.empty() ? "what its sender is set up for" : missing);
}

/// Whether a break-off is seen to be this side's fault, in evidence from elsewhere: there a client may give up what it
/// needs no more, and who never answered may not speak TLS at all. A server that has answered goes on.
bool broke_off_in_its_turn(const Visit& visit, Side side) {
  const auto exchange = first_exchange(visit);
  return side == Side::server && exchange && exchange->handshake.server_hello && owes(*exchange) == side;
}

void completes(const Visit& visit, Findings& findings) {
  const bool alert_judged = first_error_alert(visit.connection) &&
                            (!visit.connection.handshakes.empty() || what_drew_alert(visit) != Drawn::flight);
  if (!hung_though_excused(visit) && (bad_end_excused(visit) || alert_judged)) return;
  const auto end = bad_end_of(visit);
  if (!end || !end->side) return;
  if (visit.cell.has_expectations || broke_off_in_its_turn(visit, *end->side))
    findings.push_back(breach_by(*end->side, end->at, end->what));
}

constexpr Rule rules[] = {
    rule_about<of_resumption, renewal_accepted>(
        "rfc5077-3.3-renewal-accepted", Actor::client, "RFC 5077 3.3", Severity::must,
        "A client that offered a ticket takes the NewSessionTicket that a resumption brings."),
    rule_about<of_full, ticket_accepted>(
        "rfc5077-3.3-ticket-accepted", Actor::client, "RFC 5077 3.2, 3.3", Severity::must,
        "A client that sent the SessionTicket extension takes the NewSessionTicket of a full handshake."),
    rule_about<of_empty, empty_ticket_accepted>(
        "rfc5077-3.3-empty-ticket-accepted", Actor::client, "RFC 5077 3.3", Severity::must,
        "A client goes on when the promised ticket turns out to be of zero length."),
    rule_about<with_ticket, unusable_ticket>(
        "rfc5077-3.2-unusable-ticket", Actor::server, "RFC 5077 3.1, 3.2", Severity::must,
        "A server that cannot use a ticket does a full handshake; it does not abort."),
    rule_about<of_13, ticket_13_accepted>(
        "rfc8446-4.6.1-ticket-accepted", Actor::client, "RFC 8446 4.6.1, RFC 9846 4.7.1", Severity::must,
        "A client takes or ignores a NewSessionTicket that comes after the handshake; it does not abort."),
    rule_about<with_extension, extension_ignored>(
        "rfc8446-4.6.1-unknown-extensions", Actor::client, "RFC 8446 4.6.1, RFC 9846 4.7.1", Severity::must,
        "A client ignores extensions of a NewSessionTicket that it does not know."),
    rule_about<with_psk, unknown_psk>("rfc8446-4.2.11-unknown-psk", Actor::server, "RFC 8446 4.2.11, RFC 9846 4.3.11",
                                      Severity::should,
                                      "A server that can use none of the PSKs offered does a full handshake."),
    rule_about<any_exchange, flight_accepted>(
        "harness-legal-flight-accepted", Actor::either, "RFC 5246 7.2.2, RFC 8446 6.2", Severity::must,
        "Nobody sends an alert that claims a fault in messages that break no rule."),
    rule_about<any_visit, completes>(
        "harness-connection-completes", Actor::either, "RFC 5246 7.3, RFC 8446 2", Severity::must,
        "Nobody breaks a connection off without an alert, and nobody keeps silent when it is his turn."),
};

}  // namespace

bool bad_end_excused(const Visit& visit) {
  const Expect& expect = visit.connection.expect;
  return visit.cut_by_harness() || visit.flipped_by_harness() || expect.handshake == HandshakeKind::failed ||
         (expect.alert && *expect.alert != "none");
}

Drawn what_drew_alert(const Visit& visit) {
  const auto message = first_error_alert(visit.connection);
  if (!message) return Drawn::nothing;
  const Side sender = visit.messages()[*message].from;
  if (bad_end_excused(visit) || after_harness_closed(visit, *message) ||
      (sender == Side::server && server_told_to_abort(visit)))
    return Drawn::excused;
  const Side peer = other(sender);
  const Alert& alert = *visit.messages()[*message].as<Alert>();
  const Handshake* handshake = handshake_around(visit.connection, *message);
  if (handshake == nullptr) {
    if (sent_between(visit, peer, 0, *message)) return Drawn::cannot_be_told;
    return claims_fault(alert) ? Drawn::flight : Drawn::own_reasons;
  }
  const Exchange exchange = exchange_of(visit, *handshake);
  if (claims_fault(alert) && !missing_check(exchange, *message).empty()) return Drawn::cannot_be_told;
  if (sender == Side::server)
    return refuses_renegotiation(exchange) ? Drawn::own_reasons
                                           : drawn_from_server(exchange, *message, claims_fault(alert));
  return claims_fault(alert) ? drawn_from_client(exchange, *message) : Drawn::own_reasons;
}

std::optional<Side> blamed_for_alert(const Visit& visit) {
  const auto message = first_error_alert(visit.connection);
  const Drawn drawn = what_drew_alert(visit);
  if (drawn == Drawn::nothing || drawn == Drawn::excused || drawn == Drawn::cannot_be_told) return std::nullopt;
  if (drawn != Drawn::own_reasons) return visit.messages()[*message].from;
  const Handshake* handshake = handshake_around(visit.connection, *message);
  if (handshake == nullptr) return std::nullopt;
  const Exchange exchange = exchange_of(visit, *handshake);
  return refuses_renegotiation(exchange) ? std::nullopt : whose_act(exchange, *message);
}

bool alert_may_be_sealed(const Visit& visit, Side side) {
  return std::any_of(visit.messages().begin(), visit.messages().end(), [&](const Message& message) {
    return message.from == side && message.type == MessageType::encrypted && message.content == ContentType::alert;
  });
}

bool server_ended_badly(const Visit& visit) {
  const auto& messages = visit.messages();
  const TranscriptEnding* first = first_ending(visit.connection);
  const bool farewell = std::any_of(messages.begin(), messages.end(), [&](const Message& message) {
    const auto* alert = message.as<Alert>();
    return message.from == Side::server &&
           (message.type == MessageType::encrypted ||
            (alert != nullptr &&
             (alert->description == alert_close_notify || is_error(*alert, visit.connection.transcript.version))));
  });
  return first != nullptr && first->from == Side::server && (first->how == Ending::How::reset || !farewell);
}

bool asks_rightly(const Visit& visit) {
  std::string said;
  for (const Message& message : visit.messages()) {
    if (message.from != Side::client) continue;
    if (message.type == MessageType::encrypted) return true;
    if (message.type == MessageType::application_data) said.append(message.raw.begin(), message.raw.end());
  }
  return said.starts_with("GET ") && said.find("\r\n\r\n") != said.npos;
}

std::optional<std::size_t> warning_of_server(const Visit& visit) {
  for (std::size_t i = 0; i < visit.messages().size(); ++i)
    if (const auto* alert = visit.messages()[i].as<Alert>();
        visit.messages()[i].from == Side::server && alert != nullptr && alert->description != alert_close_notify &&
        !is_error(*alert, visit.connection.transcript.version))
      return i;
  return std::nullopt;
}

std::optional<BadEnd> bad_end_of(const Visit& visit) {
  if (!visit.connection.connected && !visit.connection.client.breach.empty()) return std::nullopt;
  if (!visit.connection.connected)
    return BadEnd{Side::client, visit.at(),
                  visit.connection.timed_out ? "the client neither connected nor answered before the step's deadline"
                                             : "the client made no TCP connection, though the server listens"};
  if (hung_though_excused(visit)) return silence_despite(visit);
  if (const auto alert = first_error_alert(visit.connection)) {
    return BadEnd{blamed_for_alert(visit), visit.at(*alert), alert_text(visit, *alert)};
  }
  const Handshake* handshake = first_handshake(visit.connection);
  if (handshake == nullptr) return end_before_hello(visit);
  const Exchange exchange = exchange_of(visit, *handshake);
  if (!exchange.completed()) return end_in_handshake(exchange);
  return visit.connection.timed_out ? silence_after(exchange) : std::nullopt;
}

bool is_symptom(const Rule& rule) {
  return std::any_of(std::begin(rules), std::end(rules), [&](const Rule& each) { return each.id == rule.id; });
}

std::vector<Doubt> unexplained_endings(const Observation& cell) {
  std::vector<Doubt> doubts;
  each_visit(cell, [&](const Visit& visit) {
    if (!hung_though_excused(visit) && (bad_end_excused(visit) || what_drew_alert(visit) == Drawn::excused)) return;
    auto end = bad_end_of(visit);
    if (end && first_error_alert(visit.connection) && !hung_though_excused(visit)) end->what += unexplained(visit);
    if (!end && visit.connection.client.answered && !visit.connection.client.ok) {
      if (alert_may_be_sealed(visit, Side::client))
        doubts.push_back(
            {.what = "the client reports an error and sent an alert that nobody could read", .at = visit.at()});
      if (const auto warning = warning_of_server(visit))
        doubts.push_back({.what = "the client reports an error, and " + alert_text(visit, *warning) +
                                  ": whether it had to go on cannot be told",
                          .at = visit.at(*warning)});
    }
    if (end) doubts.push_back({.what = end->what, .at = end->at});
  });
  return doubts;
}

std::span<const Rule> conduct_rules() { return rules; }

}  // namespace ti

#include "rules/endings.hpp"

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
bool server_told_to_abort(const ConnectionView& view) {
  return (view.connection.sole || !offers_nothing(view)) && told_to_abort(view);
}

bool after_harness_closed(const ConnectionView& view, std::size_t message) {
  return std::any_of(
      view.connection.transcript.endings.begin(), view.connection.transcript.endings.end(),
      [&](const TranscriptEnding& ending) { return ending.by_harness && ending.before_message <= message; });
}

bool sent_between(const ConnectionView& view, Side side, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i)
    if (view.messages()[i].from == side) return true;
  return false;
}

/// Whether a side sent anything but handshake messages and ChangeCipherSpec: then that may have cause an alert as well.
bool spoke_of_else(const ConnectionView& view, Side side, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i)
    if (const Message& sent = view.messages()[i];
        sent.from == side && sent.content != ContentType::handshake && sent.type != MessageType::change_cipher_spec)
      return true;
  return false;
}

AlertCause cause_of_client_alert(const HandshakeView& view, std::size_t alert) {
  const auto& tickets = view.handshake.new_tickets;
  if (tickets.empty() || tickets.front() > alert) return AlertCause::flight;
  if (view.tls13()) {
    std::size_t last = tickets.front();
    for (std::size_t i = last; i < alert; ++i)
      if (view.messages()[i].from == Side::server && view.messages()[i].content == ContentType::handshake &&
          view.messages()[i].type != MessageType::application_data)
        last = i;
    if (spoke_of_else(view, Side::server, last, alert)) return AlertCause::flight;
    const NewSessionTicket* ticket = view.ticket(last);
    if (ticket == nullptr) return AlertCause::flight;
    const bool foreign = std::any_of(ticket->extensions.begin(), ticket->extensions.end(),
                                     [](const Extension& extension) { return extension.type != ext::early_data; });
    return foreign ? AlertCause::ticket_extension : AlertCause::ticket_13;
  }
  if (tickets.size() > 1 && tickets[1] < alert) return AlertCause::flight;
  if (sent_between(view, Side::client, tickets.front(), alert) ||
      spoke_of_else(view, Side::server, tickets.front(), alert))
    return AlertCause::flight;
  const NewSessionTicket* ticket = view.ticket(tickets.front());
  if (ticket != nullptr && ticket->ticket.empty()) return AlertCause::empty_ticket;
  return view.handshake.abbreviated ? AlertCause::renewal : AlertCause::ticket;
}

/// Whether the hello offers a ticket of a session that it leaves no room for: who refuses it by an alert had a reason,
/// though not to abort.
bool offers_what_it_excludes(const HandshakeView& view) {
  const std::vector<const Bytes*> offered = offers(*view.client_hello);
  return std::any_of(offered.begin(), offered.end(), [&](const Bytes* ticket) {
    if (!origin_of(view.cell, *ticket, view.number)) return false;
    const auto obstacle = obstacle_to(view, *ticket);
    return obstacle && obstacle->whose == Side::client;
  });
}

AlertCause cause_of_server_alert(const HandshakeView& view, std::size_t alert, bool claims_fault) {
  const AlertCause otherwise = claims_fault ? AlertCause::flight : AlertCause::own_reasons;
  if (view.client_hello == nullptr || view.handshake.server_hello || offers(*view.client_hello).empty() ||
      sent_between(view, Side::client, view.handshake.client_hello + 1, alert) ||
      !(claims_fault || accepted_without_ticket(view)))
    return otherwise;
  if (offers_what_it_excludes(view)) return AlertCause::cannot_be_told;
  return view.client_hello->psks.empty() ? AlertCause::unusable_ticket : AlertCause::unknown_psk;
}

/// Whether the alert refuses a renegotiation, which below TLS 1.3 a server need not grant.
bool refuses_renegotiation(const HandshakeView& view) {
  return &view.handshake != &view.connection.handshakes.front() && !view.tls13() && !view.handshake.server_hello;
}

bool is_farewell(const Alert& alert) {
  return alert.description == alert_close_notify || alert.description == alert_user_canceled;
}

std::string alert_text(const ConnectionView& view, std::size_t message) {
  const auto* alert = view.messages()[message].as<Alert>();
  return "the " + std::string(name(view.messages()[message].from)) + " sent " +
         (alert ? "the alert " + alert_name(alert->description) : "an alert that cannot be read");
}

std::string annoyance_text(const ConnectionView& view, std::size_t message) {
  return view.messages()[message].type == MessageType::hello_request ? "the server sent a HelloRequest"
                                                                     : alert_text(view, message);
}

// --- who must speak next -------------------------------------------------------------------------------------------

std::optional<Side> owes_below_13(const HandshakeView& view) {
  const auto server_done = view.find(Side::server, MessageType::server_hello_done);
  const auto server_change = view.find(Side::server, MessageType::change_cipher_spec);
  if (view.handshake.server_finished) return Side::client;
  if (view.handshake.client_finished) return Side::server;
  if (server_change) return Side::server;
  return server_done ? Side::client : Side::server;
}

std::optional<Side> owes_13(const HandshakeView& view) {
  if (view.handshake.server_finished) return Side::client;
  const auto sealed = view.connection.transcript.sealed_records.find(Side::server);
  if (sealed != view.connection.transcript.sealed_records.end() && sealed->second > 0) return std::nullopt;
  return Side::server;
}

std::optional<Side> owes(const HandshakeView& view) {
  if (view.handshake.server_hello) return view.tls13() ? owes_13(view) : owes_below_13(view);
  const auto retry = view.find(Side::server, MessageType::hello_retry_request);
  return retry && !view.handshake.first_client_hello ? Side::client : Side::server;
}

bool harness_waited(const ObservedConnection& connection) {
  return connection.timed_out || std::any_of(connection.transcript.endings.begin(), connection.transcript.endings.end(),
                                             [](const TranscriptEnding& ending) { return ending.by_harness; });
}

/// Whether the client gave the connection up without a word, having another in the same step in which TLS began: no
/// sentence of TLS speaks of a TCP connection that is not used.
bool given_up_unused(const ConnectionView& view) {
  const TranscriptEnding* ending = first_ending(view.connection);
  return ending != nullptr && ending->from == Side::client && !view.connection.timed_out &&
         !sent_between(view, Side::client, 0, view.messages().size()) &&
         any_of_step(view, [](const ObservedConnection& each) { return first_handshake(each) != nullptr; });
}

bool has_ended(const ObservedConnection& connection, Side side) {
  const auto& endings = connection.transcript.endings;
  return std::any_of(endings.begin(), endings.end(),
                     [side](const TranscriptEnding& ending) { return ending.from == side && !ending.by_harness; });
}

std::optional<BadEnd> end_before_hello(const ConnectionView& view) {
  if (given_up_unused(view)) return std::nullopt;
  const TranscriptEnding* ending = first_ending(view.connection);
  if (said_farewell(view, Side::client))
    return BadEnd{Side::client, view.at(), "the client said close_notify, and never a ClientHello"};
  if (ending != nullptr && ending->from == Side::server)
    return BadEnd{Side::server, view.at(), "the server closed the connection before the client had said anything"};
  if (ending != nullptr || view.connection.timed_out)
    return BadEnd{Side::client, view.at(), "the client connected and sent no ClientHello"};
  return BadEnd{std::nullopt, view.at(), "no ClientHello was seen"};
}

/// The alert behind which the handshake ended: a farewell of either side, or a warning of the side that closed.
std::optional<std::size_t> alert_before_end(const HandshakeView& view) {
  const TranscriptEnding* ending = first_ending(view.connection);
  const std::size_t end = ending == nullptr ? view.handshake.end : ending->before_message;
  for (std::size_t i = view.begin(); i < end; ++i)
    if (const auto* alert = view.messages()[i].as<Alert>();
        alert != nullptr && (is_farewell(*alert) || (ending != nullptr && view.messages()[i].from == ending->from)))
      return i;
  return std::nullopt;
}

/// Whoever says farewell in a handshake that he was told to make has broken it off (RFC 5246 7.2.1, RFC 8446 6.1),
/// where the wire shows no reason; a warning tells nothing.
std::optional<Side> blamed_for_farewell(const HandshakeView& view, std::size_t alert) {
  return is_farewell(*view.messages()[alert].as<Alert>()) ? whose_act(view, alert) : std::nullopt;
}

/// What a side left half said when it fell silent: our own tap loses nothing, so the rest never came.
const Problem* half_said(const ConnectionView& view) {
  const auto& problems = view.connection.transcript.problems;
  const auto half = std::find_if(problems.begin(), problems.end(), [](const Problem& problem) {
    return !problem.malformed && problem.missing == Missing::messages;
  });
  return view.cell.by_our_tap && half != problems.end() ? &*half : nullptr;
}

std::optional<BadEnd> end_in_handshake(const HandshakeView& view) {
  const bool sealed_alert = alert_may_be_sealed(view, Side::client) || alert_may_be_sealed(view, Side::server);
  const auto owing = owes(view);
  if (sealed_alert || (view.tls13() && !owing))
    return BadEnd{std::nullopt, view.at(), "the handshake did not complete, and its protected part cannot be read"};
  if (const auto alert = alert_before_end(view))
    return BadEnd{blamed_for_farewell(view, *alert), view.at(*alert),
                  alert_text(view, *alert) + " in the middle of the handshake, which ended it"};
  if (const TranscriptEnding* ending = first_ending(view.connection)) {
    const std::string how = ending->how == Ending::How::reset ? "reset" : "closed";
    return BadEnd{ending->from, view.at(ending->before_message),
                  "the " + std::string(name(ending->from)) + " " + how +
                      " the connection in the middle of the handshake, without an alert"};
  }
  if (const Problem* half = half_said(view); half != nullptr && harness_waited(view.connection))
    return BadEnd{
        half->from, view.at(half->before_message),
        "the " + std::string(name(half->from)) + " kept silent in the middle of the handshake: " + half->what};
  if (owing && harness_waited(view.connection))
    return BadEnd{owing, view.at(),
                  "the " + std::string(name(*owing)) + " did not go on with the handshake though it was its turn"};
  return BadEnd{std::nullopt, view.at(), "the handshake did not complete, and why was not seen"};
}

/// The handshake is complete, and then the step's deadline struck. Once the server has ended, before the client's own
/// end or after it, there is nothing left for a client to wait for.
std::optional<BadEnd> silence_after(const HandshakeView& view) {
  if (has_ended(view.connection, Side::server))
    return BadEnd{Side::client, view.at(),
                  "the server completed the handshake and closed, and the client never came to an end"};
  if (has_ended(view.connection, Side::client))
    return view.connection.client.answered
               ? BadEnd{Side::server, view.at(), "the client ended the connection, and the server never did"}
               : BadEnd{Side::client, view.at(), "the client ended the connection and never came to an end itself"};
  const std::size_t done = std::max(*view.handshake.client_finished, *view.handshake.server_finished);
  const auto data = [&](Side side) {
    for (std::size_t i = done + 1; i < view.messages().size(); ++i)
      if (view.messages()[i].from == side && (view.messages()[i].type == MessageType::application_data ||
                                              view.messages()[i].content == ContentType::application_data))
        return true;
    return false;
  };
  if (data(Side::client) && !data(Side::server) && !asks_rightly(view))
    return BadEnd{Side::client, view.at(), "the client's request is none that it was told to send"};
  if (data(Side::client) && !data(Side::server))
    return BadEnd{Side::server, view.at(), "the server completed the handshake and never answered the request"};
  if (!data(Side::client) && !view.tls13())
    return BadEnd{Side::client, view.at(), "the client completed the handshake and never sent its request"};
  const auto& sealed = view.connection.transcript.sealed_records;
  if (std::any_of(sealed.begin(), sealed.end(), [](const auto& side) { return side.second > 0; }))
    return BadEnd{std::nullopt, view.at(),
                  "the connection did not come to an end, and for whom it waited was not seen"};
  if (said_farewell(view, Side::server))
    return BadEnd{Side::client, view.at(), "the server said close_notify, and the client never came to an end"};
  if (!data(Side::client))
    return BadEnd{Side::client, view.at(), "the client completed the handshake and never sent its request"};
  return BadEnd{Side::server, view.at(), "the server answered, and never said close_notify nor closed"};
}

/// Whether the step's deadline struck in a connection whose bad end is excused: that end excuses nobody from coming to
/// it.
bool hung_though_excused(const ConnectionView& view) {
  return view.connection.timed_out && (bad_end_excused(view) || alert_cause_of(view) == AlertCause::excused);
}

/// Who kept the other, or the harness, waiting there. Whoever was cut off, or saw its peer's end, has nothing left to
/// wait for.
std::optional<BadEnd> silence_despite(const ConnectionView& connection_view) {
  const bool cut = connection_view.cut_by_harness();
  if (cut || has_ended(connection_view.connection, Side::server))
    return BadEnd{Side::client, connection_view.at(),
                  std::string(cut ? "the connection was cut off" : "the server ended the connection") +
                      ", and the client never came to an end"};
  if (first_ending(connection_view.connection) != nullptr)
    return connection_view.connection.client.answered
               ? BadEnd{Side::server, connection_view.at(), "the client ended the connection, and the server never did"}
               : BadEnd{Side::client, connection_view.at(),
                        "the client ended the connection and never came to an end itself"};
  const auto alert = first_error_alert(connection_view.connection);
  if (alert && !after_harness_closed(connection_view, *alert))
    return BadEnd{std::nullopt, connection_view.at(*alert),
                  alert_text(connection_view, *alert) + ", and neither side closed"};
  const auto view = first_handshake_view(connection_view);
  if (!view) return end_before_hello(connection_view);
  return view->completed() ? silence_after(*view) : end_in_handshake(*view);
}

// --- rules -----------------------------------------------------------------------------------------------------------

/// Only an answer shows whether a ticket was taken: a connection cut behind it tells nothing.
bool answered(const HandshakeView& view, std::size_t ticket) {
  const auto& messages = view.messages();
  return std::any_of(messages.begin() + static_cast<std::ptrdiff_t>(ticket) + 1, messages.end(),
                     [](const Message& message) { return message.from == Side::client; });
}
bool client_got_ticket(const HandshakeView& view) {
  return !view.tls13() && !view.handshake.new_tickets.empty() && !bad_end_excused(view) &&
         answered(view, view.handshake.new_tickets.front());
}
bool of_resumption(const HandshakeView& view) { return client_got_ticket(view) && view.handshake.abbreviated; }
bool of_full(const HandshakeView& view) { return client_got_ticket(view) && !view.handshake.abbreviated; }
bool of_empty(const HandshakeView& view) {
  const NewSessionTicket* ticket = client_got_ticket(view) ? view.ticket(view.handshake.new_tickets.front()) : nullptr;
  return ticket != nullptr && ticket->ticket.empty();
}
bool of_13(const HandshakeView& view) { return view.tls13() && !view.handshake.new_tickets.empty(); }
bool with_extension(const HandshakeView& view) {
  return of_13(view) &&
         std::any_of(view.handshake.new_tickets.begin(), view.handshake.new_tickets.end(), [&](std::size_t i) {
           const NewSessionTicket* ticket = view.ticket(i);
           return ticket != nullptr && std::any_of(ticket->extensions.begin(), ticket->extensions.end(),
                                                   [](const Extension& e) { return e.type != ext::early_data; });
         });
}
bool with_ticket(const HandshakeView& view) {
  return view.client_hello != nullptr && view.client_hello->psks.empty() && view.client_hello->ticket &&
         !view.client_hello->ticket->empty();
}
bool with_psk(const HandshakeView& view) { return view.client_hello != nullptr && !view.client_hello->psks.empty(); }
bool any_handshake(const HandshakeView&) { return true; }
bool any_connection(const ConnectionView&) { return true; }

void accuse(const HandshakeView& view, Breaches& breaches, AlertCause cause, const char* by) {
  if (alert_cause_of(view) != cause) return;
  const auto alert = first_error_alert(view.connection);
  if (handshake_around(view.connection, *alert) != &view.handshake) return;
  breaches.push_back(
      breach_by(view.messages()[*alert].from, view.at(*alert), alert_text(view, *alert) + " in answer to " + by));
}

void renewal_accepted(const HandshakeView& view, Breaches& breaches) {
  accuse(view, breaches, AlertCause::renewal, "a legal renewal: the first NewSessionTicket, announced, in its place");
}
void ticket_accepted(const HandshakeView& view, Breaches& breaches) {
  accuse(view, breaches, AlertCause::ticket, "the announced NewSessionTicket of a full handshake");
}
void empty_ticket_accepted(const HandshakeView& view, Breaches& breaches) {
  accuse(view, breaches, AlertCause::empty_ticket, "a NewSessionTicket of zero length, which a server may send");
}
void ticket_13_accepted(const HandshakeView& view, Breaches& breaches) {
  accuse(view, breaches, AlertCause::ticket_13, "a NewSessionTicket after the handshake");
}
void extension_ignored(const HandshakeView& view, Breaches& breaches) {
  accuse(view, breaches, AlertCause::ticket_extension, "a NewSessionTicket with an extension it need not know");
}
void unusable_ticket(const HandshakeView& view, Breaches& breaches) {
  accuse(view, breaches, AlertCause::unusable_ticket, "a ticket, instead of a full handshake");
}
void unknown_psk(const HandshakeView& view, Breaches& breaches) {
  accuse(view, breaches, AlertCause::unknown_psk, "a PSK, instead of a full handshake");
}
void flight_accepted(const HandshakeView& view, Breaches& breaches) {
  const char* legal = "messages in which no fault was found";
  accuse(view, breaches, AlertCause::flight, legal);
  const auto alert = first_error_alert(view.connection);
  if (alert && claims_fault(*view.messages()[*alert].as<Alert>()))
    accuse(view, breaches, AlertCause::unknown_psk, legal);
}

/// Why nobody is blamed for an alert.
std::string unexplained(const ConnectionView& view) {
  const auto alert = first_error_alert(view.connection);
  const Handshake* handshake = handshake_around(view.connection, *alert);
  const std::string missing =
      handshake == nullptr ? "what it answers" : missing_check(view_of(view, *handshake), *alert);
  if (const auto blamed = blamed_for_alert(view))
    return ", cause by what the " + std::string(name(*blamed)) + " did or decided, which breaks no rule";
  return "; whether rightly cannot be told, for this could not be checked: " +
         (missing.empty() ? "what its sender is set up for" : missing);
}

/// Whether a break-off is seen to be this side's fault, in evidence from elsewhere: there a client may give up what it
/// needs no more, and who never answered may not speak TLS at all. A server that has answered goes on.
bool broke_off_in_its_turn(const ConnectionView& connection_view, Side side) {
  const auto view = first_handshake_view(connection_view);
  return side == Side::server && view && view->handshake.server_hello && owes(*view) == side;
}

void completes(const ConnectionView& view, Breaches& breaches) {
  const bool alert_judged = first_error_alert(view.connection) &&
                            (!view.connection.handshakes.empty() || alert_cause_of(view) != AlertCause::flight);
  if (!hung_though_excused(view) && (bad_end_excused(view) || alert_judged)) return;
  const auto end = bad_end_of(view);
  if (!end || !end->side) return;
  if (view.cell.by_our_tap || broke_off_in_its_turn(view, *end->side))
    breaches.push_back(breach_by(*end->side, end->at, end->what));
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
    rule_about<any_handshake, flight_accepted>(
        "harness-legal-flight-accepted", Actor::either, "RFC 5246 7.2.2, RFC 8446 6.2", Severity::must,
        "Nobody sends an alert that claims a fault in messages that break no rule."),
    rule_about<any_connection, completes>(
        "harness-connection-completes", Actor::either, "RFC 5246 7.3, RFC 8446 2", Severity::must,
        "Nobody breaks a connection off without an alert, and nobody keeps silent when it is his turn."),
};

}  // namespace

bool bad_end_excused(const ConnectionView& view) {
  const Expect& expect = view.connection.expect;
  return view.cut_by_harness() || view.flipped_by_harness() || expect.handshake == HandshakeKind::failed ||
         (expect.alert && *expect.alert != "none");
}

AlertCause alert_cause_of(const ConnectionView& connection_view) {
  const auto message = first_error_alert(connection_view.connection);
  if (!message) return AlertCause::nothing;
  const Side sender = connection_view.messages()[*message].from;
  if (bad_end_excused(connection_view) || after_harness_closed(connection_view, *message) ||
      (sender == Side::server && server_told_to_abort(connection_view)))
    return AlertCause::excused;
  const Side peer = other(sender);
  const Alert& alert = *connection_view.messages()[*message].as<Alert>();
  const Handshake* handshake = handshake_around(connection_view.connection, *message);
  if (handshake == nullptr) {
    if (sent_between(connection_view, peer, 0, *message)) return AlertCause::cannot_be_told;
    return claims_fault(alert) ? AlertCause::flight : AlertCause::own_reasons;
  }
  const HandshakeView view = view_of(connection_view, *handshake);
  if (claims_fault(alert) && !missing_check(view, *message).empty()) return AlertCause::cannot_be_told;
  if (sender == Side::server)
    return refuses_renegotiation(view) ? AlertCause::own_reasons
                                       : cause_of_server_alert(view, *message, claims_fault(alert));
  return claims_fault(alert) ? cause_of_client_alert(view, *message) : AlertCause::own_reasons;
}

std::optional<Side> blamed_for_alert(const ConnectionView& connection_view) {
  const auto message = first_error_alert(connection_view.connection);
  const AlertCause cause = alert_cause_of(connection_view);
  if (cause == AlertCause::nothing || cause == AlertCause::excused || cause == AlertCause::cannot_be_told)
    return std::nullopt;
  if (cause != AlertCause::own_reasons) return connection_view.messages()[*message].from;
  const Handshake* handshake = handshake_around(connection_view.connection, *message);
  if (handshake == nullptr) return std::nullopt;
  const HandshakeView view = view_of(connection_view, *handshake);
  return refuses_renegotiation(view) ? std::nullopt : whose_act(view, *message);
}

bool alert_may_be_sealed(const ConnectionView& view, Side side) {
  const bool hides_kinds = view.connection.transcript.version == Version::tls13;
  return std::any_of(view.messages().begin(), view.messages().end(), [&](const Message& message) {
    return message.from == side && message.type == MessageType::encrypted &&
           (message.content == ContentType::alert || hides_kinds);
  });
}

bool said_farewell(const ConnectionView& view, Side side) {
  return std::any_of(view.messages().begin(), view.messages().end(), [side](const Message& message) {
    const auto* alert = message.as<Alert>();
    return message.from == side && alert != nullptr && alert->description == alert_close_notify;
  });
}

bool server_ended_badly(const ConnectionView& view) {
  const auto& messages = view.messages();
  const TranscriptEnding* first = first_ending(view.connection);
  const bool farewell = std::any_of(messages.begin(), messages.end(), [&](const Message& message) {
    const auto* alert = message.as<Alert>();
    return message.from == Side::server &&
           (message.type == MessageType::encrypted ||
            (alert != nullptr &&
             (alert->description == alert_close_notify || is_error(*alert, view.connection.transcript.version))));
  });
  return first != nullptr && first->from == Side::server && (first->how == Ending::How::reset || !farewell);
}

bool asks_rightly(const ConnectionView& view) {
  std::string said;
  for (const Message& message : view.messages()) {
    if (message.from != Side::client) continue;
    if (message.type == MessageType::encrypted) return true;
    if (message.type == MessageType::application_data) said.append(message.raw.begin(), message.raw.end());
  }
  return said.starts_with("GET ") && said.find("\r\n\r\n") != said.npos;
}

std::optional<std::size_t> annoyance_of(const ConnectionView& view, Side side) {
  for (std::size_t i = 0; i < view.messages().size(); ++i) {
    const Message& message = view.messages()[i];
    const auto* alert = message.as<Alert>();
    const bool warning = alert != nullptr && alert->description != alert_close_notify &&
                         !is_error(*alert, view.connection.transcript.version);
    if (message.from == side && (warning || message.type == MessageType::hello_request)) return i;
  }
  return std::nullopt;
}

std::optional<BadEnd> bad_end_of(const ConnectionView& connection_view) {
  if (!connection_view.connection.connected && !connection_view.connection.client.breach.empty()) return std::nullopt;
  if (!connection_view.connection.connected)
    return BadEnd{Side::client, connection_view.at(),
                  connection_view.connection.timed_out
                      ? "the client neither connected nor answered before the step's deadline"
                      : "the client made no TCP connection, though the server listens"};
  if (hung_though_excused(connection_view)) return silence_despite(connection_view);
  if (const auto alert = first_error_alert(connection_view.connection)) {
    return BadEnd{blamed_for_alert(connection_view), connection_view.at(*alert), alert_text(connection_view, *alert)};
  }
  const Handshake* handshake = first_handshake(connection_view.connection);
  if (handshake == nullptr) return end_before_hello(connection_view);
  const HandshakeView view = view_of(connection_view, *handshake);
  if (!view.completed()) return end_in_handshake(view);
  return connection_view.connection.timed_out ? silence_after(view) : std::nullopt;
}

bool is_symptom(const Rule& rule) {
  return std::any_of(std::begin(rules), std::end(rules), [&](const Rule& each) { return each.id == rule.id; });
}

std::vector<Doubt> unexplained_endings(const Observation& cell) {
  std::vector<Doubt> doubts;
  each_connection(cell, [&](const ConnectionView& view) {
    if (!hung_though_excused(view) && (bad_end_excused(view) || alert_cause_of(view) == AlertCause::excused)) return;
    auto end = bad_end_of(view);
    if (end && first_error_alert(view.connection) && !hung_though_excused(view)) end->what += unexplained(view);
    if (!end && view.connection.client.answered && !view.connection.client.ok) {
      if (alert_may_be_sealed(view, Side::client))
        doubts.push_back(
            {.what = "the client reports an error and sent an alert that nobody could read", .at = view.at()});
      if (const auto annoyance = annoyance_of(view, Side::server))
        doubts.push_back({.what = "the client reports an error, and " + annoyance_text(view, *annoyance) +
                                  ": whether it had to go on cannot be told",
                          .at = view.at(*annoyance)});
    }
    if (end) doubts.push_back({.what = end->what, .at = end->at});
  });
  return doubts;
}

std::span<const Rule> ending_rules() { return rules; }

}  // namespace ti

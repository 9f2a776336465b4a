// The scenario's own expectations (scenarios/FORMAT.md): what holds, and whose fault it is when it does not.
#include "rules/client_tickets.hpp"
#include "rules/endings.hpp"
#include "rules/expected_shape.hpp"
#include "rules/flights.hpp"
#include "rules/obstacles.hpp"
#include "rules/subjects.hpp"

namespace ti {

namespace {

std::vector<std::size_t> tickets_of(const ObservedConnection& connection) {
  std::vector<std::size_t> tickets;
  for (const Handshake& handshake : connection.handshakes)
    tickets.insert(tickets.end(), handshake.new_tickets.begin(), handshake.new_tickets.end());
  return tickets;
}

bool asks_offered(const ConnectionView& view) { return view.connection.expect.offered.has_value(); }
bool asks_handshake(const ConnectionView& view) { return view.connection.expect.handshake.has_value(); }

template <Answer (*Look)(const ConnectionView&)>
void report(const ConnectionView& view, Breaches& breaches) {
  if (Answer answer = Look(view); answer.breach) breaches.push_back(std::move(*answer.breach));
}

// --- tickets ---------------------------------------------------------------------------------------------------------

bool asks_new_ticket(const ConnectionView& view) { return view.connection.expect.new_ticket.has_value(); }
bool asks_ticket_count(const ConnectionView& view) { return view.connection.expect.ticket_count.has_value(); }
bool asks_hint(const ConnectionView& view) { return view.connection.expect.hint.has_value(); }

/// Whether a client of TLS 1.3 was gone before the server had sent anything behind the handshake, where tickets are.
bool left_before_tickets(const ConnectionView& connection_view) {
  const auto view = first_handshake_view(connection_view);
  if (!view || !view->tls13() || !view->completed()) return false;
  const auto& messages = connection_view.messages();
  std::size_t next = *view->handshake.client_finished + 1;
  while (next < messages.size() && messages[next].from == Side::client) ++next;
  const auto& endings = connection_view.connection.transcript.endings;
  return std::any_of(endings.begin(), endings.end(), [&](const TranscriptEnding& ending) {
    return ending.from == Side::client && !ending.by_harness && ending.before_message <= next;
  });
}

/// Whether the client's own error alert ended the connection, behind which no ticket comes.
bool client_broke_off(const ConnectionView& view) {
  const auto alert = first_error_alert(view.connection);
  return alert && view.messages()[*alert].from == Side::client;
}

/// Whether the connection went as it should have, so that a missing ticket is a fault of its own.
bool went_far_enough(const ConnectionView& connection_view) {
  const auto view = first_handshake_view(connection_view);
  return view && !client_broke_off(connection_view) && !tickets_hidden(connection_view.connection) &&
         shape_as_expected(connection_view) && !left_before_tickets(connection_view) &&
         (view->completed() || connection_view.connection.expect.handshake == HandshakeKind::failed);
}

/// Whether the policy asks the server to renew, below TLS 1.3, the ticket by which it resumes here; Known::unknown
/// where it says nothing of that.
Known renewal_asked(const ConnectionView& connection_view) {
  const auto view = first_handshake_view(connection_view);
  if (!view || view->tls13() || !view->handshake.abbreviated || view->client_hello == nullptr ||
      !view->client_hello->ticket)
    return Known::unknown;
  return renewal_due(*view, *view->client_hello->ticket);
}

/// A server gives no ticket to a client that cannot take one.
Breach missing_ticket(const ConnectionView& connection_view, std::string reason) {
  const auto view = first_handshake_view(connection_view);
  const ClientHello* hello = view->client_hello;
  if (hello != nullptr && (view->tls13() ? !lists_psk_dhe(*hello) : !hello->ticket))
    return breach_by(Side::client, connection_view.at(view->begin()), reason + ": the client did not ask for one");
  const auto change = view->find(Side::server, MessageType::change_cipher_spec);
  return breach_by(Side::server, view->tls13() ? connection_view.at() : connection_view.at(change), std::move(reason));
}

void new_ticket(const ConnectionView& view, Breaches& breaches) {
  const std::string& expected = *view.connection.expect.new_ticket;
  const std::vector<Origin> came = usable_tickets_of(view.cell, view.number);
  if (expected == "none") {
    if (!came.empty() && shape_as_expected(view) && renewal_asked(view) != Known::yes)
      breaches.push_back(
          breach_by(Side::server, view.at(came.front().message), "a new ticket came, and none should have"));
  } else if (came.empty() && went_far_enough(view) && renewal_asked(view) != Known::no) {
    breaches.push_back(missing_ticket(view, "no new ticket came, and one should have"));
  }
}

void ticket_count(const ConnectionView& view, Breaches& breaches) {
  const std::size_t expected = *view.connection.expect.ticket_count;
  const std::vector<std::size_t> came = tickets_of(view.connection);
  const std::string reason =
      std::to_string(came.size()) + " tickets came, should have been " + std::to_string(expected);
  if (!shape_as_expected(view)) return;
  if (came.size() > expected)
    breaches.push_back(breach_by(Side::server, view.at(came[expected]), reason));
  else if (came.size() < expected && went_far_enough(view))
    breaches.push_back(missing_ticket(view, reason));
}

void hint(const ConnectionView& view, Breaches& breaches) {
  const Expect::Hint& expected = *view.connection.expect.hint;
  const std::vector<std::size_t> came = tickets_of(view.connection);
  if (came.empty()) {
    if (went_far_enough(view)) breaches.push_back(missing_ticket(view, "no ticket came whose hint could be looked at"));
    return;
  }
  const auto* ticket = view.messages()[came.back()].as<NewSessionTicket>();
  if (ticket == nullptr || !shape_as_expected(view)) return;
  const std::chrono::seconds seen{ticket->lifetime};
  if (expected.nonzero ? seen.count() != 0 : seen == expected.exactly) return;
  breaches.push_back(
      breach_at(view.at(came.back()), "the ticket's lifetime hint is " + duration_text(seen) + ", should have been " +
                                          (expected.nonzero ? "more than 0" : duration_text(expected.exactly))));
}

// --- endings ---------------------------------------------------------------------------------------------------------

std::string expected_alert(const ConnectionView& view) {
  const Expect& expect = view.connection.expect;
  if (expect.alert) return *expect.alert;
  return expect.handshake && *expect.handshake != HandshakeKind::failed ? "none" : "";
}

bool asks_alert(const ConnectionView& view) { return !expected_alert(view).empty(); }

void alert(const ConnectionView& view, Breaches& breaches) {
  const std::string expected = expected_alert(view);
  const auto first = first_error_alert(view.connection);
  if (expected == "none") {
    if (const auto blamed = blamed_for_alert(view))
      breaches.push_back(breach_by(*blamed, view.at(*first),
                                   "the alert " + alert_name(view.messages()[*first].as<Alert>()->description) +
                                       " was sent, and none should have been"));
    return;
  }
  for (const Message& message : view.messages())
    if (const auto* sent = message.as<Alert>(); sent != nullptr &&
                                                is_error(*sent, view.connection.transcript.version) &&
                                                alert_name(sent->description) == expected)
      return;
  if (first)
    breaches.push_back(breach_by(view.messages()[*first].from, view.at(*first),
                                 "the alert " + alert_name(view.messages()[*first].as<Alert>()->description) +
                                     " was sent, should have been " + expected));
  else if (const auto refuser = who_should_refuse(view); refuser && !tickets_hidden(view.connection))
    breaches.push_back(breach_by(*refuser, view.at(), "no alert was sent, should have been " + expected));
}

bool asks_closed_by(const ConnectionView& view) { return view.connection.expect.closed_by.has_value(); }

void closed_by(const ConnectionView& view, Breaches& breaches) {
  const Side expected = *view.connection.expect.closed_by;
  const TranscriptEnding* first = first_ending(view.connection);
  if (first == nullptr)
    breaches.push_back(breach_by(
        expected, view.at(), "the " + std::string(name(expected)) + " did not close the connection, and should have"));
  else if (first->from != expected)
    breaches.push_back(breach_by(first->from, view.at(first->before_message),
                                 "the " + std::string(name(first->from)) + " closed the connection, and the " +
                                     std::string(name(expected)) + " should have"));
}

bool asks_no_client_hello(const ConnectionView& view) { return view.connection.expect.no_client_hello; }

void no_client_hello(const ConnectionView& connection_view, Breaches& breaches) {
  const auto& handshakes = connection_view.connection.handshakes;
  if (handshakes.size() > 1) {
    breaches.push_back(
        breach_at(connection_view.at(handshakes[1].first_client_hello.value_or(handshakes[1].client_hello)),
                  "the client began a second handshake on the same connection"));
    return;
  }
  const auto view = first_handshake_view(connection_view);
  if (!view || !view->completed() || view->tls13()) return;
  for (std::size_t i = *view->handshake.client_finished + 1; i < connection_view.messages().size(); ++i)
    if (connection_view.messages()[i].from == Side::client &&
        connection_view.messages()[i].type == MessageType::encrypted &&
        connection_view.messages()[i].content == ContentType::handshake) {
      breaches.push_back(breach_at(connection_view.at(i),
                                   "after its Finished the client sent a protected handshake record, which "
                                   "can only begin a second handshake"));
      return;
    }
}

bool asks_peer_certificate(const ConnectionView& view) { return view.connection.expect.peer_certificate.has_value(); }

/// A Certificate message without a certificate in it: header, (context,) and an empty list.
bool shows_none(const HandshakeView& view, std::size_t message) {
  if (view.messages()[message].type == MessageType::compressed_certificate)
    return is_empty_certificate(view, message) == true;
  return view.messages()[message].raw.size() <= (view.tls13() ? 4U + 1U + 3U : 4U + 3U);
}

void peer_certificate(const ConnectionView& connection_view, Breaches& breaches) {
  const auto view = first_handshake_view(connection_view);
  if (!view || !view->completed() || tickets_hidden(connection_view.connection) || !shape_as_expected(connection_view))
    return;
  const auto asked = view->find(Side::server, MessageType::certificate_request);
  if (!asked) {
    breaches.push_back(breach_by(Side::server, connection_view.at(view->handshake.server_hello),
                                 "the server did not ask for a certificate, and should have"));
    return;
  }
  if (*connection_view.connection.expect.peer_certificate != "shown") return;
  auto shown = view->find(Side::client, MessageType::certificate, *asked);
  if (!shown) shown = view->find(Side::client, MessageType::compressed_certificate, *asked);
  if (!shown || shows_none(*view, *shown))
    breaches.push_back(breach_by(Side::client, shown ? connection_view.at(*shown) : connection_view.at(*asked),
                                 "the client did not show its certificate when asked"));
}

bool held_to_version(const HandshakeView& view) {
  return view.cell.tls != Version::none && view.client_hello != nullptr;
}

void version_held(const HandshakeView& view, Breaches& breaches) {
  const auto wanted = static_cast<std::uint16_t>(view.cell.tls);
  const ClientHello& hello = *view.client_hello;
  const bool offered = hello.versions.empty()
                           ? view.cell.tls != Version::tls13 && hello.legacy_version >= wanted
                           : std::find(hello.versions.begin(), hello.versions.end(), wanted) != hello.versions.end();
  const std::string text = "TLS " + std::string(name(view.cell.tls));
  if (!offered)
    breaches.push_back(breach_by(Side::client, view.at(view.handshake.client_hello),
                                 "the client was told to speak " + text + " and did not offer it"));
  else if (view.server_hello != nullptr && view.version != view.cell.tls)
    breaches.push_back(breach_by(Side::server, view.at(view.handshake.server_hello),
                                 "the server was told to speak " + text + " and chose " + version_text(view.version)));
}

void add_doubt(const ConnectionView& view, Answer answer, std::vector<Doubt>& doubts) {
  if (!answer.doubt.empty()) doubts.push_back({std::move(answer.doubt), view.at()});
}

constexpr std::string_view section = "scenarios/FORMAT.md";

constexpr Rule rules[] = {
    rule_about<held_to_version, version_held>("expect-version", Actor::either, section, Severity::expect,
                                              "Both speak the version that the cell is run at."),
    rule_about<asks_offered, report<look_at_offer>>("expect-offered", Actor::either, section, Severity::expect,
                                                    "The ClientHello offers the ticket that the scenario expects."),
    rule_about<asks_handshake, report<look_at_handshake>>(
        "expect-handshake", Actor::either, section, Severity::expect,
        "The connection's first handshake has the shape that the scenario expects."),
    rule_about<asks_new_ticket, new_ticket>("expect-new-ticket", Actor::either, section, Severity::expect,
                                            "A new ticket comes, or does not, as the scenario expects."),
    rule_about<asks_ticket_count, ticket_count>("expect-ticket-count", Actor::either, section, Severity::expect,
                                                "As many tickets come as the scenario expects."),
    rule_about<asks_hint, hint>("expect-hint", Actor::either, section, Severity::expect,
                                "The last ticket's lifetime hint is what the scenario expects."),
    rule_about<asks_alert, alert>("expect-alert", Actor::either, section, Severity::expect,
                                  "The error alert that the scenario expects is sent, and no other."),
    rule_about<asks_closed_by, closed_by>("expect-closed-by", Actor::either, section, Severity::expect,
                                          "The side closes the connection that the scenario expects."),
    rule_about<asks_no_client_hello, no_client_hello>("expect-no-client-hello", Actor::client, section,
                                                      Severity::expect,
                                                      "The client begins no second handshake on the connection."),
    rule_about<asks_peer_certificate, peer_certificate>(
        "expect-peer-certificate", Actor::either, section, Severity::expect,
        "The server asks for a certificate, and the client shows it, as the scenario expects."),
};

}  // namespace

std::vector<Doubt> unseen_expectations(const Observation& cell) {
  std::vector<Doubt> doubts;
  if (!cell.has_expectations) return doubts;
  each_connection(cell, [&](const ConnectionView& view) {
    const Expect& expect = view.connection.expect;
    const bool hidden = tickets_hidden(view.connection);
    if (hidden &&
        (expect.hint || expect.ticket_count || (expect.new_ticket && usable_tickets_of(cell, view.number).empty())))
      doubts.push_back({"the tickets of connection " + std::to_string(view.number) +
                            " could not be seen: TLS 1.3, and its keys are not known",
                        view.at()});
    else if (left_before_tickets(view) && usable_tickets_of(cell, view.number).empty() &&
             (expect.hint || expect.ticket_count || (expect.new_ticket && *expect.new_ticket != "none")))
      doubts.push_back(
          {"the client ended connection " + std::to_string(view.number) + " before a ticket could come", view.at()});
    else if (hidden && (expect.peer_certificate || (expect.alert && *expect.alert != "none")))
      doubts.push_back({"the protected messages of connection " + std::to_string(view.number) +
                            " could not be read: TLS 1.3, and its keys are not known",
                        view.at()});
    if (asks_offered(view)) add_doubt(view, look_at_offer(view), doubts);
    if (asks_handshake(view)) add_doubt(view, look_at_handshake(view), doubts);
  });
  return doubts;
}

std::span<const Rule> expectation_rules() { return rules; }

}  // namespace ti

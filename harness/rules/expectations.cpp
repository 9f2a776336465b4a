// The scenario's own expectations (scenarios/FORMAT.md): what holds, and whose fault it is when it does not.
#include "rules/conduct.hpp"
#include "rules/expected_shape.hpp"
#include "rules/flights.hpp"
#include "rules/keeping.hpp"
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

bool asks_offered(const Visit& visit) { return visit.connection.expect.offered.has_value(); }
bool asks_handshake(const Visit& visit) { return visit.connection.expect.handshake.has_value(); }

template <Answer (*Look)(const Visit&)>
void report(const Visit& visit, Findings& findings) {
  if (Answer answer = Look(visit); answer.breach) findings.push_back(std::move(*answer.breach));
}

// --- tickets ---------------------------------------------------------------------------------------------------------

bool asks_new_ticket(const Visit& visit) { return visit.connection.expect.new_ticket.has_value(); }
bool asks_ticket_count(const Visit& visit) { return visit.connection.expect.ticket_count.has_value(); }
bool asks_hint(const Visit& visit) { return visit.connection.expect.hint.has_value(); }

/// Whether a client of TLS 1.3 was gone before the server had sent anything behind the handshake, where tickets are.
bool left_before_tickets(const Visit& visit) {
  const auto exchange = first_exchange(visit);
  if (!exchange || !exchange->tls13() || !exchange->completed()) return false;
  const auto& messages = visit.messages();
  std::size_t next = *exchange->handshake.client_finished + 1;
  while (next < messages.size() && messages[next].from == Side::client) ++next;
  const auto& endings = visit.connection.transcript.endings;
  return std::any_of(endings.begin(), endings.end(), [&](const TranscriptEnding& ending) {
    return ending.from == Side::client && !ending.by_harness && ending.before_message <= next;
  });
}

/// Whether the connection went as it should have, so that a missing ticket is a fault of its own.
bool went_far_enough(const Visit& visit) {
  const auto exchange = first_exchange(visit);
  return exchange && !tickets_hidden(visit.connection) && shape_as_expected(visit) && !left_before_tickets(visit) &&
         (exchange->completed() || visit.connection.expect.handshake == HandshakeKind::failed);
}

/// Whether the policy asks the server to renew, below TLS 1.3, the ticket by which it resumes here; Known::unknown
/// where it says nothing of that.
Known renewal_asked(const Visit& visit) {
  const auto exchange = first_exchange(visit);
  if (!exchange || exchange->tls13() || !exchange->handshake.abbreviated || exchange->client_hello == nullptr ||
      !exchange->client_hello->ticket)
    return Known::unknown;
  return renewal_due(*exchange, *exchange->client_hello->ticket);
}

/// A server gives no ticket to a client that cannot take one.
Finding missing_ticket(const Visit& visit, std::string reason) {
  const auto exchange = first_exchange(visit);
  const ClientHello* hello = exchange->client_hello;
  if (hello != nullptr && (exchange->tls13() ? !lists_psk_dhe(*hello) : !hello->ticket))
    return breach_by(Side::client, visit.at(exchange->begin()), reason + ": the client did not ask for one");
  const auto change = exchange->find(Side::server, MessageType::change_cipher_spec);
  return breach_by(Side::server, exchange->tls13() ? visit.at() : visit.at(change), std::move(reason));
}

void new_ticket(const Visit& visit, Findings& findings) {
  const std::string& expected = *visit.connection.expect.new_ticket;
  const std::vector<Origin> came = usable_tickets_of(visit.cell, visit.number);
  if (expected == "none") {
    if (!came.empty() && shape_as_expected(visit) && renewal_asked(visit) != Known::yes)
      findings.push_back(
          breach_by(Side::server, visit.at(came.front().message), "a new ticket came, and none should have"));
  } else if (came.empty() && went_far_enough(visit) && renewal_asked(visit) != Known::no) {
    findings.push_back(missing_ticket(visit, "no new ticket came, and one should have"));
  }
}

void ticket_count(const Visit& visit, Findings& findings) {
  const std::size_t expected = *visit.connection.expect.ticket_count;
  const std::vector<std::size_t> came = tickets_of(visit.connection);
  const std::string reason =
      std::to_string(came.size()) + " tickets came, should have been " + std::to_string(expected);
  if (!shape_as_expected(visit)) return;
  if (came.size() > expected)
    findings.push_back(breach_by(Side::server, visit.at(came[expected]), reason));
  else if (came.size() < expected && went_far_enough(visit))
    findings.push_back(missing_ticket(visit, reason));
}

void hint(const Visit& visit, Findings& findings) {
  const Expect::Hint& expected = *visit.connection.expect.hint;
  const std::vector<std::size_t> came = tickets_of(visit.connection);
  if (came.empty()) {
    if (went_far_enough(visit))
      findings.push_back(missing_ticket(visit, "no ticket came whose hint could be looked at"));
    return;
  }
  const auto* ticket = visit.messages()[came.back()].as<NewSessionTicket>();
  if (ticket == nullptr || !shape_as_expected(visit)) return;
  const std::chrono::seconds seen{ticket->lifetime};
  if (expected.nonzero ? seen.count() != 0 : seen == expected.exactly) return;
  findings.push_back(
      breach(visit.at(came.back()), "the ticket's lifetime hint is " + duration_text(seen) + ", should have been " +
                                        (expected.nonzero ? "more than 0" : duration_text(expected.exactly))));
}

// --- endings ---------------------------------------------------------------------------------------------------------

std::string expected_alert(const Visit& visit) {
  const Expect& expect = visit.connection.expect;
  if (expect.alert) return *expect.alert;
  return expect.handshake && *expect.handshake != HandshakeKind::failed ? "none" : "";
}

bool asks_alert(const Visit& visit) { return !expected_alert(visit).empty(); }

void alert(const Visit& visit, Findings& findings) {
  const std::string expected = expected_alert(visit);
  const auto first = first_error_alert(visit.connection);
  if (expected == "none") {
    if (const auto blamed = blamed_for_alert(visit))
      findings.push_back(breach_by(*blamed, visit.at(*first),
                                   "the alert " + alert_name(visit.messages()[*first].as<Alert>()->description) +
                                       " was sent, and none should have been"));
    return;
  }
  for (const Message& message : visit.messages())
    if (const auto* sent = message.as<Alert>(); sent != nullptr &&
                                                is_error(*sent, visit.connection.transcript.version) &&
                                                alert_name(sent->description) == expected)
      return;
  if (first)
    findings.push_back(breach_by(visit.messages()[*first].from, visit.at(*first),
                                 "the alert " + alert_name(visit.messages()[*first].as<Alert>()->description) +
                                     " was sent, should have been " + expected));
  else if (const auto refuser = who_should_refuse(visit); refuser && !tickets_hidden(visit.connection))
    findings.push_back(breach_by(*refuser, visit.at(), "no alert was sent, should have been " + expected));
}

bool asks_closed_by(const Visit& visit) { return visit.connection.expect.closed_by.has_value(); }

void closed_by(const Visit& visit, Findings& findings) {
  const Side expected = *visit.connection.expect.closed_by;
  const TranscriptEnding* first = first_ending(visit.connection);
  if (first == nullptr)
    findings.push_back(breach_by(
        expected, visit.at(), "the " + std::string(name(expected)) + " did not close the connection, and should have"));
  else if (first->from != expected)
    findings.push_back(breach_by(first->from, visit.at(first->before_message),
                                 "the " + std::string(name(first->from)) + " closed the connection, and the " +
                                     std::string(name(expected)) + " should have"));
}

bool asks_no_client_hello(const Visit& visit) { return visit.connection.expect.no_client_hello; }

void no_client_hello(const Visit& visit, Findings& findings) {
  const auto& handshakes = visit.connection.handshakes;
  if (handshakes.size() > 1) {
    findings.push_back(breach(visit.at(handshakes[1].first_client_hello.value_or(handshakes[1].client_hello)),
                              "the client began a second handshake on the same connection"));
    return;
  }
  const auto exchange = first_exchange(visit);
  if (!exchange || !exchange->completed() || exchange->tls13()) return;
  for (std::size_t i = *exchange->handshake.client_finished + 1; i < visit.messages().size(); ++i)
    if (visit.messages()[i].from == Side::client && visit.messages()[i].type == MessageType::encrypted &&
        visit.messages()[i].content == ContentType::handshake) {
      findings.push_back(breach(visit.at(i),
                                "after its Finished the client sent a protected handshake record, which "
                                "can only begin a second handshake"));
      return;
    }
}

bool asks_peer_certificate(const Visit& visit) { return visit.connection.expect.peer_certificate.has_value(); }

/// A Certificate message without a certificate in it: header, (context,) and an empty list.
bool shows_none(const Exchange& exchange, std::size_t message) {
  if (exchange.messages()[message].type == MessageType::compressed_certificate)
    return is_empty_certificate(exchange, message) == true;
  return exchange.messages()[message].raw.size() <= (exchange.tls13() ? 4U + 1U + 3U : 4U + 3U);
}

void peer_certificate(const Visit& visit, Findings& findings) {
  const auto exchange = first_exchange(visit);
  if (!exchange || !exchange->completed() || tickets_hidden(visit.connection) || !shape_as_expected(visit)) return;
  const auto asked = exchange->find(Side::server, MessageType::certificate_request);
  if (!asked) {
    findings.push_back(breach_by(Side::server, visit.at(exchange->handshake.server_hello),
                                 "the server did not ask for a certificate, and should have"));
    return;
  }
  if (*visit.connection.expect.peer_certificate != "shown") return;
  auto shown = exchange->find(Side::client, MessageType::certificate, *asked);
  if (!shown) shown = exchange->find(Side::client, MessageType::compressed_certificate, *asked);
  if (!shown || shows_none(*exchange, *shown))
    findings.push_back(breach_by(Side::client, shown ? visit.at(*shown) : visit.at(*asked),
                                 "the client did not show its certificate when asked"));
}

bool held_to_version(const Exchange& exchange) {
  return exchange.cell.tls != Version::none && exchange.client_hello != nullptr;
}

void version_held(const Exchange& exchange, Findings& findings) {
  const auto wanted = static_cast<std::uint16_t>(exchange.cell.tls);
  const ClientHello& hello = *exchange.client_hello;
  const bool offered = hello.versions.empty()
                           ? exchange.cell.tls != Version::tls13 && hello.legacy_version >= wanted
                           : std::find(hello.versions.begin(), hello.versions.end(), wanted) != hello.versions.end();
  const std::string text = "TLS " + std::string(name(exchange.cell.tls));
  if (!offered)
    findings.push_back(breach_by(Side::client, exchange.at(exchange.handshake.client_hello),
                                 "the client was told to speak " + text + " and did not offer it"));
  else if (exchange.server_hello != nullptr && exchange.version != exchange.cell.tls)
    findings.push_back(
        breach_by(Side::server, exchange.at(exchange.handshake.server_hello),
                  "the server was told to speak " + text + " and chose " + version_text(exchange.version)));
}

void add_doubt(const Visit& visit, Answer answer, std::vector<Doubt>& doubts) {
  if (!answer.doubt.empty()) doubts.push_back({std::move(answer.doubt), visit.at()});
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
  each_visit(cell, [&](const Visit& visit) {
    const Expect& expect = visit.connection.expect;
    const bool hidden = tickets_hidden(visit.connection);
    if (hidden &&
        (expect.hint || expect.ticket_count || (expect.new_ticket && usable_tickets_of(cell, visit.number).empty())))
      doubts.push_back({"the tickets of connection " + std::to_string(visit.number) +
                            " could not be seen: TLS 1.3, and its keys are not known",
                        visit.at()});
    else if (left_before_tickets(visit) && usable_tickets_of(cell, visit.number).empty() &&
             (expect.hint || expect.ticket_count || (expect.new_ticket && *expect.new_ticket != "none")))
      doubts.push_back(
          {"the client ended connection " + std::to_string(visit.number) + " before a ticket could come", visit.at()});
    else if (hidden && (expect.peer_certificate || (expect.alert && *expect.alert != "none")))
      doubts.push_back({"the protected messages of connection " + std::to_string(visit.number) +
                            " could not be read: TLS 1.3, and its keys are not known",
                        visit.at()});
    if (asks_offered(visit)) add_doubt(visit, look_at_offer(visit), doubts);
    if (asks_handshake(visit)) add_doubt(visit, look_at_handshake(visit), doubts);
  });
  return doubts;
}

std::span<const Rule> expectation_rules() { return rules; }

}  // namespace ti

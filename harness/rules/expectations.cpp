// The scenario's own expectations (scenarios/FORMAT.md): what holds, and whose fault it is when it does not.
#include <map>

#include "rules/conduct.hpp"
#include "rules/subjects.hpp"

namespace ti {

namespace {

bool is_name(const std::string& word) { return word != "none" && word != "any"; }

std::vector<std::size_t> tickets_of(const ObservedConnection& connection) {
  std::vector<std::size_t> tickets;
  for (const Handshake& handshake : connection.handshakes)
    tickets.insert(tickets.end(), handshake.new_tickets.begin(), handshake.new_tickets.end());
  return tickets;
}

/// Every NewSessionTicket that is not empty: an empty one takes the promise back.
std::vector<std::size_t> usable_tickets_of(const ObservedConnection& connection) {
  std::vector<std::size_t> tickets = tickets_of(connection);
  std::erase_if(tickets, [&](std::size_t message) {
    const auto* ticket = connection.transcript.messages[message].as<NewSessionTicket>();
    return ticket == nullptr || ticket->ticket.empty();
  });
  return tickets;
}

/// The connection, of those before number `before`, that last gave a ticket this name; 0 if none did.
std::size_t bearer_of(const Observation& cell, const std::string& name, std::size_t before) {
  for (std::size_t number = before - 1; number >= 1; --number) {
    const ObservedConnection& connection = cell.connections[number - 1];
    if (connection.expect.new_ticket == name && !usable_tickets_of(connection).empty()) return number;
  }
  return 0;
}

/// What a ticket is called: its name in the scenario, and where it came from.
std::string describe(const Observation& cell, std::size_t connection) {
  const auto& name = cell.connections[connection - 1].expect.new_ticket;
  const bool named = name && is_name(*name) && bearer_of(cell, *name, cell.connections.size() + 1) == connection;
  return (named ? *name : "the ticket of connection " + std::to_string(connection)) + " (issued " +
         at_text(cell, connection) + ")";
}

std::string describe_offer(const Exchange& exchange) {
  if (exchange.client_hello == nullptr) return "what nobody could read";
  const std::vector<const Bytes*> offered = offers(*exchange.client_hello);
  if (offered.empty()) return "no ticket";
  for (const Bytes* ticket : offered)
    if (const auto origin = origin_of(exchange.cell, *ticket, exchange.number))
      return describe(exchange.cell, origin->connection);
  return "a ticket that was not seen being issued";
}

enum class Offered : std::uint8_t { as_expected, otherwise, unknown };

Offered offer_of(const Exchange& exchange, const std::string& expected) {
  if (exchange.client_hello == nullptr) return Offered::unknown;
  const std::vector<const Bytes*> offered = offers(*exchange.client_hello);
  if (expected == "none") return offered.empty() ? Offered::as_expected : Offered::otherwise;
  if (expected == "any") return offered.empty() ? Offered::otherwise : Offered::as_expected;
  const std::size_t bearer = bearer_of(exchange.cell, expected, exchange.number);
  if (bearer == 0) return Offered::unknown;
  const ObservedConnection& issuing = exchange.cell.connections[bearer - 1];
  for (const std::size_t message : usable_tickets_of(issuing)) {
    const auto* ticket = issuing.transcript.messages[message].as<NewSessionTicket>();
    for (const Bytes* each : offered)
      if (*each == ticket->ticket) return Offered::as_expected;
  }
  return Offered::otherwise;
}

/// Whether a name's tickets passed where nobody could read them.
bool name_hidden(const Visit& visit, const std::string& name) {
  if (!is_name(name) || bearer_of(visit.cell, name, visit.number) != 0) return false;
  for (std::size_t number = 1; number < visit.number; ++number) {
    const ObservedConnection& before = visit.cell.connections[number - 1];
    if (before.expect.new_ticket == name && tickets_hidden(before)) return true;
  }
  return false;
}

// --- offered ---------------------------------------------------------------------------------------------------------

bool asks_offered(const Visit& visit) { return visit.connection.expect.offered.has_value(); }

void offered(const Visit& visit, Findings& findings) {
  const auto exchange = first_exchange(visit);
  const std::string& expected = *visit.connection.expect.offered;
  if (!exchange || offer_of(*exchange, expected) != Offered::otherwise) return;
  std::string wanted = expected == "none" ? "none" : "one";
  if (is_name(expected)) wanted = describe(visit.cell, bearer_of(visit.cell, expected, visit.number));
  findings.push_back(breach(visit.at(exchange->begin()),
                            "the client offered " + describe_offer(*exchange) + ", should have offered " + wanted));
}

// --- handshake -------------------------------------------------------------------------------------------------------

bool asks_handshake(const Visit& visit) { return visit.connection.expect.handshake.has_value(); }

void not_failed(const Visit& visit, Findings& findings, Side actor, std::size_t message) {
  findings.push_back(breach_by(actor, visit.at(message), "the handshake completed, and should have failed"));
}

/// What is disturbed or scripted on one side's way ought to be noticed by the side that receives it.
Side who_should_refuse(const Visit& visit) {
  const auto& flip = visit.connection.connect.disturb.flip;
  return flip ? other(flip->from) : Side::server;
}

/// Whether the server was given what it should have been given, as far as can be told. Empty: anything.
bool offer_is_well(const Exchange& exchange, const std::string& wanted) {
  return wanted.empty() || offer_of(exchange, wanted) != Offered::otherwise;
}

void handshake(const Visit& visit, Findings& findings) {
  const HandshakeKind expected = *visit.connection.expect.handshake;
  const auto exchange = first_exchange(visit);
  const HandshakeKind seen = exchange ? exchange->handshake.kind : HandshakeKind::failed;
  if (seen == HandshakeKind::failed) {
    if (expected == HandshakeKind::failed) return;
    if (const auto end = bad_end_of(visit); end && end->side)
      findings.push_back(
          breach_by(*end->side, end->at,
                    "the handshake failed, and should have been " + std::string(name(expected)) + ": " + end->what));
    return;
  }
  if (expected == HandshakeKind::failed)
    return not_failed(visit, findings, who_should_refuse(visit), exchange->handshake.client_hello);

  const std::string& wanted = visit.connection.expect.offered.value_or("");
  const std::string least = expected == HandshakeKind::full ? "" : "any";
  const bool offered_well = offer_is_well(*exchange, wanted.empty() ? least : wanted);
  const Side actor = offered_well ? Side::server : Side::client;
  const Place place = visit.at(offered_well ? exchange->handshake.server_hello : exchange->begin());
  const std::string offer = ", the client having offered " + describe_offer(*exchange);
  if (expected != seen)
    findings.push_back(breach_by(
        actor, place,
        "the handshake was " + std::string(name(seen)) + ", should have been " + std::string(name(expected)) + offer));
  else if (seen == HandshakeKind::resumed && exchange->handshake.resumed_by != ResumedBy::ticket)
    findings.push_back(
        breach_by(actor, place, "the session was resumed by its session ID, should have been by ticket" + offer));
}

// --- tickets ---------------------------------------------------------------------------------------------------------

bool asks_new_ticket(const Visit& visit) { return visit.connection.expect.new_ticket.has_value(); }
bool asks_ticket_count(const Visit& visit) { return visit.connection.expect.ticket_count.has_value(); }
bool asks_hint(const Visit& visit) { return visit.connection.expect.hint.has_value(); }

/// Whether the connection went as far as it should have, so that a missing ticket is a fault of its own.
bool went_far_enough(const Visit& visit) {
  const auto exchange = first_exchange(visit);
  return exchange && !tickets_hidden(visit.connection) &&
         (exchange->completed() || visit.connection.expect.handshake == HandshakeKind::failed);
}

/// A server gives no ticket to a client that cannot take one.
Finding missing_ticket(const Visit& visit, std::string reason) {
  const auto exchange = first_exchange(visit);
  const ClientHello* hello = exchange->client_hello;
  if (hello != nullptr && (exchange->tls13() ? !hello->psk_modes_present : !hello->ticket))
    return breach_by(Side::client, visit.at(exchange->begin()), reason + ": the client did not ask for one");
  const auto change = exchange->find(Side::server, MessageType::change_cipher_spec);
  return breach_by(Side::server, exchange->tls13() ? visit.at() : visit.at(change), std::move(reason));
}

void new_ticket(const Visit& visit, Findings& findings) {
  const std::string& expected = *visit.connection.expect.new_ticket;
  const std::vector<std::size_t> came = usable_tickets_of(visit.connection);
  if (expected == "none") {
    if (!came.empty())
      findings.push_back(breach_by(Side::server, visit.at(came.front()), "a new ticket came, and none should have"));
  } else if (came.empty() && went_far_enough(visit)) {
    findings.push_back(missing_ticket(visit, "no new ticket came, and one should have"));
  }
}

void ticket_count(const Visit& visit, Findings& findings) {
  const std::size_t expected = *visit.connection.expect.ticket_count;
  const std::vector<std::size_t> came = tickets_of(visit.connection);
  const std::string reason =
      std::to_string(came.size()) + " tickets came, should have been " + std::to_string(expected);
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
  if (ticket == nullptr) return;
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
    if (first && what_drew_alert(visit) != Drawn::cannot_be_told && what_drew_alert(visit) != Drawn::excused)
      findings.push_back(breach_by(visit.messages()[*first].from, visit.at(*first),
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
  else if (tickets_hidden(visit.connection))
    return;
  else
    findings.push_back(
        breach_by(who_should_refuse(visit), visit.at(), "no alert was sent, should have been " + expected));
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
bool is_empty_certificate(const Exchange& exchange, std::size_t message) {
  return exchange.messages()[message].raw.size() <= (exchange.tls13() ? 4U + 1U + 3U : 4U + 3U);
}

void peer_certificate(const Visit& visit, Findings& findings) {
  const auto exchange = first_exchange(visit);
  if (!exchange || !exchange->completed() || tickets_hidden(visit.connection)) return;
  const auto asked = exchange->find(Side::server, MessageType::certificate_request);
  if (!asked) {
    findings.push_back(breach_by(Side::server, visit.at(exchange->handshake.server_hello),
                                 "the server did not ask for a certificate, and should have"));
    return;
  }
  if (*visit.connection.expect.peer_certificate != "shown") return;
  const auto shown = exchange->find(Side::client, MessageType::certificate, *asked);
  if (!shown || is_empty_certificate(*exchange, *shown))
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
                  "the server was told to speak " + text + " and chose TLS " + std::string(name(exchange.version))));
}

constexpr std::string_view section = "scenarios/FORMAT.md";

constexpr Rule rules[] = {
    rule_about<held_to_version, version_held>("expect-version", Actor::either, section, Severity::expect,
                                              "Both speak the version that the cell is run at."),
    rule_about<asks_offered, offered>("expect-offered", Actor::client, section, Severity::expect,
                                      "The ClientHello offers the ticket that the scenario expects."),
    rule_about<asks_handshake, handshake>("expect-handshake", Actor::either, section, Severity::expect,
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
        (expect.hint || expect.ticket_count || (expect.new_ticket && usable_tickets_of(visit.connection).empty())))
      doubts.push_back({"the tickets of connection " + std::to_string(visit.number) +
                            " could not be seen: TLS 1.3, and its keys are not known",
                        visit.at()});
    else if (hidden && (expect.peer_certificate || (expect.alert && *expect.alert != "none")))
      doubts.push_back({"the protected messages of connection " + std::to_string(visit.number) +
                            " could not be read: TLS 1.3, and its keys are not known",
                        visit.at()});
    else if (expect.offered && name_hidden(visit, *expect.offered))
      doubts.push_back({"whether the ticket offered is " + *expect.offered + " could not be seen", visit.at()});
  });
  return doubts;
}

std::span<const Rule> expectation_rules() { return rules; }

}  // namespace ti

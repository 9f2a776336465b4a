#include "rules/subjects.hpp"
#include "rules/view.hpp"

namespace ti {

namespace {

bool tls13_answered(const Exchange& exchange) { return exchange.tls13() && exchange.server_hello != nullptr; }

void only_in_encrypted_extensions(const Exchange& exchange, Findings& findings) {
  for (std::size_t i = exchange.begin(); i < exchange.handshake.end; ++i) {
    const Message& message = exchange.messages()[i];
    const auto* hello = message.as<ServerHello>();
    if (message.from == Side::server && hello != nullptr && find(hello->extensions, ext::ticket_request) != nullptr)
      findings.push_back(breach(exchange.at(i), "ticket_request stands in a " + std::string(name(message.type)) +
                                                    "; it may stand in EncryptedExtensions only"));
  }
}

std::optional<std::size_t> answer_of(const Exchange& exchange) {
  const auto message = exchange.find(Side::server, MessageType::encrypted_extensions);
  const auto* extensions = message ? exchange.messages()[*message].as<EncryptedExtensions>() : nullptr;
  return extensions != nullptr && extensions->ticket_request ? message : std::nullopt;
}

bool answers(const Exchange& exchange) { return exchange.client_hello != nullptr && answer_of(exchange).has_value(); }

void answered_only_if_asked(const Exchange& exchange, Findings& findings) {
  if (!exchange.client_hello->ticket_request)
    findings.push_back(
        breach(exchange.at(answer_of(exchange)), "the server answers a ticket_request that the client did not make"));
}

/// What is wrong with the answer to ticket_request, so that the client has to abort; nullptr for nothing.
const char* wrong_answer(const Exchange& exchange) {
  for (std::size_t i = exchange.begin(); i < exchange.handshake.end; ++i)
    if (const auto* hello = exchange.messages()[i].as<ServerHello>();
        hello != nullptr && find(hello->extensions, ext::ticket_request) != nullptr)
      return "answered ticket_request in a hello";
  return answers(exchange) && !exchange.client_hello->ticket_request ? "answered a ticket_request that it had not made"
                                                                     : nullptr;
}

void answer_checked(const Exchange& exchange, Findings& findings) {
  const char* wrong = wrong_answer(exchange);
  const auto finished = exchange.find(Side::client, MessageType::finished);
  if (wrong != nullptr && finished)
    findings.push_back(
        breach(exchange.at(*finished), std::string("the client finished the handshake though the server ") + wrong));
}

/// A server that has answered the extension in this connection knows the document.
bool has_tickets(const Exchange& exchange) {
  return exchange.tls13() && !exchange.handshake.new_tickets.empty() && answer_of(exchange).has_value();
}

void at_most_255(const Exchange& exchange, Findings& findings) {
  constexpr std::size_t most = 255;
  if (exchange.handshake.new_tickets.size() > most)
    findings.push_back(breach(exchange.at(exchange.handshake.new_tickets[most]),
                              "the server sent " + std::to_string(exchange.handshake.new_tickets.size()) +
                                  " tickets in one connection, more than 255"));
}

bool answers_with_tickets(const Exchange& exchange) {
  return answers(exchange) && exchange.client_hello->ticket_request && !exchange.handshake.new_tickets.empty();
}

void not_more_than_asked(const Exchange& exchange, Findings& findings) {
  const TicketRequest& request = *exchange.client_hello->ticket_request;
  const std::size_t asked = exchange.handshake.abbreviated ? request.resumption_count : request.new_session_count;
  const auto& tickets = exchange.handshake.new_tickets;
  if (tickets.size() > asked)
    findings.push_back(breach(exchange.at(tickets[asked]), "the server sent " + std::to_string(tickets.size()) +
                                                               " tickets to a client that asked for " +
                                                               std::to_string(asked)));
}

bool retried(const Exchange& exchange) {
  return exchange.handshake.first_client_hello.has_value() && exchange.client_hello != nullptr;
}

void same_after_retry(const Exchange& exchange, Findings& findings) {
  const auto* first = exchange.messages()[*exchange.handshake.first_client_hello].as<ClientHello>();
  if (first == nullptr) return;
  const auto& before = first->ticket_request;
  const auto& after = exchange.client_hello->ticket_request;
  const bool same =
      before.has_value() == after.has_value() && (!before || (before->new_session_count == after->new_session_count &&
                                                              before->resumption_count == after->resumption_count));
  if (!same)
    findings.push_back(breach(exchange.at(exchange.handshake.client_hello),
                              "the client's ticket_request is not the same after the HelloRetryRequest"));
}

/// A client that asks for tickets by number knows the document.
bool offers_of_own_choice(const Exchange& exchange) {
  return exchange.client_hello != nullptr && !exchange.client_hello->psks.empty() && !exchange.offer_forced() &&
         exchange.client_hello->ticket_request.has_value();
}

/// Number of an earlier connection in which the server refused a ticket that came with this one; 0 for none.
std::size_t sibling_refused(const Exchange& exchange, const Origin& origin) {
  for (std::size_t number = origin.connection + 1; number < exchange.number; ++number) {
    const ObservedConnection& between = exchange.cell.connections[number - 1];
    const Handshake* handshake = first_handshake(between);
    if (handshake == nullptr || handshake->kind != HandshakeKind::full) continue;
    const auto* hello = between.transcript.messages[handshake->client_hello].as<ClientHello>();
    if (hello == nullptr) continue;
    for (const PskIdentity& psk : hello->psks) {
      const auto refused = origin_of(exchange.cell, psk.identity, number);
      if (refused && refused->connection == origin.connection) return number;
    }
  }
  return 0;
}

void siblings_dropped(const Exchange& exchange, Findings& findings) {
  for (const PskIdentity& psk : exchange.client_hello->psks) {
    const auto origin = origin_of(exchange.cell, psk.identity, exchange.number);
    const std::size_t refused = origin ? sibling_refused(exchange, *origin) : 0;
    if (refused == 0) continue;
    findings.push_back(breach(exchange.at(exchange.handshake.client_hello),
                              "the client offered a ticket of connection " + std::to_string(origin->connection) +
                                  " though the server had refused one of the same in connection " +
                                  std::to_string(refused)));
    return;
  }
}

constexpr Rule rules[] = {
    rule_about<tls13_answered, only_in_encrypted_extensions>(
        "rfc9149-3-encrypted-extensions-only", Actor::server, "RFC 9149 3", Severity::must,
        "A server answers ticket_request in EncryptedExtensions and nowhere else."),
    rule_about<answers, answered_only_if_asked>("rfc9149-3-answered-only-if-asked", Actor::server,
                                                "RFC 9149 3, RFC 8446 4.2, RFC 9846 4.3", Severity::must,
                                                "A server sends ticket_request only to a client that sent it."),
    rule_about<tls13_answered, answer_checked>(
        "rfc9149-3-answer-checked", Actor::client, "RFC 9149 3, RFC 8446 4.2, RFC 9846 4.3", Severity::must,
        "A client aborts when ticket_request comes unasked or outside EncryptedExtensions."),
    rule_about<has_tickets, at_most_255>("rfc9149-3-at-most-255", Actor::server, "RFC 9149 3", Severity::should,
                                         "A server sends at most 255 tickets in a connection."),
    rule_about<answers_with_tickets, not_more_than_asked>(
        "rfc9149-3-not-more-than-asked", Actor::server, "RFC 9149 3", Severity::should,
        "A server that heeds ticket_request sends no more tickets than asked for."),
    rule_about<retried, same_after_retry>("rfc9149-3-same-after-retry", Actor::client, "RFC 9149 3", Severity::must,
                                          "ticket_request stays the same after a HelloRetryRequest."),
    rule_about<offers_of_own_choice, siblings_dropped>(
        "rfc9149-3-siblings-dropped", Actor::client, "RFC 9149 3", Severity::should,
        "When the server refuses a ticket, a client takes those that came with it for refused too."),
};

}  // namespace

std::span<const Rule> rfc9149_rules() { return rules; }

}  // namespace ti

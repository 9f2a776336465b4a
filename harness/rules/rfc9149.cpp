#include "rules/subjects.hpp"
#include "rules/view.hpp"

namespace ti {

namespace {

bool tls13_answered(const HandshakeView& view) { return view.tls13() && view.server_hello != nullptr; }

void only_in_encrypted_extensions(const HandshakeView& view, Breaches& breaches) {
  for (std::size_t i = view.begin(); i < view.handshake.end; ++i) {
    const Message& message = view.messages()[i];
    const auto* hello = message.as<ServerHello>();
    if (message.from == Side::server && hello != nullptr && find(hello->extensions, ext::ticket_request) != nullptr)
      breaches.push_back(breach_at(view.at(i), "ticket_request stands in a " + std::string(name(message.type)) +
                                                   "; it may stand in EncryptedExtensions only"));
  }
}

std::optional<std::size_t> answer_of(const HandshakeView& view) {
  const auto message = view.find(Side::server, MessageType::encrypted_extensions);
  const auto* extensions = message ? view.messages()[*message].as<EncryptedExtensions>() : nullptr;
  return extensions != nullptr && extensions->ticket_request ? message : std::nullopt;
}

bool answers(const HandshakeView& view) { return view.client_hello != nullptr && answer_of(view).has_value(); }

void answered_only_if_asked(const HandshakeView& view, Breaches& breaches) {
  if (!view.client_hello->ticket_request)
    breaches.push_back(
        breach_at(view.at(answer_of(view)), "the server answers a ticket_request that the client did not make"));
}

/// What is wrong with the answer to ticket_request, so that the client has to abort; nullptr for nothing.
const char* wrong_answer(const HandshakeView& view) {
  for (std::size_t i = view.begin(); i < view.handshake.end; ++i)
    if (const auto* hello = view.messages()[i].as<ServerHello>();
        hello != nullptr && find(hello->extensions, ext::ticket_request) != nullptr)
      return "answered ticket_request in a hello";
  return answers(view) && !view.client_hello->ticket_request ? "answered a ticket_request that it had not made"
                                                             : nullptr;
}

void answer_checked(const HandshakeView& view, Breaches& breaches) {
  const char* wrong = wrong_answer(view);
  const auto finished = view.find(Side::client, MessageType::finished);
  if (wrong != nullptr && finished)
    breaches.push_back(
        breach_at(view.at(*finished), std::string("the client finished the handshake though the server ") + wrong));
}

/// A server that has answered the extension in this connection knows the document.
bool has_tickets(const HandshakeView& view) {
  return view.tls13() && !view.handshake.new_tickets.empty() && answer_of(view).has_value();
}

void at_most_255(const HandshakeView& view, Breaches& breaches) {
  constexpr std::size_t most = 255;
  if (view.handshake.new_tickets.size() > most)
    breaches.push_back(breach_at(view.at(view.handshake.new_tickets[most]),
                                 "the server sent " + std::to_string(view.handshake.new_tickets.size()) +
                                     " tickets in one connection, more than 255"));
}

bool answers_with_tickets(const HandshakeView& view) {
  return answers(view) && view.client_hello->ticket_request && !view.handshake.new_tickets.empty();
}

void not_more_than_asked(const HandshakeView& view, Breaches& breaches) {
  const TicketRequest& request = *view.client_hello->ticket_request;
  const std::size_t asked = view.handshake.abbreviated ? request.resumption_count : request.new_session_count;
  const auto& tickets = view.handshake.new_tickets;
  if (tickets.size() > asked)
    breaches.push_back(breach_at(view.at(tickets[asked]), "the server sent " + std::to_string(tickets.size()) +
                                                              " tickets to a client that asked for " +
                                                              std::to_string(asked)));
}

bool retried(const HandshakeView& view) {
  return view.handshake.first_client_hello.has_value() && view.client_hello != nullptr;
}

void same_after_retry(const HandshakeView& view, Breaches& breaches) {
  const auto* first = view.messages()[*view.handshake.first_client_hello].as<ClientHello>();
  if (first == nullptr) return;
  const auto& before = first->ticket_request;
  const auto& after = view.client_hello->ticket_request;
  const bool same =
      before.has_value() == after.has_value() && (!before || (before->new_session_count == after->new_session_count &&
                                                              before->resumption_count == after->resumption_count));
  if (!same)
    breaches.push_back(breach_at(view.at(view.handshake.client_hello),
                                 "the client's ticket_request is not the same after the HelloRetryRequest"));
}

/// A client that asks for tickets by number knows the document.
bool offers_of_own_choice(const HandshakeView& view) {
  return view.client_hello != nullptr && !view.client_hello->psks.empty() && !view.offer_forced() &&
         view.client_hello->ticket_request.has_value();
}

/// Number of an earlier connection in which the server refused a ticket that came with this one; 0 for none.
std::size_t sibling_refused(const HandshakeView& view, const Origin& origin) {
  for (std::size_t number = origin.connection + 1; number < view.number; ++number) {
    const ObservedConnection& between = view.cell.connections[number - 1];
    const Handshake* handshake = first_handshake(between);
    if (handshake == nullptr || handshake->kind != HandshakeKind::full) continue;
    const auto* hello = between.transcript.messages[handshake->client_hello].as<ClientHello>();
    if (hello == nullptr) continue;
    for (const PskIdentity& psk : hello->psks) {
      const auto refused = origin_of(view.cell, psk.identity, number);
      if (refused && refused->connection == origin.connection) return number;
    }
  }
  return 0;
}

void siblings_dropped(const HandshakeView& view, Breaches& breaches) {
  for (const PskIdentity& psk : view.client_hello->psks) {
    const auto origin = origin_of(view.cell, psk.identity, view.number);
    const std::size_t refused = origin ? sibling_refused(view, *origin) : 0;
    if (refused == 0) continue;
    breaches.push_back(breach_at(view.at(view.handshake.client_hello),
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

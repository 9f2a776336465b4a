#include "rules/obstacles.hpp"
#include "rules/subjects.hpp"
#include "rules/view.hpp"

namespace ti {

namespace {

bool below_13(const HandshakeView& view) { return view.server_hello != nullptr && !view.tls13(); }

bool has_ticket(const HandshakeView& view) { return below_13(view) && !view.handshake.new_tickets.empty(); }

/// The same by the kinds of the messages alone, for when nobody could read the ServerHello.
bool shows_ticket(const HandshakeView& view) {
  return view.version != Version::none && !view.tls13() && !view.handshake.new_tickets.empty();
}

bool promises(const HandshakeView& view) { return below_13(view) && view.server_hello->ticket_promised; }

bool resumed_by_ticket(const HandshakeView& view) {
  return below_13(view) && view.handshake.abbreviated && view.handshake.resumed_by == ResumedBy::ticket;
}

bool full_with_ticket(const HandshakeView& view) {
  return shows_ticket(view) && view.handshake.server_hello && !view.handshake.abbreviated;
}

void announced_only_if_asked(const HandshakeView& view, Breaches& breaches) {
  if (view.client_hello != nullptr && !view.client_hello->ticket)
    breaches.push_back(breach_at(view.at(view.handshake.server_hello),
                                 "the ServerHello has the SessionTicket extension, which the ClientHello had not"));
}

void no_unannounced(const HandshakeView& view, Breaches& breaches) {
  if (!view.server_hello->ticket_promised)
    breaches.push_back(breach_at(view.at(view.handshake.new_tickets.front()),
                                 "a NewSessionTicket came, but the ServerHello had no SessionTicket extension"));
}

void promise_kept(const HandshakeView& view, Breaches& breaches) {
  const auto change = view.find(Side::server, MessageType::change_cipher_spec, view.handshake.server_hello.value_or(0));
  if (change && view.handshake.new_tickets.empty())
    breaches.push_back(breach_at(
        view.at(change), "the ServerHello promised a ticket, but ChangeCipherSpec came without a NewSessionTicket"));
}

void one_ticket(const HandshakeView& view, Breaches& breaches) {
  const auto& tickets = view.handshake.new_tickets;
  if (tickets.size() < 2) return;
  const bool over =
      view.handshake.client_finished && view.handshake.server_finished && *view.handshake.server_finished < tickets[1];
  const std::string kind = view.handshake.abbreviated ? "resumed" : "full";
  breaches.push_back(breach_at(view.at(tickets[1]), "the server sent a second NewSessionTicket in one " + kind +
                                                        " handshake" +
                                                        (over ? ", after both sides had finished it" : "")));
}

void before_change_cipher_spec(const HandshakeView& view, Breaches& breaches) {
  const std::size_t ticket = view.handshake.new_tickets.front();
  const auto change = view.find(Side::server, MessageType::change_cipher_spec, view.handshake.server_hello.value_or(0));
  if (change && *change < ticket)
    breaches.push_back(breach_at(view.at(ticket), "the NewSessionTicket came after the server's ChangeCipherSpec"));
}

void after_client_finished(const HandshakeView& view, Breaches& breaches) {
  const std::size_t ticket = view.handshake.new_tickets.front();
  const auto change = view.find(Side::client, MessageType::change_cipher_spec);
  const bool all_shown = view.connection.transcript.vantage == Vantage::wire;
  if (!change && !all_shown) return;
  if (!change || ticket < *change || ticket < view.handshake.client_finished.value_or(0))
    breaches.push_back(
        breach_at(view.at(ticket), "in a full handshake the NewSessionTicket came before the client's Finished"));
}

bool issues_to_newcomer(const HandshakeView& view) {
  return promises(view) && !view.handshake.abbreviated && view.client_hello != nullptr && view.client_hello->ticket &&
         view.client_hello->ticket->empty();
}

void empty_session_id(const HandshakeView& view, Breaches& breaches) {
  if (!view.server_hello->session_id.empty())
    breaches.push_back(breach_at(view.at(view.handshake.server_hello),
                                 "the server issues a ticket to a client that has none, and gives a session ID of " +
                                     std::to_string(view.server_hello->session_id.size()) + " bytes beside it"));
}

bool resumed_with_session_id(const HandshakeView& view) {
  return resumed_by_ticket(view) && view.client_hello != nullptr && !view.client_hello->session_id.empty();
}

void session_id_echoed(const HandshakeView& view, Breaches& breaches) {
  if (view.server_hello->session_id != view.client_hello->session_id)
    breaches.push_back(breach_at(view.at(view.handshake.server_hello),
                                 "the server accepted the ticket but did not repeat the ClientHello's session ID"));
}

void own_tickets_only(const HandshakeView& view, Breaches& breaches) {
  if (view.client_hello == nullptr || !view.client_hello->ticket) return;
  if (all_tickets_known(view.cell, view.number) && !origin_of(view.cell, *view.client_hello->ticket, view.number + 1))
    breaches.push_back(
        breach_at(view.at(view.handshake.server_hello), "the server accepted a ticket of " +
                                                            std::to_string(view.client_hello->ticket->size()) +
                                                            " bytes that is none of those it had issued"));
}

/// The connection just before, if the same server renewed this very ticket in it and the client never finished.
bool after_unfinished_renewal(const HandshakeView& view) {
  if (!below_13(view) || view.number < 2 || view.client_hello == nullptr || !view.client_hello->ticket) return false;
  const ObservedConnection& before = view.cell.connections[view.number - 2];
  if (before.generation != view.connection.generation) return false;
  const Handshake* handshake = first_handshake(before);
  if (handshake == nullptr || !handshake->abbreviated || handshake->new_tickets.empty() || handshake->client_finished)
    return false;
  const auto* hello = before.transcript.messages[handshake->client_hello].as<ClientHello>();
  return hello != nullptr && hello->ticket && hello->ticket == view.client_hello->ticket;
}

void old_ticket_lives(const HandshakeView& view, Breaches& breaches) {
  const Bytes& ticket = *view.client_hello->ticket;
  if (!view.handshake.abbreviated && alive_by_policy(view, ticket) == Known::yes && !obstacle_to(view, ticket))
    breaches.push_back(
        breach_at(view.at(view.handshake.server_hello),
                  "the server refused a ticket whose renewal the client had never confirmed by its Finished, "
                  "though the ticket's key is still alive"));
}

constexpr Rule rules[] = {
    rule_about<promises, announced_only_if_asked>(
        "rfc5077-3.2-announced-only-if-asked", Actor::server, "RFC 5077 3.2", Severity::must,
        "A server announces a ticket only to a client that sent the SessionTicket extension."),
    rule_about<resumed_by_ticket, own_tickets_only>(
        "rfc5077-5.2-own-tickets-only", Actor::server, "RFC 5077 5.2", Severity::must,
        "A server accepts no ticket but those it issued: a changed bit anywhere means a full handshake."),
    rule_about<has_ticket, no_unannounced>(
        "rfc5077-3.3-unannounced", Actor::server, "RFC 5077 3.3", Severity::must,
        "A server that did not put the SessionTicket extension into its ServerHello sends no NewSessionTicket."),
    rule_about<promises, promise_kept>(
        "rfc5077-3.3-promised-not-sent", Actor::server, "RFC 5077 3.3", Severity::must,
        "A server that put the SessionTicket extension into its ServerHello sends a NewSessionTicket.",
        Rests::on_order),
    rule_about<shows_ticket, one_ticket>("rfc5077-3.3-one-ticket", Actor::server, "RFC 5077 3.3", Severity::must,
                                         "A handshake brings one NewSessionTicket, and none after it is finished.",
                                         Rests::on_types),
    rule_about<shows_ticket, before_change_cipher_spec>(
        "rfc5077-3.3-before-ccs", Actor::server, "RFC 5077 3.3", Severity::must,
        "The NewSessionTicket stands before the server's ChangeCipherSpec.", Rests::on_order),
    rule_about<full_with_ticket, after_client_finished>(
        "rfc5077-3.3-after-client-finished", Actor::server, "RFC 5077 3.3", Severity::must,
        "In a full handshake a server verifies the client's Finished before it sends the ticket.", Rests::on_order),
    rule_about<after_unfinished_renewal, old_ticket_lives>(
        "rfc5077-3.3-old-ticket-lives", Actor::server, "RFC 5077 3.3", Severity::must,
        "A server does not count on the client having the renewed ticket before it has seen the client's Finished."),
    rule_about<issues_to_newcomer, empty_session_id>(
        "rfc5077-3.4-empty-session-id", Actor::server, "RFC 5077 3.4", Severity::should,
        "A server that issues a ticket to a client without one leaves the session ID empty."),
    rule_about<resumed_with_session_id, session_id_echoed>(
        "rfc5077-3.4-echo-session-id", Actor::server, "RFC 5077 3.4", Severity::must,
        "A server that accepts a ticket repeats the session ID of the ClientHello, if there is one."),
};

}  // namespace

std::span<const Rule> rfc5077_server_rules() { return rules; }

}  // namespace ti

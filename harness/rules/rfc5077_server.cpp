#include "rules/obstacles.hpp"
#include "rules/subjects.hpp"
#include "rules/view.hpp"

namespace ti {

namespace {

bool below_13(const Exchange& exchange) { return exchange.server_hello != nullptr && !exchange.tls13(); }

bool has_ticket(const Exchange& exchange) { return below_13(exchange) && !exchange.handshake.new_tickets.empty(); }

/// The same by the kinds of the messages alone, for when nobody could read the ServerHello.
bool shows_ticket(const Exchange& exchange) {
  return exchange.version != Version::none && !exchange.tls13() && !exchange.handshake.new_tickets.empty();
}

bool promises(const Exchange& exchange) { return below_13(exchange) && exchange.server_hello->ticket_promised; }

bool resumed_by_ticket(const Exchange& exchange) {
  return below_13(exchange) && exchange.handshake.abbreviated && exchange.handshake.resumed_by == ResumedBy::ticket;
}

bool full_with_ticket(const Exchange& exchange) {
  return shows_ticket(exchange) && exchange.handshake.server_hello && !exchange.handshake.abbreviated;
}

void announced_only_if_asked(const Exchange& exchange, Findings& findings) {
  if (exchange.client_hello != nullptr && !exchange.client_hello->ticket)
    findings.push_back(breach(exchange.at(exchange.handshake.server_hello),
                              "the ServerHello has the SessionTicket extension, which the ClientHello had not"));
}

void no_unannounced(const Exchange& exchange, Findings& findings) {
  if (!exchange.server_hello->ticket_promised)
    findings.push_back(breach(exchange.at(exchange.handshake.new_tickets.front()),
                              "a NewSessionTicket came, but the ServerHello had no SessionTicket extension"));
}

void promise_kept(const Exchange& exchange, Findings& findings) {
  const auto change =
      exchange.find(Side::server, MessageType::change_cipher_spec, exchange.handshake.server_hello.value_or(0));
  if (change && exchange.handshake.new_tickets.empty())
    findings.push_back(
        breach(exchange.at(change),
               "the ServerHello promised a ticket, but ChangeCipherSpec came without a NewSessionTicket"));
}

void one_ticket(const Exchange& exchange, Findings& findings) {
  const auto& tickets = exchange.handshake.new_tickets;
  if (tickets.size() < 2) return;
  const bool over = exchange.handshake.client_finished && exchange.handshake.server_finished &&
                    *exchange.handshake.server_finished < tickets[1];
  const std::string kind = exchange.handshake.abbreviated ? "resumed" : "full";
  findings.push_back(breach(exchange.at(tickets[1]), "the server sent a second NewSessionTicket in one " + kind +
                                                         " handshake" +
                                                         (over ? ", after both sides had finished it" : "")));
}

void before_change_cipher_spec(const Exchange& exchange, Findings& findings) {
  const std::size_t ticket = exchange.handshake.new_tickets.front();
  const auto change =
      exchange.find(Side::server, MessageType::change_cipher_spec, exchange.handshake.server_hello.value_or(0));
  if (change && *change < ticket)
    findings.push_back(breach(exchange.at(ticket), "the NewSessionTicket came after the server's ChangeCipherSpec"));
}

void after_client_finished(const Exchange& exchange, Findings& findings) {
  const std::size_t ticket = exchange.handshake.new_tickets.front();
  const auto change = exchange.find(Side::client, MessageType::change_cipher_spec);
  const bool all_shown = exchange.connection.transcript.vantage == Vantage::wire;
  if (!change && !all_shown) return;
  if (!change || ticket < *change || ticket < exchange.handshake.client_finished.value_or(0))
    findings.push_back(
        breach(exchange.at(ticket), "in a full handshake the NewSessionTicket came before the client's Finished"));
}

bool issues_to_newcomer(const Exchange& exchange) {
  return promises(exchange) && !exchange.handshake.abbreviated && exchange.client_hello != nullptr &&
         exchange.client_hello->ticket && exchange.client_hello->ticket->empty();
}

void empty_session_id(const Exchange& exchange, Findings& findings) {
  if (!exchange.server_hello->session_id.empty())
    findings.push_back(breach(exchange.at(exchange.handshake.server_hello),
                              "the server issues a ticket to a client that has none, and gives a session ID of " +
                                  std::to_string(exchange.server_hello->session_id.size()) + " bytes beside it"));
}

bool resumed_with_session_id(const Exchange& exchange) {
  return resumed_by_ticket(exchange) && exchange.client_hello != nullptr && !exchange.client_hello->session_id.empty();
}

void session_id_echoed(const Exchange& exchange, Findings& findings) {
  if (exchange.server_hello->session_id != exchange.client_hello->session_id)
    findings.push_back(breach(exchange.at(exchange.handshake.server_hello),
                              "the server accepted the ticket but did not repeat the ClientHello's session ID"));
}

void own_tickets_only(const Exchange& exchange, Findings& findings) {
  if (exchange.client_hello == nullptr || !exchange.client_hello->ticket) return;
  if (all_tickets_known(exchange.cell, exchange.number) &&
      !origin_of(exchange.cell, *exchange.client_hello->ticket, exchange.number + 1))
    findings.push_back(
        breach(exchange.at(exchange.handshake.server_hello), "the server accepted a ticket of " +
                                                                 std::to_string(exchange.client_hello->ticket->size()) +
                                                                 " bytes that is none of those it had issued"));
}

/// The connection just before, if the same server renewed this very ticket in it and the client never finished.
bool after_unfinished_renewal(const Exchange& exchange) {
  if (!below_13(exchange) || exchange.number < 2 || exchange.client_hello == nullptr || !exchange.client_hello->ticket)
    return false;
  const ObservedConnection& before = exchange.cell.connections[exchange.number - 2];
  if (before.generation != exchange.connection.generation) return false;
  const Handshake* handshake = first_handshake(before);
  if (handshake == nullptr || !handshake->abbreviated || handshake->new_tickets.empty() || handshake->client_finished)
    return false;
  const auto* hello = before.transcript.messages[handshake->client_hello].as<ClientHello>();
  return hello != nullptr && hello->ticket && hello->ticket == exchange.client_hello->ticket;
}

void old_ticket_lives(const Exchange& exchange, Findings& findings) {
  const Bytes& ticket = *exchange.client_hello->ticket;
  if (!exchange.handshake.abbreviated && alive_by_policy(exchange, ticket) == Known::yes &&
      !obstacle_to(exchange, ticket))
    findings.push_back(
        breach(exchange.at(exchange.handshake.server_hello),
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

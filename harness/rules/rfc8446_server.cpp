#include <cstring>

#include "rules/subjects.hpp"
#include "rules/view.hpp"

namespace ti {

namespace {

bool has_ticket(const Exchange& exchange) { return exchange.tls13() && !exchange.handshake.new_tickets.empty(); }

bool selects_psk(const Exchange& exchange) {
  return exchange.tls13() && exchange.server_hello != nullptr && exchange.client_hello != nullptr &&
         exchange.server_hello->selected_psk.has_value();
}

template <class Test>
void each_ticket(const Exchange& exchange, Test test) {
  for (const std::size_t message : exchange.handshake.new_tickets)
    if (const NewSessionTicket* ticket = exchange.ticket(message)) test(message, *ticket);
}

void lifetime_bounded(const Exchange& exchange, Findings& findings) {
  each_ticket(exchange, [&](std::size_t message, const NewSessionTicket& ticket) {
    if (std::chrono::seconds(ticket.lifetime) > longest_lifetime)
      findings.push_back(breach(exchange.at(message), "the ticket's lifetime is " + std::to_string(ticket.lifetime) +
                                                          " s, more than the seven days allowed"));
  });
}

void not_empty(const Exchange& exchange, Findings& findings) {
  each_ticket(exchange, [&](std::size_t message, const NewSessionTicket& ticket) {
    if (ticket.ticket.empty())
      findings.push_back(breach(exchange.at(message), "the NewSessionTicket holds a ticket of zero length"));
  });
}

/// The first ticket of the cell, before message `message` of this exchange, that has the same ticket_age_add.
std::optional<std::size_t> same_age_add(const Exchange& exchange, std::size_t message, std::uint32_t age_add) {
  for (std::size_t number = 1; number <= exchange.number; ++number) {
    const ObservedConnection& connection = exchange.cell.connections[number - 1];
    for (const Handshake& handshake : connection.handshakes)
      for (const std::size_t other : handshake.new_tickets) {
        if (number == exchange.number && other >= message) continue;
        const auto* ticket = connection.transcript.messages[other].as<NewSessionTicket>();
        if (ticket != nullptr && ticket->age_add == age_add) return number;
      }
  }
  return std::nullopt;
}

void age_add_fresh(const Exchange& exchange, Findings& findings) {
  each_ticket(exchange, [&](std::size_t message, const NewSessionTicket& ticket) {
    if (!ticket.age_add) return;
    if (const auto earlier = same_age_add(exchange, message, *ticket.age_add))
      findings.push_back(breach(exchange.at(message), "ticket_age_add is " + std::to_string(*ticket.age_add) +
                                                          ", as it was in a ticket of connection " +
                                                          std::to_string(*earlier)));
  });
}

void nonce_unique(const Exchange& exchange, Findings& findings) {
  std::vector<const Bytes*> seen;
  each_ticket(exchange, [&](std::size_t message, const NewSessionTicket& ticket) {
    const bool again =
        std::any_of(seen.begin(), seen.end(), [&](const Bytes* nonce) { return *nonce == ticket.nonce; });
    if (again)
      findings.push_back(breach(exchange.at(message),
                                "two tickets of one connection have the same nonce, " +
                                    (ticket.nonce.empty() ? std::string("the empty one") : to_hex(ticket.nonce))));
    seen.push_back(&ticket.nonce);
  });
}

/// The extensions of RFC 8446 4.2 that its table allows elsewhere only: a client that knows them rejects the message.
void extensions_in_place(const Exchange& exchange, Findings& findings) {
  constexpr std::uint16_t elsewhere[] = {0,  1,  5,  10, 13, 14, 15, 16, 18, 19, 20,
                                         21, 41, 43, 44, 45, 47, 48, 49, 50, 51};
  each_ticket(exchange, [&](std::size_t message, const NewSessionTicket& ticket) {
    for (const Extension& extension : ticket.extensions)
      if (std::find(std::begin(elsewhere), std::end(elsewhere), extension.type) != std::end(elsewhere))
        findings.push_back(breach(
            exchange.at(message),
            "the NewSessionTicket has extension " + std::to_string(extension.type) + ", which may not stand in it"));
  });
}

void after_finished(const Exchange& exchange, Findings& findings) {
  const std::size_t ticket = exchange.handshake.new_tickets.front();
  if (!exchange.handshake.server_finished && tickets_hidden(exchange.connection)) return;
  if (!exchange.handshake.server_finished || ticket < *exchange.handshake.server_finished)
    findings.push_back(breach(exchange.at(ticket), "the NewSessionTicket came before the server's own Finished"));
}

void modes_fit(const Exchange& exchange, Findings& findings) {
  const ClientHello* hello = exchange.client_hello;
  if (hello != nullptr &&
      std::none_of(hello->psk_modes.begin(), hello->psk_modes.end(), [](std::uint8_t mode) { return mode <= 1; }))
    findings.push_back(breach(exchange.at(exchange.handshake.new_tickets.front()),
                              "a ticket came that the client's psk_key_exchange_modes give it no way to use"));
}

void selection_in_range(const Exchange& exchange, Findings& findings) {
  const std::size_t offered = exchange.client_hello->psks.size();
  if (*exchange.server_hello->selected_psk >= offered)
    findings.push_back(breach(exchange.at(exchange.handshake.server_hello),
                              "the server selected PSK number " + std::to_string(*exchange.server_hello->selected_psk) +
                                  " of " + std::to_string(offered) + " offered, counted from 0"));
}

void mode_offered(const Exchange& exchange, Findings& findings) {
  const std::uint8_t mode = exchange.server_hello->key_share ? 1 : 0;
  const auto& modes = exchange.client_hello->psk_modes;
  if (std::find(modes.begin(), modes.end(), mode) == modes.end())
    findings.push_back(breach(exchange.at(exchange.handshake.server_hello),
                              std::string("the server took the PSK ") + (mode == 1 ? "with" : "without") +
                                  " a key share, which the client's psk_key_exchange_modes do not allow"));
}

void no_certificate(const Exchange& exchange, Findings& findings) {
  constexpr std::uint16_t cert_with_extern_psk = 33;  // RFC 8773
  if (find(exchange.server_hello->extensions, cert_with_extern_psk) != nullptr) return;
  for (const MessageType type : {MessageType::certificate_request, MessageType::certificate}) {
    const auto message = exchange.find(Side::server, type, exchange.handshake.server_hello.value_or(0));
    if (message && (!exchange.handshake.server_finished || *message < *exchange.handshake.server_finished))
      findings.push_back(breach(exchange.at(*message),
                                "the server resumed by PSK and sent a " + std::string(name(type)) + " all the same"));
  }
}

/// The hash of the handshake that issued the selected PSK; nullptr when it was not seen.
const char* hash_of_selected(const Exchange& exchange) {
  const PskIdentity* psk = selects_psk(exchange) ? selected_psk(exchange) : nullptr;
  return psk == nullptr ? nullptr : hash_of(exchange, *psk);
}

bool selects_known_psk(const Exchange& exchange) { return hash_of_selected(exchange) != nullptr; }

void same_hash(const Exchange& exchange, Findings& findings) {
  const char* issued = hash_of_selected(exchange);
  const char* now = hash_of(exchange.server_hello->suite);
  if (now == nullptr || std::strcmp(issued, now) == 0) return;
  findings.push_back(breach(
      exchange.at(exchange.handshake.server_hello),
      "the server resumed with " + suite_name(exchange.server_hello->suite) + " a session whose hash is " + issued));
}

bool completed_13(const Exchange& exchange) {
  return exchange.tls13() && exchange.completed() && exchange.client_hello != nullptr;
}

void asks_only_the_willing(const Exchange& exchange, Findings& findings) {
  constexpr std::uint16_t post_handshake_auth = 49;
  const auto asked = exchange.find(Side::server, MessageType::certificate_request, *exchange.handshake.server_finished);
  if (asked && find(exchange.client_hello->extensions, post_handshake_auth) == nullptr)
    findings.push_back(breach(exchange.at(*asked),
                              "after the handshake the server asked a client for a certificate that had not offered "
                              "post_handshake_auth"));
}

/// With several PSKs the bit may be that of a binder which the server had no need to check.
bool hello_flipped(const Exchange& exchange) {
  const auto& flip = exchange.connection.connect.disturb.flip;
  return exchange.flipped_by_harness() && flip && flip->message == MessageType::client_hello &&
         flip->from == Side::client && exchange.client_hello != nullptr && exchange.client_hello->psks.size() == 1;
}

void binder_checked(const Exchange& exchange, Findings& findings) {
  if (exchange.server_hello != nullptr && exchange.server_hello->selected_psk)
    findings.push_back(
        breach(exchange.at(exchange.handshake.server_hello),
               "the server accepted a PSK though a bit of the ClientHello was changed on the way, so that "
               "its binder cannot fit"));
}

void own_tickets_only(const Exchange& exchange, Findings& findings) {
  const PskIdentity* psk = selected_psk(exchange);
  if (psk == nullptr || exchange.flipped_by_harness() || !all_tickets_known(exchange.cell, exchange.number)) return;
  if (!origin_of(exchange.cell, psk->identity, exchange.number + 1))
    findings.push_back(breach(exchange.at(exchange.handshake.server_hello),
                              "the server accepted a PSK identity of " + std::to_string(psk->identity.size()) +
                                  " bytes that is no ticket it had issued"));
}

bool completed_in_sight(const Exchange& exchange) {
  const auto tickets = exchange.cell.policy.values.find("tickets");
  const bool off = tickets != exchange.cell.policy.values.end() && to_text(tickets->second) == "off";
  return exchange.tls13() && exchange.completed() && !off && !tickets_hidden(exchange.connection) &&
         !exchange.cut_by_harness() && exchange.client_hello != nullptr && !exchange.client_hello->psk_modes.empty() &&
         !exchange.client_hello->ticket_request;
}

void tickets_replaced(const Exchange& exchange, Findings& findings) {
  if (exchange.handshake.new_tickets.empty())
    findings.push_back(breach(exchange.at(),
                              "the server issued no new ticket in a TLS 1.3 connection, so that a client "
                              "that uses each ticket once runs out of them"));
}

constexpr Rule rules[] = {
    rule_about<has_ticket, lifetime_bounded>("rfc8446-4.6.1-lifetime", Actor::server, "RFC 8446 4.6.1, RFC 9846 4.7.1",
                                             Severity::must, "A ticket's lifetime is at most seven days.",
                                             Rests::on_message),
    rule_about<has_ticket, not_empty>("rfc8446-4.6.1-not-empty", Actor::server, "RFC 8446 4.6.1, RFC 9846 4.7.1",
                                      Severity::must, "A ticket is at least one byte long.", Rests::on_message),
    rule_about<has_ticket, age_add_fresh>("rfc8446-4.6.1-age-add-fresh", Actor::server,
                                          "RFC 8446 4.6.1, RFC 9846 4.7.1", Severity::must,
                                          "Every ticket has a ticket_age_add of its own."),
    rule_about<has_ticket, nonce_unique>("rfc8446-4.6.1-nonce-unique", Actor::server, "RFC 8446 4.6.1, RFC 9846 4.7.1",
                                         Severity::must, "No two tickets of a connection have the same nonce."),
    rule_about<has_ticket, extensions_in_place>(
        "rfc8446-4.2-ticket-extensions", Actor::server, "RFC 8446 4.2, RFC 9846 4.3", Severity::must,
        "A NewSessionTicket has no extension whose place is elsewhere.", Rests::on_message),
    rule_about<has_ticket, after_finished>("rfc8446-4.6.1-after-finished", Actor::server,
                                           "RFC 8446 4.6.1, RFC 9846 4.7.1", Severity::must,
                                           "No NewSessionTicket comes before the server's Finished."),
    rule_about<has_ticket, modes_fit>("rfc8446-4.2.9-usable-ticket", Actor::server, "RFC 8446 4.2.9, RFC 9846 4.3.9",
                                      Severity::should,
                                      "A server sends no tickets that the client's psk_key_exchange_modes give it "
                                      "no way to use."),
    rule_about<selects_psk, mode_offered>("rfc8446-4.2.9-mode-offered", Actor::server, "RFC 8446 4.2.9, RFC 9846 4.3.9",
                                          Severity::must, "A server uses a PSK only in a mode that the client listed."),
    rule_about<selects_psk, selection_in_range>("rfc8446-4.2.11-selection-in-range", Actor::server,
                                                "RFC 8446 4.2.11, RFC 9846 4.3.11", Severity::must,
                                                "A server selects one of the PSKs that were offered."),
    rule_about<selects_psk, own_tickets_only>("rfc8446-4.6.1-own-tickets-only", Actor::server,
                                              "RFC 8446 4.6.1, RFC 9846 4.7.1", Severity::must,
                                              "A server accepts no ticket but those it issued."),
    rule_about<hello_flipped, binder_checked>("rfc8446-4.2.11.2-binder-checked", Actor::server,
                                              "RFC 8446 4.2.11.2, RFC 9846 4.3.11.2", Severity::must,
                                              "A server checks the binder of the PSK that it selects."),
    rule_about<selects_known_psk, same_hash>("rfc8446-4.6.1-same-hash", Actor::server,
                                             "RFC 8446 4.2.11, 4.6.1, RFC 9846 4.3.11, 4.7.1", Severity::must,
                                             "A session is resumed only with a suite of the hash it began with."),
    rule_about<selects_psk, no_certificate>("rfc8446-4.3.2-no-certificate", Actor::server,
                                            "RFC 8446 2.2, 4.3.2, RFC 9846 2.2, 4.4.2", Severity::must,
                                            "A server that resumes by PSK neither sends nor asks for a "
                                            "certificate in the handshake."),
    rule_about<completed_13, asks_only_the_willing>(
        "rfc8446-4.6.2-post-handshake-auth", Actor::server, "RFC 8446 4.6.2, RFC 9846 4.7.2", Severity::must,
        "After the handshake a server asks for a certificate only who offered post_handshake_auth."),
    rule_about<completed_in_sight, tickets_replaced>("rfc8446-C.4-tickets-replaced", Actor::server,
                                                     "RFC 8446 C.4, RFC 9846 C.4", Severity::should,
                                                     "A server issues new tickets in every connection."),
};

}  // namespace

std::span<const Rule> rfc8446_server_rules() { return rules; }

}  // namespace ti

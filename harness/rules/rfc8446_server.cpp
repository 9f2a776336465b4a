#include <cstring>

#include "rules/subjects.hpp"
#include "rules/view.hpp"

namespace ti {

namespace {

bool has_ticket(const HandshakeView& view) { return view.tls13() && !view.handshake.new_tickets.empty(); }

bool selects_psk(const HandshakeView& view) {
  return view.tls13() && view.server_hello != nullptr && view.client_hello != nullptr &&
         view.server_hello->selected_psk.has_value();
}

template <class Test>
void each_ticket(const HandshakeView& view, Test test) {
  for (const std::size_t message : view.handshake.new_tickets)
    if (const NewSessionTicket* ticket = view.ticket(message)) test(message, *ticket);
}

void lifetime_bounded(const HandshakeView& view, Breaches& breaches) {
  each_ticket(view, [&](std::size_t message, const NewSessionTicket& ticket) {
    if (std::chrono::seconds(ticket.lifetime) > longest_lifetime)
      breaches.push_back(breach_at(view.at(message), "the ticket's lifetime is " + std::to_string(ticket.lifetime) +
                                                         " s, more than the seven days allowed"));
  });
}

void not_empty(const HandshakeView& view, Breaches& breaches) {
  each_ticket(view, [&](std::size_t message, const NewSessionTicket& ticket) {
    if (ticket.ticket.empty())
      breaches.push_back(breach_at(view.at(message), "the NewSessionTicket holds a ticket of zero length"));
  });
}

/// The first ticket of the cell, before message `message` of this handshake, that has the same ticket_age_add.
std::optional<std::size_t> same_age_add(const HandshakeView& view, std::size_t message, std::uint32_t age_add) {
  for (std::size_t number = 1; number <= view.number; ++number) {
    const ObservedConnection& connection = view.cell.connections[number - 1];
    for (const Handshake& handshake : connection.handshakes)
      for (const std::size_t other : handshake.new_tickets) {
        if (number == view.number && other >= message) continue;
        const auto* ticket = connection.transcript.messages[other].as<NewSessionTicket>();
        if (ticket != nullptr && ticket->age_add == age_add) return number;
      }
  }
  return std::nullopt;
}

void age_add_fresh(const HandshakeView& view, Breaches& breaches) {
  each_ticket(view, [&](std::size_t message, const NewSessionTicket& ticket) {
    if (!ticket.age_add) return;
    if (const auto earlier = same_age_add(view, message, *ticket.age_add))
      breaches.push_back(breach_at(view.at(message), "ticket_age_add is " + std::to_string(*ticket.age_add) +
                                                         ", as it was in a ticket of connection " +
                                                         std::to_string(*earlier)));
  });
}

void nonce_unique(const HandshakeView& view, Breaches& breaches) {
  std::vector<const Bytes*> seen;
  each_ticket(view, [&](std::size_t message, const NewSessionTicket& ticket) {
    const bool again =
        std::any_of(seen.begin(), seen.end(), [&](const Bytes* nonce) { return *nonce == ticket.nonce; });
    if (again)
      breaches.push_back(breach_at(view.at(message),
                                   "two tickets of one connection have the same nonce, " +
                                       (ticket.nonce.empty() ? std::string("the empty one") : to_hex(ticket.nonce))));
    seen.push_back(&ticket.nonce);
  });
}

/// The extensions of RFC 8446 4.2 that its table allows elsewhere only: a client that knows them rejects the message.
void extensions_in_place(const HandshakeView& view, Breaches& breaches) {
  constexpr std::uint16_t elsewhere[] = {0,  1,  5,  10, 13, 14, 15, 16, 18, 19, 20,
                                         21, 41, 43, 44, 45, 47, 48, 49, 50, 51};
  each_ticket(view, [&](std::size_t message, const NewSessionTicket& ticket) {
    for (const Extension& extension : ticket.extensions)
      if (std::find(std::begin(elsewhere), std::end(elsewhere), extension.type) != std::end(elsewhere))
        breaches.push_back(breach_at(
            view.at(message),
            "the NewSessionTicket has extension " + std::to_string(extension.type) + ", which may not stand in it"));
  });
}

void after_finished(const HandshakeView& view, Breaches& breaches) {
  const std::size_t ticket = view.handshake.new_tickets.front();
  if (!view.handshake.server_finished && tickets_hidden(view.connection)) return;
  if (!view.handshake.server_finished || ticket < *view.handshake.server_finished)
    breaches.push_back(breach_at(view.at(ticket), "the NewSessionTicket came before the server's own Finished"));
}

void modes_fit(const HandshakeView& view, Breaches& breaches) {
  const ClientHello* hello = view.client_hello;
  if (hello != nullptr &&
      std::none_of(hello->psk_modes.begin(), hello->psk_modes.end(), [](std::uint8_t mode) { return mode <= 1; }))
    breaches.push_back(breach_at(view.at(view.handshake.new_tickets.front()),
                                 "a ticket came that the client's psk_key_exchange_modes give it no way to use"));
}

void selection_in_range(const HandshakeView& view, Breaches& breaches) {
  const std::size_t offered = view.client_hello->psks.size();
  if (*view.server_hello->selected_psk >= offered)
    breaches.push_back(breach_at(view.at(view.handshake.server_hello),
                                 "the server selected PSK number " + std::to_string(*view.server_hello->selected_psk) +
                                     " of " + std::to_string(offered) + " offered, counted from 0"));
}

void mode_offered(const HandshakeView& view, Breaches& breaches) {
  const std::uint8_t mode = view.server_hello->key_share ? 1 : 0;
  const auto& modes = view.client_hello->psk_modes;
  if (std::find(modes.begin(), modes.end(), mode) == modes.end())
    breaches.push_back(breach_at(view.at(view.handshake.server_hello),
                                 std::string("the server took the PSK ") + (mode == 1 ? "with" : "without") +
                                     " a key share, which the client's psk_key_exchange_modes do not allow"));
}

void no_certificate(const HandshakeView& view, Breaches& breaches) {
  constexpr std::uint16_t cert_with_extern_psk = 33;  // RFC 8773
  if (find(view.server_hello->extensions, cert_with_extern_psk) != nullptr) return;
  for (const MessageType type : {MessageType::certificate_request, MessageType::certificate}) {
    const auto message = view.find(Side::server, type, view.handshake.server_hello.value_or(0));
    if (message && (!view.handshake.server_finished || *message < *view.handshake.server_finished))
      breaches.push_back(breach_at(
          view.at(*message), "the server resumed by PSK and sent a " + std::string(name(type)) + " all the same"));
  }
}

/// The hash of the handshake that issued the selected PSK; nullptr when it was not seen.
const char* hash_of_selected(const HandshakeView& view) {
  const PskIdentity* psk = selects_psk(view) ? selected_psk(view) : nullptr;
  return psk == nullptr ? nullptr : hash_of(view, *psk);
}

bool selects_known_psk(const HandshakeView& view) { return hash_of_selected(view) != nullptr; }

void same_hash(const HandshakeView& view, Breaches& breaches) {
  const char* issued = hash_of_selected(view);
  const char* now = hash_of(view.server_hello->suite);
  if (now == nullptr || std::strcmp(issued, now) == 0) return;
  breaches.push_back(breach_at(
      view.at(view.handshake.server_hello),
      "the server resumed with " + suite_name(view.server_hello->suite) + " a session whose hash is " + issued));
}

bool completed_13(const HandshakeView& view) {
  return view.tls13() && view.completed() && view.client_hello != nullptr;
}

void asks_only_the_willing(const HandshakeView& view, Breaches& breaches) {
  constexpr std::uint16_t post_handshake_auth = 49;
  const auto asked = view.find(Side::server, MessageType::certificate_request, *view.handshake.server_finished);
  if (asked && find(view.client_hello->extensions, post_handshake_auth) == nullptr)
    breaches.push_back(breach_at(view.at(*asked),
                                 "after the handshake the server asked a client for a certificate that had not offered "
                                 "post_handshake_auth"));
}

/// With several PSKs the bit may be that of a binder which the server had no need to check.
bool hello_flipped(const HandshakeView& view) {
  const auto& flip = view.connection.connect.disturb.flip;
  return view.flipped_by_harness() && flip && flip->message == MessageType::client_hello &&
         flip->from == Side::client && view.client_hello != nullptr && view.client_hello->psks.size() == 1;
}

void binder_checked(const HandshakeView& view, Breaches& breaches) {
  if (view.server_hello != nullptr && view.server_hello->selected_psk)
    breaches.push_back(
        breach_at(view.at(view.handshake.server_hello),
                  "the server accepted a PSK though a bit of the ClientHello was changed on the way, so that "
                  "its binder cannot fit"));
}

void own_tickets_only(const HandshakeView& view, Breaches& breaches) {
  const PskIdentity* psk = selected_psk(view);
  if (psk == nullptr || view.flipped_by_harness() || !all_tickets_known(view.cell, view.number)) return;
  if (!origin_of(view.cell, psk->identity, view.number + 1))
    breaches.push_back(breach_at(view.at(view.handshake.server_hello), "the server accepted a PSK identity of " +
                                                                           std::to_string(psk->identity.size()) +
                                                                           " bytes that is no ticket it had issued"));
}

bool completed_in_sight(const HandshakeView& view) {
  const auto tickets = view.cell.policy.values.find("tickets");
  const bool off = tickets != view.cell.policy.values.end() && to_text(tickets->second) == "off";
  return view.tls13() && view.completed() && !off && !tickets_hidden(view.connection) && !view.cut_by_harness() &&
         view.client_hello != nullptr && !view.client_hello->psk_modes.empty() && !view.client_hello->ticket_request;
}

void tickets_replaced(const HandshakeView& view, Breaches& breaches) {
  if (view.handshake.new_tickets.empty())
    breaches.push_back(breach_at(view.at(),
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

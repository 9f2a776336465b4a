#include "pairs.hpp"

namespace ti::made {

namespace {

constexpr std::uint32_t day_ms = 24U * 3600 * 1000;

/// A full handshake that brings A with this lifetime, and a resumption `later`.
Observation later(seconds later, std::uint32_t lifetime, std::uint32_t claimed_ms) {
  Wire issuing = first_13();
  issuing.body<NewSessionTicket>(7).lifetime = lifetime;
  return cell({issuing, wire_13().resumed_13(a, aged(a, claimed_ms), b).data().at(later)});
}

Observation resumed() { return later(seconds(15), 300, 15000); }

/// The same with its messages changed: `change` gets the resuming connection.
template <class Change>
Observation changed(Change change) {
  Wire second = wire_13().resumed_13(a, aged(a, 15000), b).data().at(seconds(15));
  change(second);
  return cell({first_13(), second});
}

Observation changed_hello(void (*change)(ClientHello&)) {
  return changed([&](Wire& wire) { change(wire.body<ClientHello>(0)); });
}

template <class Change>
Observation changed_ticket(Change change) {
  Wire full = wire_13().full_13(a).new_ticket(b).data();
  change(full.body<NewSessionTicket>(8));
  return cell({full});
}

Observation two_tickets() {
  return changed_ticket([](NewSessionTicket&) {});
}

Observation early_ticket() {
  Wire full = wire_13().client_hello().server_hello(false);
  full.server(MessageType::encrypted_extensions, EncryptedExtensions{}).server(MessageType::certificate);
  full.server(MessageType::certificate_verify).new_ticket(a).finished(Side::server).finished(Side::client).data();
  return cell({full});
}

Observation no_modes() {
  Wire full = first_13();
  full.body<ClientHello>(0).psk_modes = {};
  full.body<ClientHello>(0).psk_modes_present = false;
  return cell({full});
}

Observation stranger(bool accepted) {
  const Bytes other = ticket('z', 'z');
  Wire second = accepted ? wire_13().resumed_13(other, 0, b) : wire_13().full_13(b, other);
  return cell({first_13(), second.data().at(seconds(15))});
}

Observation flipped_hello(bool accepted) {
  Wire second = accepted ? wire_13().resumed_13(a, aged(a, 15000), b).data() : wire_13();
  if (!accepted) second.client_hello(a, aged(a, 15000)).alert(Side::server, 51).failed();
  second.c.connect.disturb.flip = DisturbPlan::Flip{MessageType::client_hello, Side::client, 0};
  second.c.applied.flipped = 1;
  second.c.expect.alert = accepted ? std::nullopt : std::optional<std::string>("decrypt_error");
  return cell({first_13(), second.at(seconds(15))});
}

Observation other_hash() {
  return changed([](Wire& wire) {
    wire.body<ServerHello>(1).suite = aes_256_sha384;
    wire.c.transcript.suite = aes_256_sha384;
  });
}

Observation with_certificate() {
  Wire second = wire_13().client_hello(a, aged(a, 15000)).server_hello(false);
  second.body<ServerHello>(1).selected_psk = std::uint16_t{0};
  second.server(MessageType::encrypted_extensions, EncryptedExtensions{}).server(MessageType::certificate);
  second.server(MessageType::certificate_verify).finished(Side::server).finished(Side::client).new_ticket(b);
  return cell({first_13(), second.data().at(seconds(15))});
}

/// A resumption with a ticket that allows early data; the client announces it, and the server takes it. Then changed.
template <class Change>
Observation early_data(Change change) {
  Wire issuing = first_13();
  issuing.body<NewSessionTicket>(7).extensions = {{ext::early_data, {0, 0, 64, 0}}};
  Wire second = wire_13().client_hello(a, aged(a, 15000)).client(MessageType::application_data).server_hello(false);
  second.body<ServerHello>(2).selected_psk = std::uint16_t{0};
  second.server(MessageType::encrypted_extensions, EncryptedExtensions{}).finished(Side::server);
  second.client(MessageType::end_of_early_data).finished(Side::client).new_ticket(b).data().at(seconds(15));
  second.body<ClientHello>(0).early_data = true;
  second.body<EncryptedExtensions>(3).early_data = true;
  change(issuing, second);
  return cell({issuing, second});
}

Observation early_data() {
  return early_data([](Wire&, Wire&) {});
}

/// A client speaks again after the handshake, as if to renegotiate.
Observation spoken_again() { return cell({wire_13().full_13(a).client_hello().alert(Side::server, 10).failed()}); }

Observation asked_late(bool offered) {
  Wire full = wire_13().full_13(a).server(MessageType::certificate_request).data();
  if (offered) full.body<ClientHello>(0).extensions.push_back({49, {}});
  return cell({full});
}

Observation unselected_index(bool accepted) {
  return changed([&](Wire& wire) {
    if (accepted) wire.body<ServerHello>(1).selected_psk = std::uint16_t{1};
  });
}

/// A client that speaks both versions offers a ticket of each in its own place.
Observation mixed_offer() {
  Wire second = wire_13().resumed_13(b, aged(b, 12000), c).data().at(seconds(15));
  second.body<ClientHello>(0).ticket = a;
  Observation seen = cell({first(), wire_13().full_13(b).data().at(seconds(3)), second});
  seen.tls = Version::none;
  return seen;
}

Observation used_again(bool again) {
  return cell({first_13(), wire_13().resumed_13(a, aged(a, 15000), b).data().at(seconds(15)),
               wire_13().resumed_13(again ? a : b, again ? aged(a, 18000) : aged(b, 3000), c).data().at(seconds(18))});
}

Observation after_alert(bool offered) {
  Wire broken = wire_13().full_13(a).alert(Side::server, 80).failed();
  broken.c.expect.alert = "internal_error";
  Wire second = offered ? wire_13().resumed_13(a, aged(a, 15000), b) : wire_13().full_13(b);
  return cell({broken, second.data().at(seconds(15))});
}

}  // namespace

std::vector<Pair> pairs_rfc8446() {
  return {
      {"rfc8446-4.2.11-psk-last",
       Side::client,
       {2, 0},
       changed_hello([](ClientHello& hello) {
         hello.extensions.push_back({ext::key_share, {}});
       }),
       resumed()},
      {"rfc8446-4.2.9-modes-present",
       Side::client,
       {2, 0},
       changed_hello([](ClientHello& hello) { hello.psk_modes_present = false; }),
       resumed()},
      {"rfc8446-2.2-key-share",
       Side::client,
       {2, 0},
       changed_hello([](ClientHello& hello) { hello.key_share = false; }),
       resumed()},
      {"rfc8446-4.6.1-only-issued-tickets", Side::client, {2, 0}, stranger(false), resumed()},
      {"rfc8446-4.6.1-one-place",
       Side::client,
       {2, 0},
       changed_hello([](ClientHello& hello) { hello.ticket = hello.psks[0].identity; }),
       mixed_offer()},
      {"rfc8446-4.6.1-seven-days",
       Side::client,
       {2, 0},
       later(seconds(8 * 86400), 604800, 8 * day_ms),
       later(seconds(6 * 86400), 604800, 6 * day_ms)},
      {"rfc8446-4.2.11.1-lifetime", Side::client, {2, 0}, later(seconds(15), 10, 15000), resumed()},
      {"rfc8446-4.6.1-lifetime-zero", Side::client, {2, 0}, later(seconds(1), 0, 1000), later(seconds(1), 300, 1000)},
      {"rfc8446-4.2.11.1-age", Side::client, {2, 0}, later(seconds(15), 300, 15), later(seconds(15), 300, 14000)},
      {"rfc8446-4.2.11.1-age", Side::client, {2, 0}, later(seconds(5), 300, 0), later(seconds(5), 300, 3000)},
      {"rfc8446-4.2.11.1-age", Side::client, {2, 0}, later(seconds(2), 300, 2), later(seconds(2), 300, 2999)},
      {"rfc8446-4.6.1-suite-of-hash",
       Side::client,
       {2, 0},
       changed_hello([](ClientHello& hello) { hello.suites = {aes_256_sha384}; }),
       resumed()},
      {"rfc8446-4.2.11-selection-checked",
       Side::client,
       {2, 4},
       unselected_index(true),
       resumed(),
       "rfc8446-4.2.11-selection-in-range"},
      {"rfc8446-4.1.2-no-renegotiation", Side::client, {1, 8}, spoken_again(), resumed()},
      {"rfc8446-4.6.1-same-server-name",
       Side::client,
       {2, 0},
       changed_hello([](ClientHello& hello) { hello.server_name = "elsewhere"; }),
       resumed()},
      {"rfc8446-C.4-single-use", Side::client, {3, 0}, used_again(true), used_again(false)},
      {"rfc8446-6.2-drop-after-alert", Side::client, {2, 0}, after_alert(true), resumed()},
      {"rfc8446-4.6.1-lifetime",
       Side::server,
       {1, 8},
       changed_ticket([](NewSessionTicket& ticket) { ticket.lifetime = 604801; }),
       changed_ticket([](NewSessionTicket& ticket) { ticket.lifetime = 604800; })},
      {"rfc8446-4.6.1-not-empty",
       Side::server,
       {1, 8},
       changed_ticket([](NewSessionTicket& ticket) { ticket.ticket = {}; }),
       two_tickets()},
      {"rfc8446-4.6.1-age-add-fresh",
       Side::server,
       {1, 8},
       changed_ticket([](NewSessionTicket& ticket) { ticket.age_add = aged(a, 0); }),
       two_tickets()},
      {"rfc8446-4.6.1-nonce-unique",
       Side::server,
       {1, 8},
       changed_ticket([](NewSessionTicket& ticket) { ticket.nonce = {'a'}; }),
       two_tickets()},
      {"rfc8446-4.2-ticket-extensions",
       Side::server,
       {1, 8},
       changed_ticket([](NewSessionTicket& ticket) {
         ticket.extensions = {{ext::server_name, {}}};
       }),
       changed_ticket([](NewSessionTicket& ticket) {
         ticket.extensions = {{ext::early_data, {0, 0, 0, 1}}};
       })},
      {"rfc8446-4.6.2-post-handshake-auth", Side::server, {1, 8}, asked_late(false), asked_late(true)},
      {"rfc8446-4.6.1-after-finished", Side::server, {1, 5}, early_ticket(), two_tickets()},
      {"rfc8446-4.2.9-usable-ticket", Side::server, {1, 7}, no_modes(), two_tickets()},
      {"rfc8446-4.2.9-mode-offered",
       Side::server,
       {2, 1},
       changed([](Wire& wire) { wire.body<ServerHello>(1).key_share = false; }),
       resumed()},
      {"rfc8446-4.2.11-selection-in-range", Side::server, {2, 1}, unselected_index(true), resumed()},
      {"rfc8446-4.6.1-own-tickets-only",
       Side::server,
       {2, 1},
       stranger(true),
       resumed(),
       "rfc8446-4.6.1-only-issued-tickets"},
      {"rfc8446-4.2.11.2-binder-checked", Side::server, {2, 1}, flipped_hello(true), flipped_hello(false)},
      {"rfc8446-4.6.1-same-hash", Side::server, {2, 1}, other_hash(), resumed()},
      {"rfc8446-4.3.2-no-certificate", Side::server, {2, 3}, with_certificate(), resumed()},
      {"rfc8446-4.2.10-early-data-allowed",
       Side::client,
       {2, 0},
       early_data([](Wire& issuing, Wire&) { issuing.body<NewSessionTicket>(7).extensions.clear(); }),
       early_data()},
      {"rfc8446-4.2.10-early-data-allowed",
       Side::client,
       {2, 0},
       early_data([](Wire&, Wire& wire) { wire.body<ClientHello>(0).psks.clear(); }),
       early_data()},
      {"rfc8446-4.2.10-early-data-announced",
       Side::client,
       {2, 1},
       early_data([](Wire&, Wire& wire) { wire.body<ClientHello>(0).early_data = false; }),
       early_data()},
      {"rfc8446-4.5-end-of-early-data",
       Side::client,
       {2, 6},
       early_data([](Wire&, Wire& wire) { wire[5].type = MessageType::key_update; }),
       early_data(),
       "rfc8446-4-in-order"},
      {"rfc8446-4.5-end-of-early-data",
       Side::client,
       {2, 5},
       early_data([](Wire&, Wire& wire) { wire.body<EncryptedExtensions>(3).early_data = false; }),
       early_data()},
      {"rfc8446-4.2.10-early-data",
       Side::server,
       {2, 2},
       changed([](Wire& wire) { wire.body<EncryptedExtensions>(2).early_data = true; }),
       early_data()},
      {"rfc8446-4.2.10-early-data",
       Side::server,
       {2, 3},
       early_data([](Wire& issuing, Wire&) { issuing.body<NewSessionTicket>(7).extensions.clear(); }),
       early_data(),
       "rfc8446-4.2.10-early-data-allowed"},
      {"rfc8446-4.2.10-early-data",
       Side::server,
       {2, 3},
       early_data([](Wire& issuing, Wire&) {
         issuing.body<ClientHello>(0).extensions.push_back({16, {0, 3, 2, 'h', '2'}});
         issuing.body<EncryptedExtensions>(2).extensions = {{16, {0, 3, 2, 'h', '2'}}};
       }),
       early_data()},
      {"rfc8446-4.2.10-early-data",
       Side::server,
       {2, 3},
       early_data([](Wire&, Wire& wire) {
         wire.body<ClientHello>(0).suites.push_back(0x1303);
         wire.body<ServerHello>(2).suite = 0x1303;
       }),
       early_data()},
      {"rfc8446-C.4-tickets-replaced",
       Side::server,
       {1, std::nullopt},
       cell({wire_13().full_13({}).data()}),
       resumed()},
  };
}

}  // namespace ti::made

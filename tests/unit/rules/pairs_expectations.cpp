#include "pairs.hpp"

namespace ti::made {

namespace {

Wire naming_a() {
  Wire full = first();
  full.c.expect.new_ticket = "A";
  return full;
}

template <class Ask>
Observation asked(Wire second, Ask ask) {
  ask(second.c.expect);
  return cell({naming_a(), second.at(seconds(15))});
}

Observation offering(const Bytes& ticket, const char* expected) {
  Wire renewed = wire().resumed(a, b).data().at(seconds(15));
  renewed.c.expect.new_ticket = "B";
  Wire third = wire().resumed(ticket).data().at(seconds(18));
  third.c.expect.offered = expected;
  return cell({naming_a(), renewed, third});
}

/// A client that was told to offer nothing.
Observation told_to_offer_none(const Bytes& ticket) {
  Wire second = ticket.empty() ? wire().full(b).data() : wire().resumed(ticket).data();
  second.c.connect.offer = "none";
  return asked(std::move(second), [](Expect& expect) { expect.offered = "none"; });
}

Observation shaped(Wire second, HandshakeKind kind) {
  return asked(std::move(second), [&](Expect& expect) { expect.handshake = kind; });
}

Observation with_ticket(Wire second, const char* name) {
  return asked(std::move(second), [&](Expect& expect) { expect.new_ticket = name; });
}

Observation counted(std::size_t count) {
  return asked(wire().resumed(a, b).data(), [&](Expect& expect) { expect.ticket_count = count; });
}

Observation hinted(Expect::Hint hint) {
  return asked(wire().full(b).data(), [&](Expect& expect) { expect.hint = hint; });
}

Observation alerted(const char* expected) {
  return asked(wire().resumption_flight(a, b).alert(Side::client, alert_unexpected_message).failed(),
               [&](Expect& expect) { expect.alert = expected; });
}

Observation closed(Side by) {
  return asked(wire().resumed(a, b).data(), [&](Expect& expect) { expect.closed_by = by; });
}

Observation second_hello(bool present) {
  Wire second = wire().resumed(a, b).data();
  if (present) second.full(c);
  second.c.expect.no_client_hello = true;
  return cell({naming_a(), second.at(seconds(15))});
}

Observation certificate(bool asked_for, bool shown) {
  Wire full = wire().client_hello().server_hello(true).server(MessageType::certificate);
  if (asked_for) full.server(MessageType::certificate_request);
  full.server(MessageType::server_hello_done);
  if (asked_for) full.send(Side::client, MessageType::certificate, {}, shown ? 800 : 7);
  full.client(MessageType::client_key_exchange).change(Side::client).finished(Side::client).new_ticket(a);
  full.change(Side::server).finished(Side::server).data();
  full.c.expect.peer_certificate = "shown";
  return cell({full});
}

Observation at_version(Version version) {
  Observation seen = cell({first()});
  seen.tls = version;
  return seen;
}

}  // namespace

std::vector<Pair> pairs_expectations() {
  constexpr auto nowhere = std::nullopt;
  const auto resumed = [] { return wire().resumed(a, b).data(); };
  const auto full = [] { return wire().full(b, a).data(); };
  const auto afresh = [] { return wire().full(b).data(); };
  return {
      {"expect-version", Side::client, {1, 0}, at_version(Version::tls13), at_version(Version::tls12)},
      {"expect-version", Side::server, {1, 1}, at_version(Version::tls11), at_version(Version::tls12)},
      {"expect-offered", Side::client, {3, 0}, offering(a, "B"), offering(b, "B")},
      {"expect-offered", Side::client, {2, 0}, told_to_offer_none(a), told_to_offer_none({})},
      {"expect-handshake",
       Side::server,
       {2, 1},
       shaped(full(), HandshakeKind::resumed),
       shaped(resumed(), HandshakeKind::resumed)},
      {"expect-handshake",
       Side::client,
       {2, 0},
       shaped(afresh(), HandshakeKind::resumed),
       shaped(full(), HandshakeKind::full)},
      {"expect-handshake",
       Side::server,
       {2, 1},
       shaped(resumed(), HandshakeKind::full),
       shaped(afresh(), HandshakeKind::full)},
      {"expect-new-ticket",
       Side::server,
       {2, 2},
       with_ticket(wire().resumed(a).data(), "B"),
       with_ticket(resumed(), "B")},
      {"expect-new-ticket",
       Side::server,
       {2, 2},
       with_ticket(resumed(), "none"),
       with_ticket(wire().resumed(a).data(), "none")},
      {"expect-ticket-count", Side::server, {2, 2}, counted(0), counted(1)},
      {"expect-ticket-count", Side::server, {2, 3}, counted(2), counted(1)},
      {"expect-hint",
       Side::server,
       {2, 7},
       hinted({.nonzero = false, .exactly = seconds(7)}),
       hinted({.nonzero = false, .exactly = seconds(300)})},
      {"expect-hint",
       Side::server,
       {2, 7},
       hinted({.nonzero = false, .exactly = seconds(0)}),
       hinted({.nonzero = true, .exactly = {}})},
      {"expect-alert", Side::client, {2, 5}, alerted("internal_error"), alerted("unexpected_message")},
      {"expect-closed-by", Side::server, {2, nowhere}, closed(Side::client), closed(Side::server)},
      {"expect-no-client-hello", Side::client, {2, 10}, second_hello(true), second_hello(false)},
      {"expect-peer-certificate", Side::server, {1, 1}, certificate(false, false), certificate(true, true)},
      {"expect-peer-certificate", Side::client, {1, 5}, certificate(true, false), certificate(true, true)},
  };
}

}  // namespace ti::made

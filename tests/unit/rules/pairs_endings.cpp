#include "pairs.hpp"

namespace ti::made {

namespace {

Observation renewal(bool accepted) {
  Wire second = accepted ? wire().resumed(a, b).data() : wire().resumption_flight(a, b);
  if (!accepted) second.alert(Side::client, alert_unexpected_message).end(Side::client).failed();
  return cell({first(), second.at(seconds(15))});
}

Observation ticket_of_full(bool accepted, const Bytes& issued) {
  Wire full = wire().client_hello().server_hello(true).server(MessageType::certificate);
  full.server(MessageType::server_hello_done).client(MessageType::client_key_exchange).change(Side::client);
  full.finished(Side::client).new_ticket(issued).change(Side::server).finished(Side::server);
  accepted ? full.data() : full.alert(Side::client, alert_unexpected_message).failed();
  return cell({full});
}

Observation ticket_13(bool accepted, bool foreign_extension) {
  Wire full = wire_13().full_13(a);
  if (foreign_extension) full.body<NewSessionTicket>(7).extensions.push_back({0x1234, {}});
  accepted ? full.data() : full.alert(Side::client, alert_unexpected_message).failed();
  return cell({full});
}

Observation unusable(bool full_handshake) {
  Wire second = full_handshake ? wire().full(b, a).data() : wire().client_hello(a).alert(Side::server, 40).failed();
  return cell({first(), second.at(seconds(25))});
}

Observation unusable_13(bool full_handshake) {
  Wire second = full_handshake ? wire_13().full_13(b, a, aged(a, 25000)).data()
                               : wire_13().client_hello(a, aged(a, 25000)).alert(Side::server, 40).failed();
  return cell({first_13(), second.at(seconds(25))});
}

/// internal_error says itself that the peer did nothing wrong.
Observation refused_hello() { return cell({wire().client_hello().alert(Side::server, 80).failed()}); }

Observation broken_off() {
  return cell({wire().client_hello().server_hello(true).end(Side::server, Ending::How::reset).failed()});
}

}  // namespace

std::vector<Pair> pairs_endings() {
  return {
      {"rfc5077-3.3-renewal-accepted", Side::client, {2, 5}, renewal(false), renewal(true)},
      {"rfc5077-3.3-ticket-accepted", Side::client, {1, 10}, ticket_of_full(false, a), ticket_of_full(true, a)},
      {"rfc5077-3.3-empty-ticket-accepted", Side::client, {1, 10}, ticket_of_full(false, {}), ticket_of_full(true, {})},
      {"rfc5077-3.2-unusable-ticket", Side::server, {2, 1}, unusable(false), unusable(true)},
      {"rfc8446-4.6.1-ticket-accepted", Side::client, {1, 8}, ticket_13(false, false), ticket_13(true, false)},
      {"rfc8446-4.6.1-unknown-extensions", Side::client, {1, 8}, ticket_13(false, true), ticket_13(true, true)},
      {"rfc8446-4.2.11-unknown-psk", Side::server, {2, 1}, unusable_13(false), unusable_13(true)},
      {"harness-legal-flight-accepted", Side::server, {1, 1}, refused_hello(), cell({first()})},
      {"harness-connection-completes", Side::server, {1, std::nullopt}, broken_off(), cell({first()})},
  };
}

}  // namespace ti::made

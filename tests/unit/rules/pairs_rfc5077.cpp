#include "pairs.hpp"

namespace ti::made {

namespace {

Observation resumed_twice() { return cell({first(), wire().resumed(a).data().at(seconds(5))}); }
Observation renewed() { return cell({first(), wire().resumed(a, b).data().at(seconds(15))}); }

Observation offering_stranger() { return cell({first(), wire().full(b, ticket('z', 'z')).data().at(seconds(5))}); }

Observation accepting_stranger() {
  Observation seen = cell({first(), wire().resumed(ticket('z', 'z')).data().at(seconds(5))});
  return seen;
}

/// B came in a connection that ended before the server's Finished; `then` is offered next.
Observation after_lost_finished(const Bytes& then) {
  Wire lost = wire().client_hello(a).server_hello(true, Bytes(32, 7)).new_ticket(b);
  lost.c.connect.disturb.cut = DisturbPlan::Cut{MessageType::new_session_ticket, Side::server};
  lost.c.applied.cut = true;
  lost.at(seconds(15)).failed();
  return cell({first(), lost, wire().resumed(then).data().at(seconds(16))});
}

/// A was accepted in a handshake that the client then broke off with an alert.
Observation after_failed_resumption(Wire then) {
  Wire broken = wire().client_hello(a).server_hello(false, Bytes(32, 7)).change(Side::server);
  broken.finished(Side::server).alert(Side::client, 80).at(seconds(5)).failed();
  broken.c.expect.handshake = HandshakeKind::failed;
  return cell({first(), broken, std::move(then).data().at(seconds(6))});
}

Observation renewed_then(const Bytes& then) {
  return cell({first(), wire().resumed(a, b).data().at(seconds(15)), wire().resumed(then).data().at(seconds(18))});
}

Observation hinted(std::uint32_t hint) {
  Wire issuing = first();
  issuing.body<NewSessionTicket>(7).lifetime = hint;
  return cell({issuing, wire().resumed(a).data().at(seconds(60))});
}

Observation asking(bool asked) {
  Wire full = first();
  if (!asked) full.body<ClientHello>(0).ticket.reset();
  return cell({full});
}

Observation promising(bool promised) {
  Wire full = first();
  full.body<ServerHello>(1).ticket_promised = promised;
  return cell({full});
}

Observation promised_only() {
  Wire full = wire().client_hello().server_hello(true).server(MessageType::certificate);
  full.server(MessageType::server_hello_done).client(MessageType::client_key_exchange).change(Side::client);
  full.finished(Side::client).change(Side::server).finished(Side::server).data();
  return cell({full});
}

Observation second_ticket() {
  Wire renewal = wire().resumed(a, b).new_ticket(c).change(Side::server).finished(Side::server);
  renewal.alert(Side::client, 10).at(seconds(15));
  return cell({first(), renewal});
}

Observation late_ticket() {
  Wire renewal = wire().client_hello(a).server_hello(true, Bytes(32, 7)).change(Side::server).new_ticket(b);
  renewal.finished(Side::server).change(Side::client).finished(Side::client).data().at(seconds(15));
  return cell({first(), renewal});
}

Observation early_ticket() {
  Wire full = wire().client_hello().server_hello(true).server(MessageType::certificate);
  full.server(MessageType::server_hello_done).new_ticket(a).client(MessageType::client_key_exchange);
  full.change(Side::client).finished(Side::client).change(Side::server).finished(Side::server).data();
  return cell({full});
}

/// The renewal of A was cut before the client's Finished; then A is offered again, as the scenario wants.
Observation after_unconfirmed_renewal(Wire then) {
  Wire cut = wire().resumption_flight(a, b).at(seconds(15)).failed();
  cut.c.connect.disturb.cut = DisturbPlan::Cut{MessageType::finished, Side::server};
  cut.c.applied.cut = true;
  then.c.connect.offer_connection = 1;
  Observation seen = cell({first(), cut, std::move(then).data().at(seconds(16))});
  seen.policy.values["expire_after"] = seconds(20);
  return seen;
}

Observation with_session_id(bool present) {
  Wire full = first();
  if (present) full.body<ServerHello>(1).session_id = Bytes(32, 9);
  return cell({full});
}

Observation without_echo() {
  Wire resumed = wire().resumed(a).data().at(seconds(5));
  resumed.body<ServerHello>(1).session_id = Bytes(32, 9);
  return cell({first(), resumed});
}

}  // namespace

std::vector<Pair> pairs_rfc5077() {
  return {
      {"rfc5077-3.2-only-issued-tickets", Side::client, {2, 0}, offering_stranger(), resumed_twice()},
      {"rfc5077-5.2-own-tickets-only",
       Side::server,
       {2, 1},
       accepting_stranger(),
       resumed_twice(),
       "rfc5077-3.2-only-issued-tickets"},
      {"rfc5077-3.3-finished-first", Side::client, {3, 0}, after_lost_finished(b), after_lost_finished(a)},
      {"rfc5077-3.2-drop-after-failure",
       Side::client,
       {3, 0},
       after_failed_resumption(wire().resumed(a)),
       cell({first(), wire().resumed(a).data().at(seconds(5)), wire().resumed(a).data().at(seconds(6))})},
      {"rfc5077-3.3-renewed-offered", Side::client, {3, 0}, renewed_then(a), renewed_then(b)},
      {"rfc5077-3.3-hint-expired", Side::client, {2, 0}, hinted(5), hinted(300)},
      {"rfc5077-3.2-announced-only-if-asked", Side::server, {1, 1}, asking(false), asking(true)},
      {"rfc5077-3.3-unannounced", Side::server, {1, 7}, promising(false), promising(true)},
      {"rfc5077-3.3-promised-not-sent", Side::server, {1, 7}, promised_only(), promising(true)},
      {"rfc5077-3.3-one-ticket", Side::server, {2, 7}, second_ticket(), renewed()},
      {"rfc5077-3.3-before-ccs", Side::server, {2, 3}, late_ticket(), renewed()},
      {"rfc5077-3.3-after-client-finished", Side::server, {1, 4}, early_ticket(), cell({first()})},
      {"rfc5077-3.3-old-ticket-lives",
       Side::server,
       {3, 1},
       after_unconfirmed_renewal(wire().full(c, a)),
       after_unconfirmed_renewal(wire().resumed(a))},
      {"rfc5077-3.4-empty-session-id", Side::server, {1, 1}, with_session_id(true), with_session_id(false)},
      {"rfc5077-3.4-echo-session-id", Side::server, {2, 1}, without_echo(), resumed_twice()},
  };
}

}  // namespace ti::made

#include "pairs.hpp"

namespace ti::made {

namespace {

template <class Change>
Observation told(Change change) {
  Wire second = wire().resumed(a, b).data().at(seconds(15));
  second.c.client.resumed = true;
  second.c.client.version = "1.2";
  change(second.c);
  return cell({first(), second});
}

Observation as_seen() {
  return told([](ObservedConnection&) {});
}

Observation broken_in_handshake(bool says_ok) {
  Wire full = wire().client_hello().alert(Side::server, 40).failed();
  full.c.client.ok = says_ok;
  full.c.expect.handshake = HandshakeKind::failed;
  return cell({full});
}

/// The client reports an error; the server had reset the connection, or had ended it well.
Observation client_errs(bool errs, bool well) {
  Wire full = wire().full(a);
  well ? full.data() : full.client(MessageType::application_data).end(Side::server, Ending::How::reset);
  if (errs) full.failed("read", "unexpected end");
  return cell({full});
}

/// The server closes behind an alert that is no close_notify, and the client calls it an error.
Observation ends_with_a_warning() {
  Wire full = wire().full(a).client(MessageType::application_data).server(MessageType::application_data);
  full.send(Side::server, MessageType::alert, Alert{.level = 1, .description = 1}, 2);
  return cell({full.end(Side::server).failed("read", "unexpected end")});
}

/// The client had ended its side, and the server reset the connection: the client's read failed.
Observation reset_behind_the_clients_end() {
  Wire full = wire().full(a).data();
  full.c.transcript.endings.clear();
  full.end(Side::client).end(Side::server, Ending::How::reset).failed("read", "Connection reset by peer");
  return cell({full});
}

/// A full handshake that is logged, then `second` with its decisions.
Observation logged(Wire second) {
  Observation seen = cell({first().decided(true, 0, 1), std::move(second).data().at(seconds(15))});
  seen.server_logs_decisions = true;
  return seen;
}

Observation well_logged() { return logged(wire().resumed(a, b).decided(false, 15, 2).decided(true, 0, 1)); }

/// The same with keys that die at 20 s.
Observation under_expiry(Wire second) {
  Observation seen = logged(std::move(second));
  seen.policy.values["expire_after"] = seconds(20);
  return seen;
}

/// A client that says of its first connection how many tickets it got, and offers A in the second.
Observation counted(std::size_t tickets) {
  Wire full = first();
  full.c.client.tickets_received = tickets;
  return cell({full, wire().resumed(a).data().at(seconds(5))});
}

/// A resumption without a new ticket, of which the client says this session ID.
Observation named(const char* session_id) {
  Wire second = wire().resumed(a).data().at(seconds(5));
  second.c.client.session_id = session_id;
  return cell({first(), second});
}

/// A client that had sent an alert, and says that all went well or that it did not.
Observation alerted(bool says_ok) {
  Wire full = wire().full(a).client(MessageType::application_data).alert(Side::client, alert_user_canceled);
  full.body<Alert>(full.size() - 1).description = 42;
  full.end(Side::client).end(Side::server);
  if (!says_ok) full.failed("read", "bad certificate");
  full.c.expect.alert = "bad_certificate";
  return cell({full});
}

constexpr const char* same_id = "0707070707070707070707070707070707070707070707070707070707070707";

}  // namespace

std::vector<Pair> pairs_witness() {
  constexpr auto nowhere = std::nullopt;
  return {
      {"witness-client-resumed",
       Side::client,
       {2, nowhere},
       told([](ObservedConnection& c) { c.client.resumed = false; }),
       as_seen()},
      {"witness-client-version",
       Side::client,
       {2, nowhere},
       told([](ObservedConnection& c) { c.client.version = "1.3"; }),
       as_seen()},
      {"witness-client-version",
       Side::client,
       {2, nowhere},
       told([](ObservedConnection& c) { c.client.version = "TLS1.2"; }),
       as_seen()},
      {"witness-client-suite",
       Side::client,
       {2, nowhere},
       told([](ObservedConnection& c) { c.client.cipher = "ECDHE-RSA-AES256-GCM-SHA384"; }),
       told([](ObservedConnection& c) { c.client.cipher = "AES128-SHA"; })},
      {"witness-client-session-id", Side::client, {2, nowhere}, named("0102"), named(same_id)},
      {"witness-client-tickets-came", Side::client, {1, nowhere}, counted(2), counted(1)},
      {"witness-client-tickets-taken", Side::client, {1, nowhere}, counted(0), counted(1)},
      {"witness-client-response",
       Side::client,
       {2, nowhere},
       told([](ObservedConnection& c) { c.client.response_bytes = 59; }),
       told([](ObservedConnection& c) { c.client.response_bytes = 60; })},
      {"witness-client-ok", Side::client, {1, nowhere}, broken_in_handshake(true), as_seen()},
      {"witness-client-ok", Side::client, {1, nowhere}, alerted(true), as_seen()},
      {"witness-client-error", Side::client, {1, nowhere}, client_errs(true, true), told([](ObservedConnection& c) {
         c.client.ok = false;
         c.expect.alert = "bad_certificate";
         c.transcript.messages.push_back(c.transcript.messages.back());
         c.transcript.messages.back().from = Side::client;
         c.transcript.messages.back().body = Alert{.level = 2, .description = 42};
       })},
      {"witness-server-farewell", Side::server, {1, nowhere}, ends_with_a_warning(), as_seen()},
      {"witness-server-answers", Side::server, {1, nowhere}, client_errs(true, false), as_seen()},
      {"witness-client-error", Side::client, {1, nowhere}, client_errs(true, true), reset_behind_the_clients_end()},
      {"witness-client-answers",
       Side::client,
       {2, nowhere},
       told([](ObservedConnection& c) { c.client.answered = false; }),
       as_seen()},
      {"witness-accepted-but-full",
       Side::server,
       {2, 1},
       logged(wire().full(b, a).decided(false, 15, 1).decided(true, 0, 1)),
       well_logged()},
      {"witness-refused-but-resumed",
       Side::server,
       {2, 1},
       logged(wire().resumed(a).decided(false, 15, 0)),
       well_logged()},
      {"witness-resumed-unlogged", Side::server, {2, 1}, logged(wire().resumed(a)), well_logged()},
      {"witness-tickets-logged",
       Side::server,
       {2, 2},
       logged(wire().resumed(a, b).decided(false, 15, 2)),
       well_logged()},
      {"witness-tickets-logged",
       Side::server,
       {2, nowhere},
       logged(wire().resumed(a, b).decided(false, 15, 2).decided(true, 0, 1).decided(true, 0, 1)),
       well_logged()},
      {"witness-renewed-without-ticket",
       Side::server,
       {2, 1},
       logged(wire().resumed(a).decided(false, 15, 2)),
       well_logged()},
      {"witness-kept-but-renewed",
       Side::server,
       {2, 2},
       logged(wire().resumed(a, b).decided(false, 15, 1).decided(true, 0, 1)),
       well_logged()},
      {"witness-aborted-but-completed",
       Side::server,
       {2, 1},
       logged(wire().full(b, a).decided(false, 15, -1).decided(true, 0, 1)),
       well_logged(),
       "policy-no-abort"},
      {"witness-log-result",
       Side::server,
       {2, 2},
       logged(wire().resumed(a, b).decided(false, 15, 2).decided(true, 0, 7)),
       well_logged()},
      {"witness-log-result", Side::server, {2, 1}, logged(wire().resumed(a).decided(false, 15, 3)), well_logged()},
      {"witness-sealing-key",
       Side::server,
       {2, 2},
       logged(wire().resumed(a, b).decided(false, 15, 2).decided(true, c, 0, 1)),
       well_logged()},
      {"witness-sealing-key",
       Side::server,
       {2, 2},
       logged(wire().resumed(a, Bytes(15, 'l')).decided(false, 15, 2).decided(true, 0, 1)),
       well_logged()},
      {"witness-sealing-key",
       Side::server,
       {1, 7},
       [] {
         Wire twice = wire_13().full_13(a).new_ticket(a).data().decided(true, 0, 1).decided(true, b, 0, 1);
         twice.body<NewSessionTicket>(8).age_add = 7;
         twice.body<NewSessionTicket>(8).nonce = {7};
         Observation seen = cell({twice});
         seen.server_logs_decisions = true;
         return seen;
       }(),
       well_logged()},
      {"witness-opening-key",
       Side::server,
       {2, 1},
       logged(wire().resumed(a, b).decided(false, c, 15, 2).decided(true, 0, 1)),
       well_logged()},
      {"witness-key-age",
       Side::server,
       {2, 1},
       logged(wire().resumed(a, b).decided(false, 5, 2).decided(true, 0, 1)),
       logged(wire().resumed(a, b).decided(false, 13, 2).decided(true, 0, 1))},
      {"witness-key-age",
       Side::server,
       {2, 2},
       logged(wire().resumed(a, b).decided(false, 15, 2).decided(true, 9, 1)),
       well_logged()},
      {"witness-unknown-key",
       Side::server,
       {2, 1},
       logged(wire().resumed(a, b).decided(false, std::nullopt, 2).decided(true, 0, 1)),
       well_logged()},
      {"witness-unknown-key",
       Side::server,
       {2, 1},
       under_expiry(wire().full(b, a).decided(false, std::nullopt, 0).decided(true, 0, 1)),
       logged(wire().full(b, a).decided(false, std::nullopt, 0).decided(true, 0, 1))},
      {"witness-unknown-key",
       Side::server,
       {2, 2},
       logged(wire().resumed(a, b).decided(false, 15, 2).decided(true, std::nullopt, 1)),
       well_logged()},
  };
}

}  // namespace ti::made

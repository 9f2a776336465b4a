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

/// A full handshake that is logged, then `second` with its decisions.
Observation logged(Wire second) {
  Observation seen = cell({first().decided(true, 0, 1), std::move(second).data().at(seconds(15))});
  seen.server_logs_decisions = true;
  return seen;
}

Observation well_logged() { return logged(wire().resumed(a, b).decided(false, 15, 2).decided(true, 0, 1)); }

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
      {"witness-client-ok", Side::client, {1, nowhere}, broken_in_handshake(true), as_seen()},
      {"witness-client-error", Side::client, {1, nowhere}, client_errs(true, true), told([](ObservedConnection& c) {
         c.client.ok = false;
         c.expect.alert = "bad_certificate";
         c.transcript.messages.push_back(c.transcript.messages.back());
         c.transcript.messages.back().from = Side::client;
         c.transcript.messages.back().body = Alert{.level = 2, .description = 42};
       })},
      {"witness-client-error", Side::server, {1, nowhere}, client_errs(true, false), broken_in_handshake(false)},
      {"witness-client-answers",
       Side::client,
       {2, nowhere},
       told([](ObservedConnection& c) { c.client.answered = false; }),
       as_seen()},
      {"witness-accepted-but-full",
       Side::server,
       {2, 1},
       logged(wire().full(b, a).decided(false, 5, 1).decided(true, 5, 1)),
       well_logged()},
      {"witness-refused-but-resumed",
       Side::server,
       {2, 1},
       logged(wire().resumed(a).decided(false, 5, 0)),
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
       well_logged()},
  };
}

}  // namespace ti::made

#include "pairs.hpp"

namespace ti::made {

namespace {

template <class Change>
Observation with(Change change) {
  Wire second = wire().resumed(a, b).data().at(seconds(15));
  change(second.c);
  return cell({first(), second});
}

Observation healthy() {
  return with([](ObservedConnection&) {});
}

/// A client that was told "localhost", and asks for this in its resumption.
Observation naming(const char* server) {
  Observation seen =
      with([&](ObservedConnection& c) { std::get<ClientHello>(c.transcript.messages[0].body).server_name = server; });
  seen.trust = Trust{.ca = {}, .server_name = "localhost", .unix_time = 0};
  return seen;
}

/// The client asks, and the server closes at once; whose end of stream is seen first is chance.
Wire unanswered(Side first_end = Side::server) {
  Wire full = wire().full(a).client(MessageType::application_data);
  full.send(Side::server, MessageType::alert, Alert{.level = 1, .description = alert_close_notify}, 2);
  return full.end(first_end).end(other(first_end));
}

}  // namespace

std::vector<Pair> pairs_contract() {
  const Place place{2, std::nullopt};
  return {
      {"witness-client-protocol", Side::client, place,
       with([](ObservedConnection& c) { c.client.breach = "it spoke unasked"; }), healthy()},
      {"witness-client-protocol", Side::client, place, with([](ObservedConnection& c) {
         c.client = {};
         c.client.breach = "it answered with what is not a JSON object: x";
         c.connected = false;
         c.transcript = {};
         c.handshakes.clear();
       }),
       healthy()},
      {"witness-client-server-name", Side::client, {2, 0}, naming("elsewhere.invalid"), naming("localhost")},
      {"witness-server-stays", Side::server, place,
       with([](ObservedConnection& c) { c.server.ended = "exited with 0"; }), healthy()},
      {"witness-server-sound", Side::server, place,
       with([](ObservedConnection& c) { c.server.sanitizer = "ERROR: AddressSanitizer: heap-use-after-free"; }),
       healthy()},
      {"witness-server-farewell",
       Side::server,
       {1, std::nullopt},
       cell({wire()
                 .full(a)
                 .client(MessageType::application_data)
                 .server(MessageType::application_data)
                 .end(Side::server)}),
       healthy()},
      {"witness-server-answers", Side::server, {1, std::nullopt}, cell({unanswered()}), healthy()},
      {"witness-server-answers", Side::server, {1, std::nullopt}, cell({unanswered(Side::client)}), healthy()},
      {"harness-connection-bounded", Side::server, place, with([](ObservedConnection& c) { c.flooded = Side::server; }),
       healthy()},
      {"harness-connection-bounded", Side::client, place, with([](ObservedConnection& c) { c.flooded = Side::client; }),
       healthy()},
  };
}

}  // namespace ti::made

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
      {"witness-server-stays", Side::server, place,
       with([](ObservedConnection& c) { c.server.ended = "exited with 0"; }), healthy()},
      {"witness-server-sound", Side::server, place,
       with([](ObservedConnection& c) { c.server.sanitizer = "ERROR: AddressSanitizer: heap-use-after-free"; }),
       healthy()},
      {"harness-connection-bounded", Side::server, place, with([](ObservedConnection& c) { c.flooded = Side::server; }),
       healthy()},
      {"harness-connection-bounded", Side::client, place, with([](ObservedConnection& c) { c.flooded = Side::client; }),
       healthy()},
  };
}

}  // namespace ti::made

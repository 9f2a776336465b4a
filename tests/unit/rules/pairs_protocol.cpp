#include "pairs.hpp"

namespace ti::made {

namespace {

Observation malformed(bool malformed) {
  Wire full = first();
  full.c.transcript.problems.push_back({.from = Side::server,
                                        .offset = 70,
                                        .before_message = malformed ? 2 : full.size(),
                                        .what = "a record is cut off",
                                        .malformed = malformed});
  return cell({full});
}

Observation finished(bool right) {
  Wire full = wire().full({}).data();
  full.body<Finished>(6).verified = right;
  return cell({full});
}

Observation finished_after_ticket(bool right) {
  Wire renewal = wire().resumed(a, b).data().at(seconds(15));
  renewal.body<Finished>(4).verified = right;
  return cell({first(), renewal});
}

Observation finished_13(bool right) {
  Wire full = first_13();
  full.body<Finished>(5).verified = right;
  return cell({full});
}

/// A renewed resumption whose Finished nobody could read, and what the server sends after it.
Wire sealed_renewal() {
  Wire renewal = wire().client_hello(a).server_hello(true, Bytes(32, 7)).new_ticket(b).change(Side::server);
  renewal.sealed(Side::server, ContentType::handshake, 40).change(Side::client);
  return renewal.sealed(Side::client, ContentType::handshake, 40).at(seconds(15));
}

Observation second_sealed_flight() {
  Wire renewal = sealed_renewal().sealed(Side::server, ContentType::handshake, 240).change(Side::server);
  renewal.sealed(Side::server, ContentType::handshake, 40).data();
  return cell({first(), renewal});
}

Observation sealed_hello_request() {
  return cell({first(), sealed_renewal().sealed(Side::server, ContentType::handshake, 40).data()});
}

/// A client that sends something else, and is told so.
Observation no_hello() {
  Wire begun = wire(Version::none).client(MessageType::application_data);
  return cell({begun.alert(Side::server, alert_unexpected_message).failed()});
}

}  // namespace

std::vector<Pair> pairs_protocol() {
  return {
      {"rfc5246-7.4.1.2-hello-first", Side::client, {1, 0}, no_hello(), finished(true)},
      {"rfc5246-6-well-formed", Side::server, {1, 2}, malformed(true), malformed(false)},
      {"rfc5246-7.4.9-finished", Side::client, {1, 6}, finished(false), finished(true)},
      {"rfc5077-3.3-counted-in-finished",
       Side::server,
       {2, 4},
       finished_after_ticket(false),
       finished_after_ticket(true)},
      {"rfc8446-4.4.4-finished", Side::server, {1, 5}, finished_13(false), finished_13(true)},
      {"rfc5246-7.4-nothing-after-finished", Side::server, {2, 7}, second_sealed_flight(), sealed_hello_request()},
  };
}

}  // namespace ti::made

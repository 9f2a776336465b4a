#include "pairs.hpp"

namespace ti::made {

namespace {

/// A resumption of a session with or without extended master secret, with extension 23 in these hellos.
Observation resumed(bool session, bool in_client_hello, bool in_server_hello) {
  Wire second = wire().resumed(a).data().extended(in_client_hello, in_server_hello);
  return cell({session ? first_extended() : first(), second.at(seconds(5))});
}

/// The same, and the server does a full handshake.
Observation refused(bool in_hellos) {
  Wire second = wire().full(b, a).data().extended(in_hellos, in_hellos);
  return cell({first_extended(), second.at(seconds(5))});
}

/// A resumption of a plain session by a server that shows later that it knows the extension.
Observation plain_by_one_who_knows() {
  return cell({first(), wire().resumed(a).data().at(seconds(5)), first_extended().at(seconds(6))});
}

}  // namespace

std::vector<Pair> pairs_rfc7627() {
  return {
      {"rfc7627-5.3-asked-again", Side::client, {2, 0}, refused(false), refused(true)},
      {"rfc7627-5.3-not-resumed-without",
       Side::server,
       {2, 1},
       resumed(true, false, false),
       resumed(true, true, true),
       "rfc7627-5.3-asked-again"},
      {"rfc7627-5.3-answered", Side::server, {2, 1}, resumed(true, true, false), resumed(true, true, true)},
      {"rfc7627-5.3-not-resumed-with", Side::server, {2, 1}, resumed(false, true, true), plain_by_one_who_knows()},
  };
}

}  // namespace ti::made

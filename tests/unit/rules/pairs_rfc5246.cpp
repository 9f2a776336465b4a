#include "pairs.hpp"

namespace ti::made {

namespace {

constexpr std::uint16_t other_suite = 0xc030;

Observation resumed() { return cell({first(), wire().resumed(a).data().at(seconds(5))}); }

Observation without_suite() {
  Wire second = wire().full(b, a).data();
  second.body<ClientHello>(0).suites = {other_suite};
  second.body<ServerHello>(1).suite = other_suite;
  return cell({first(), second.at(seconds(5))});
}

Observation with_other_suite() {
  Wire second = wire().resumed(a).data();
  second.body<ClientHello>(0).suites.push_back(other_suite);
  second.body<ServerHello>(1).suite = other_suite;
  return cell({first(), second.at(seconds(5))});
}

Observation in_version(Version session, Version resumption) {
  Observation seen = cell({wire(session).full(a).data(), wire(resumption).resumed(a).data().at(seconds(5))});
  seen.tls = Version::none;
  return seen;
}

Observation echoed_in_full() {
  Wire second = wire().full(b, a).data();
  second.body<ServerHello>(1).session_id = Bytes(32, 7);
  return cell({first(), second.at(seconds(5))});
}

Observation resumed_with_secret_of(char secret) {
  Wire renewal = wire().resumed(a, b).data().at(seconds(15));
  renewal.c.transcript.master_secret = Bytes(48, static_cast<std::uint8_t>(secret));
  return cell({first(), renewal});
}

}  // namespace

std::vector<Pair> pairs_rfc5246() {
  return {
      {"rfc5246-7.4.1.2-suite-offered", Side::client, {2, 0}, without_suite(), resumed()},
      {"rfc5246-7.4.1.3-suite-kept", Side::server, {2, 1}, with_other_suite(), resumed()},
      {"rfc5246-7-prf-kept",
       Side::server,
       {2, 1},
       in_version(Version::tls12, Version::tls11),
       in_version(Version::tls10, Version::tls11)},
      {"rfc5246-7.4.1.3-straight-to-finished", Side::server, {2, 2}, echoed_in_full(), resumed()},
      {"rfc5246-F.1.4-same-master-secret",
       Side::server,
       {2, 4},
       resumed_with_secret_of('x'),
       resumed_with_secret_of('s')},
  };
}

}  // namespace ti::made

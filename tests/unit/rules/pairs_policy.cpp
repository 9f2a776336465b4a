#include "pairs.hpp"

namespace ti::made {

namespace {

Observation told(Wire second) {
  Observation seen = cell({first().decided(true, 0, 1), std::move(second).data().at(seconds(15))});
  seen.server_logs_decisions = true;
  seen.policy.values["renew_after"] = seconds(10);
  seen.policy.values["expire_after"] = seconds(20);
  return seen;
}

Wire renewed_at(std::int64_t age) { return wire().resumed(a, b).decided(false, age, 2).decided(true, 0, 1); }
Wire kept_at(std::int64_t age) { return wire().resumed(a).decided(false, age, 1); }
Wire refused_at(std::int64_t age) { return wire().full(b, a).decided(false, age, 0).decided(true, 0, 1); }

}  // namespace

std::vector<Pair> pairs_policy() {
  return {
      {"policy-renewed-in-time", Side::server, {2, 1}, told(kept_at(15)), told(kept_at(11))},
      {"policy-not-renewed-early", Side::server, {2, 1}, told(renewed_at(5)), told(renewed_at(9))},
      {"policy-not-sealed-late",
       Side::server,
       {2, 2},
       told(wire().resumed(a, b).decided(false, 15, 2).decided(true, 15, 1)),
       told(renewed_at(15))},
      {"policy-not-opened-late", Side::server, {2, 1}, told(renewed_at(25)), told(renewed_at(21))},
      {"policy-not-refused-early", Side::server, {2, 1}, told(refused_at(5)), told(refused_at(25))},
  };
}

}  // namespace ti::made

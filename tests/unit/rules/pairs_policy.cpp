#include "pairs.hpp"

namespace ti::made {

namespace {

/// A full handshake, and `later` a second one, under ages of 10 s and 20 s.
Observation told(seconds later, Wire second) {
  Observation seen = cell({first().decided(true, 0, 1), std::move(second).data().at(later)});
  seen.server_logs_decisions = true;
  seen.policy.values["renew_after"] = seconds(10);
  seen.policy.values["expire_after"] = seconds(20);
  return seen;
}

Observation renewed_at(std::int64_t age) {
  return told(seconds(age), wire().resumed(a, b).decided(false, age, 2).decided(true, 0, 1));
}
Observation kept_at(std::int64_t age) { return told(seconds(age), wire().resumed(a).decided(false, age, 1)); }
Observation refused_at(std::int64_t age) {
  return told(seconds(age), wire().full(b, a).decided(false, age, 0).decided(true, 0, 1));
}

/// A renewal at this age by the very key that sealed the first ticket.
Observation never_rotated(std::int64_t age, std::int64_t told_age) {
  return told(seconds(age), wire().resumed(a, ticket('k', 'b')).decided(false, age, 2).decided(true, told_age, 1));
}

/// A server that was told to answer 1 and then 2.
Observation scripted(int first_result, int second_result) {
  Wire second = wire().resumed(a).data().at(seconds(1)).decided(false, 1, first_result);
  Wire third = wire().resumed(a, b).data().at(seconds(2)).decided(false, 2, second_result).decided(true, 2, 1);
  Observation seen = cell({first().decided(true, 0, 1), second, third});
  seen.server_logs_decisions = true;
  seen.policy.values["callback_results"] = std::vector<std::int64_t>{1, 2};
  return seen;
}

}  // namespace

std::vector<Pair> pairs_policy() {
  constexpr auto nowhere = std::nullopt;
  return {
      {"policy-renewed-in-time", Side::server, {2, 1}, kept_at(15), kept_at(11)},
      {"policy-not-renewed-early", Side::server, {2, 1}, renewed_at(5), renewed_at(9)},
      {"policy-not-sealed-late", Side::server, {2, 2}, never_rotated(15, 15), renewed_at(15)},
      {"policy-not-opened-late", Side::server, {2, 1}, renewed_at(25), renewed_at(21)},
      {"policy-not-refused-early", Side::server, {2, 1}, refused_at(5), refused_at(25)},
      {"policy-key-retires", Side::server, {2, 2}, never_rotated(15, 0), renewed_at(15)},
      {"policy-key-retires", Side::server, {2, 2}, never_rotated(15, 0), never_rotated(11, 11)},
      {"policy-key-dies",
       Side::server,
       {2, 1},
       told(seconds(25), wire().resumed(a, b).decided(false, 15, 2).decided(true, 0, 1)),
       renewed_at(21)},
      {"policy-script-followed", Side::server, {2, 1}, scripted(0, 2), scripted(1, 2)},
      {"policy-script-followed", Side::server, {3, 1}, scripted(1, 1), scripted(1, 2)},
      {"policy-no-abort",
       Side::server,
       {2, nowhere},
       told(seconds(5),
            wire().client_hello(a).decided(false, 5, -1).alert(Side::server, alert_internal_error).failed()),
       refused_at(25),
       "rfc5077-3.2-unusable-ticket"},
  };
}

}  // namespace ti::made

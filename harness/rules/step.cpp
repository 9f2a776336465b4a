#include "rules/step.hpp"

namespace ti {

bool same_step(const Visit& a, const Visit& b) {
  return a.number == b.number || (!a.connection.sole && !b.connection.sole && a.connection.step == b.connection.step);
}

std::vector<Visit> visits_of_step(const Visit& visit) {
  std::vector<Visit> visits;
  each_visit(visit.cell, [&](const Visit& each) {
    if (same_step(each, visit)) visits.push_back(each);
  });
  return visits;
}

bool speaks_of_step(const Visit& visit) {
  const std::vector<Visit> visits = visits_of_step(visit);
  const auto speaks = std::find_if(visits.begin(), visits.end(),
                                   [](const Visit& each) { return first_handshake(each.connection) != nullptr; });
  return (speaks == visits.end() ? visits.front() : *speaks).number == visit.number;
}

std::vector<Exchange> exchanges_of_step(const Visit& visit) {
  std::vector<Exchange> exchanges;
  for (const Visit& each : visits_of_step(visit))
    if (const auto exchange = first_exchange(each)) exchanges.push_back(*exchange);
  return exchanges;
}

}  // namespace ti

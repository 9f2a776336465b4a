#pragma once
// What the two sides say of a step when the client made several TCP connections in it: which of them they mean they do
// not tell, so that a word is false only if it fits none.
#include <vector>

#include "rules/view.hpp"

namespace ti {

bool same_step(const Visit& a, const Visit& b);

/// Whether the words about a step are told with this connection: the first in which TLS began, or the step's first. The
/// server's log stands there (run/observe).
bool speaks_of_step(const Visit& visit);

/// Every connection of this one's step, in order.
std::vector<Visit> visits_of_step(const Visit& visit);

/// The first handshake of every connection of this one's step in which TLS began.
std::vector<Exchange> exchanges_of_step(const Visit& visit);

/// Those of them for which `test` holds.
template <class Test>
std::vector<Exchange> exchanges_of_step(const Visit& visit, Test test) {
  std::vector<Exchange> found;
  for (const Exchange& exchange : exchanges_of_step(visit))
    if (test(exchange)) found.push_back(exchange);
  return found;
}

}  // namespace ti

#pragma once
// What the two sides say of a step when the client made several TCP connections in it: which of them they mean they do
// not tell, so that a word is false only if it fits none.
#include <vector>

#include "rules/view.hpp"

namespace ti {

bool same_step(const ConnectionView& a, const ConnectionView& b);

/// Whether the words about a step are told with this connection: the first in which TLS began, or the step's first. The
/// server's log stands there (run/observe).
bool speaks_of_step(const ConnectionView& view);

/// Every connection of this one's step, in order.
std::vector<ConnectionView> connections_of_step(const ConnectionView& view);

/// The first handshake of every connection of this one's step in which TLS began.
std::vector<HandshakeView> handshakes_of_step(const ConnectionView& view);

/// Those of them for which `test` holds.
template <class Test>
std::vector<HandshakeView> handshakes_of_step(const ConnectionView& connection_view, Test test) {
  std::vector<HandshakeView> found;
  for (const HandshakeView& view : handshakes_of_step(connection_view))
    if (test(view)) found.push_back(view);
  return found;
}

}  // namespace ti

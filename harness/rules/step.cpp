#include "rules/step.hpp"

namespace ti {

bool same_step(const ConnectionView& a, const ConnectionView& b) {
  return a.number == b.number || (!a.connection.sole && !b.connection.sole && a.connection.step == b.connection.step);
}

std::vector<ConnectionView> connections_of_step(const ConnectionView& view) {
  std::vector<ConnectionView> connections;
  each_connection(view.cell, [&](const ConnectionView& each) {
    if (same_step(each, view)) connections.push_back(each);
  });
  return connections;
}

bool speaks_of_step(const ConnectionView& view) {
  const std::vector<ConnectionView> connections = connections_of_step(view);
  const auto speaks = std::find_if(connections.begin(), connections.end(), [](const ConnectionView& each) {
    return first_handshake(each.connection) != nullptr;
  });
  return (speaks == connections.end() ? connections.front() : *speaks).number == view.number;
}

std::vector<HandshakeView> handshakes_of_step(const ConnectionView& connection_view) {
  std::vector<HandshakeView> handshakes;
  for (const ConnectionView& each : connections_of_step(connection_view))
    if (const auto view = first_handshake_view(each)) handshakes.push_back(*view);
  return handshakes;
}

}  // namespace ti

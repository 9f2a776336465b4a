#include "model/observation.hpp"

namespace ti {

const Handshake* first_handshake(const ObservedConnection& connection) {
  return connection.handshakes.empty() ? nullptr : &connection.handshakes.front();
}

}  // namespace ti

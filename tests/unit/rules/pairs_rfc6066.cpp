#include "pairs.hpp"

namespace ti::made {

namespace {

/// A server that answers server_name resumes a session of "localhost" under this name.
Observation resumed_under(const char* name) {
  Wire full = first();
  full.body<ClientHello>(0).extensions.push_back({ext::server_name, {}});
  full.body<ServerHello>(1).extensions.push_back({ext::server_name, {}});
  Wire second = wire().resumed(a).data();
  second.body<ClientHello>(0).server_name = name;
  return cell({full, second.at(seconds(5))});
}

}  // namespace

std::vector<Pair> pairs_rfc6066() {
  return {{"rfc6066-3-same-server-name", Side::server, {2, 1}, resumed_under("other"), resumed_under("localhost")}};
}

}  // namespace ti::made

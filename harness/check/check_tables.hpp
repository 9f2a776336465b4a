#pragma once
// What a client is asked, one table a group. To add a check is to add a function and a row.
#include <span>
#include <string>

#include "check/client_trial.hpp"

namespace ti {

struct ClientCheck {
  const char* name;
  /// Gives what it saw, or throws CheckFailed, CheckSkipped or CheckImpossible.
  awaitable<std::string> (*body)(ClientTrial& trial);
  bool lines = false;  ///< of the line protocol only
  bool quiet = true;   ///< all goes well in it, so nothing may be on stderr
  bool told = false;   ///< of a capability: the adapter is told to use it, and must refuse if it cannot
};

std::span<const ClientCheck> line_checks();
std::span<const ClientCheck> wire_checks();
std::span<const ClientCheck> capability_checks();

/// Nothing was on stderr in all the checks before.
std::span<const ClientCheck> last_check();

}  // namespace ti

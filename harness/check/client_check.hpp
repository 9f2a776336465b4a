#pragma once
// Is a client what clients/PROTOCOL.md says and its manifest declares? Asked before it is believed.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "endpoints/run_context.hpp"
#include "exec/asio.hpp"
#include "model/manifest.hpp"

namespace ti {

enum class CheckState : std::uint8_t {
  ok,
  failed,
  excused,    ///< the manifest's `cannot` says what went wrong, and why
  skipped,    ///< it does not apply
  impossible  ///< it applies, but something to make it with is missing here: that proves nothing, so it does not hold
};

struct CheckResult {
  std::string name;
  CheckState state = CheckState::skipped;
  std::string note;  ///< what was seen; why it failed; why it was skipped
};

struct CapabilityResult {
  std::string name;
  bool declared = false;
  std::optional<bool> observed;  ///< nothing: could not be seen, `note` says why
  bool ignored = false;          ///< told to use it, it neither did nor refused
  std::string note;

  /// What is declared must be seen, and what is not must not be pretended. What is seen and not declared does no harm.
  bool holds() const { return declared ? observed.value_or(false) : !ignored; }
};

struct ClientReport {
  std::vector<CheckResult> checks;
  std::vector<CapabilityResult> capabilities;

  bool holds() const;
};

/// What the checks are made with.
struct CheckTools {
  std::vector<const ServerManifest*> servers;  ///< those that are built; which one is used goes by what it can do
  std::filesystem::path libfaketime;           ///< empty: the clock cannot be moved
  std::string only = "*";                      ///< glob over names of checks; what is on stderr is always checked
};

/// Puts one client to the test. Whatever it does is in the report; HarnessError is for servers that do not come up.
awaitable<ClientReport> check_client(ClientManifest manifest, CheckTools tools, const RunContext& context);

/// The manifest of an adapter that has none, by what it says of itself: carry and versions. `capabilities` are taken on
/// trust. One that does not answer has no versions, which the checks will tell.
awaitable<ClientManifest> manifest_of_command(std::vector<std::string> argv, std::set<std::string> capabilities,
                                              const RunContext& context);

/// The names that CheckTools::only chooses from; those of capabilities are those that a manifest may declare.
std::vector<std::string> check_names();
std::vector<std::string> capability_names();

}  // namespace ti

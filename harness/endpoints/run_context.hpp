#pragma once
// Where this run happens: what every cell needs and none changes.
#include <chrono>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>

#include "endpoints/credentials.hpp"
#include "exec/guardian.hpp"
#include "exec/loop_watch.hpp"
#include "model/manifest.hpp"

namespace ti {

/// HarnessError is a fault of ours, of the set-up or of the machine: the cell becomes `error`, nobody's fail.
struct HarnessError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Limits {
  std::chrono::milliseconds start{10000};  ///< a server or adapter to come up
  std::chrono::milliseconds step{10000};   ///< one connection
  std::chrono::milliseconds cell{60000};   ///< all of a cell's steps, beside the time that its timeline takes
  std::chrono::milliseconds answer{2000};  ///< the adapter's answer after its connection was taken away
  std::chrono::milliseconds dying{1000};   ///< a server that accepts no more, until it has ended
  std::chrono::milliseconds late{250};     ///< how late a step may start under the real clock
};

struct RunContext {
  Executor executor;
  const Guardian* guardian = nullptr;
  Credentials credentials;
  std::filesystem::path servers;           ///< build/servers: one folder a server
  std::filesystem::path clients;           ///< build/<preset>/clients: one folder a client folder, made by CMake
  std::filesystem::path optional_clients;  ///< build/clients: likewise, made by build.sh
  Limits limits;
  const LoopWatch* loop_watch = nullptr;  ///< null: nobody watches

  /// The whole environment of a program in `folder`, before its manifest's own variables.
  std::map<std::string, std::string> environment(const std::filesystem::path& folder) const;

  /// The folder that a client's {build} stands for.
  std::filesystem::path build_of(const ClientManifest& manifest) const;
};

}  // namespace ti

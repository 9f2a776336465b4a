#pragma once
// A client as a cell drives it: told to connect, it says what it saw. clients/PROTOCOL.md.
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "endpoints/adapter_protocol.hpp"
#include "endpoints/run_context.hpp"
#include "exec/clock.hpp"
#include "exec/line_channel.hpp"
#include "model/manifest.hpp"
#include "model/observation.hpp"
#include "model/results.hpp"

namespace ti {

/// ClientSettings hold for a whole cell, whatever drives the client.
struct ClientSettings {
  Version tls = Version::none;
  bool certificate = false;
  std::filesystem::path keylog = {};  ///< empty: none
  std::filesystem::path script = {};  ///< how it is to misbehave; empty: not at all
  bool fresh_processes = false;       ///< no process serves a second cell, nor, of carry `export`, a second connection
};

class Client {
 public:
  virtual ~Client() = default;

  /// Makes it ready for a new cell: nothing of an earlier one is left. Throws HarnessError when it does not come up.
  virtual awaitable<void> begin(ClientSettings settings, Deadline deadline) = 0;

  /// One connection. What goes wrong on the client's side is in the word, a breach of the protocol too. Throws
  /// AdapterRefused for a refusal, and HarnessError when a process does not come up.
  virtual awaitable<ClientWord> connect(ConnectOrder order, Deadline deadline) = 0;

  /// Ends its process or processes: they may take so long to do so by themselves.
  virtual awaitable<void> end(std::chrono::nanoseconds grace) = 0;

  /// Whether it may serve another cell.
  virtual bool reusable() const = 0;

  /// What it wrote since the last call where nothing was to be written; and all that was said, for the evidence.
  virtual std::string take_stray() = 0;
  virtual std::vector<std::string> take_transcript() = 0;
};

/// Makes the driver that the manifest asks for. `folder` is private to it and outlives it, as do context and clock.
std::unique_ptr<Client> make_client(const ClientManifest& manifest, const RunContext& context,
                                    const ClockControl& clock, Stopwatch watch, std::filesystem::path folder);

/// What {build}, {source} and {binary} stand for in a client's manifest. Throws HarnessError.
std::map<std::string, std::string> variables_of(const ClientManifest& manifest, const RunContext& context);

/// Words of a client's manifest with these variables filled in. Throws HarnessError.
std::vector<std::string> filled_in(const std::vector<std::string>& words, const ClientManifest& manifest,
                                   const std::map<std::string, std::string>& variables);

/// The command line that starts an adapter. Throws HarnessError.
std::vector<std::string> client_argv(const ClientManifest& manifest, const RunContext& context);

/// How this command of the client's is started in `folder`: with the environment of its manifest, and an input. Throws
/// HarnessError.
Launch client_launch(const ClientManifest& manifest, const RunContext& context, std::vector<std::string> argv,
                     const std::filesystem::path& folder);

}  // namespace ti

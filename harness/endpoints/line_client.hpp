#pragma once
// A client whose adapter speaks the line protocol.
#include <array>
#include <map>

#include "endpoints/client.hpp"
#include "endpoints/scratch.hpp"
#include "exec/output_log.hpp"

namespace ti {

/// LineClient keeps one adapter process for carry `cache`. For `export` each connection has another process than the
/// one before, and the serialised session is carried between them: two processes take turns and are told to forget all
/// before each connection, or, where the settings or the manifest want it, each process serves only one.
class LineClient final : public Client {
 public:
  LineClient(const ClientManifest& manifest, const RunContext& context, const ClockControl& clock, Stopwatch watch,
             std::filesystem::path folder);

  awaitable<void> begin(ClientSettings settings, Deadline deadline) override;
  awaitable<ClientWord> connect(ConnectOrder order, Deadline deadline) override;
  awaitable<void> end(std::chrono::nanoseconds grace) override;
  bool reusable() const override;
  std::string take_stray() override;
  std::vector<std::string> take_transcript() override;

 private:
  /// One adapter process, if it runs.
  struct Adapter {
    std::unique_ptr<Process> process;
    std::unique_ptr<LineChannel> channel;
    std::unique_ptr<OutputLog> errors;
    bool ready = false;  ///< configured, and not used since
  };

  bool exports() const { return manifest_.carry == Carry::session_export; }
  bool warm() const { return manifest_.capabilities.contains("warm") && !settings_.fresh_processes; }
  Adapter& adapter_for(std::size_t connection) { return adapters_[exports() ? (connection - 1) % 2 : 0]; }
  void start(Adapter& adapter);
  awaitable<void> bring_up(Adapter* adapter, Deadline deadline);
  awaitable<void> configure(Adapter* adapter, Deadline deadline);
  awaitable<void> shut(Adapter* adapter, std::chrono::nanoseconds grace);
  void collect();
  void check_loaded(const Adapter& adapter) const;
  ClientWord lost(const Adapter& adapter, ClientWord word);

  const ClientManifest& manifest_;
  const RunContext& context_;
  const ClockControl& clock_;
  Stopwatch watch_;
  Scratch folder_;
  ClientSettings settings_;
  std::array<Adapter, 2> adapters_;
  std::map<std::size_t, std::string> kept_;  ///< exported session after each connection, base64
  std::string latest_;
  std::string stray_;
  std::vector<std::string> transcript_;
  bool broken_ = false;
};

/// What the settings of a cell are for an adapter.
ConfigureOrder configure_order(const ClientSettings& settings, const Credentials& credentials);

/// An order of a timeline, with what an adapter of this manifest is told beside it: the time, if it must be told, and
/// for carry `export` the session, empty for none.
ConnectOrder completed(ConnectOrder order, const ClientManifest& manifest, double offset_s, const std::string& session);

}  // namespace ti

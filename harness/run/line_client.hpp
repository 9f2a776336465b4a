#pragma once
// A client whose adapter speaks the line protocol.
#include <map>

#include "exec/output_log.hpp"
#include "run/client.hpp"
#include "run/scratch.hpp"

namespace ti {

/// LineClient keeps one adapter process for carry `cache`; for `export` it starts one for each connection and carries
/// the serialised session between them.
class LineClient final : public Client {
 public:
  LineClient(const ClientManifest& manifest, const Site& site, const ClockControl& clock, Stopwatch watch,
             std::filesystem::path folder);

  awaitable<void> begin(ClientSettings settings, Deadline deadline) override;
  awaitable<ClientWord> connect(ConnectOrder order, Deadline deadline) override;
  awaitable<void> end() override;
  bool reusable() const override;
  std::string take_stray() override;
  std::vector<std::string> take_transcript() override;

 private:
  void start();
  awaitable<void> configure(Deadline deadline);
  awaitable<std::string> ask(std::string line, Deadline deadline);
  void collect();

  const ClientManifest& manifest_;
  const Site& site_;
  const ClockControl& clock_;
  Stopwatch watch_;
  Scratch folder_;
  ClientSettings settings_;
  std::unique_ptr<Process> process_;
  std::unique_ptr<LineChannel> channel_;
  std::unique_ptr<OutputLog> errors_;
  std::map<std::size_t, std::string> kept_;  ///< exported session after each connection, base64
  std::string latest_;
  std::string stray_;
  std::vector<std::string> transcript_;
  bool broken_ = false;
};

/// What an adapter is told, as clients/PROTOCOL.md has it. The session counts for carry `export` only; empty: none.
std::string configure_line(const ClientSettings& settings, const Site& site);
std::string connect_line(const ClientManifest& manifest, const ConnectOrder& order, double offset_s,
                         const std::string& session);

/// The client's word from the answer to a connect. Throws HarnessError when it is not an answer of the protocol.
struct ConnectAnswer {
  ClientWord word;
  std::string session;  ///< base64, empty for null
};
ConnectAnswer parse_answer(const std::string& line);

}  // namespace ti

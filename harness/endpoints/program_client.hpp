#pragma once
// A client that is an unmodified program, driven as its manifest says: one process a connection.
#include <map>

#include "endpoints/client.hpp"
#include "endpoints/scratch.hpp"
#include "exec/output_log.hpp"

namespace ti {

class ProgramClient final : public Client {
 public:
  ProgramClient(const ClientManifest& manifest, const RunContext& context, const ClockControl& clock, Stopwatch watch,
                std::filesystem::path folder);

  awaitable<void> begin(ClientSettings settings, Deadline deadline) override;
  awaitable<ClientWord> connect(ConnectOrder order, Deadline deadline) override;
  awaitable<void> end(std::chrono::nanoseconds) override { co_return; }
  bool reusable() const override { return true; }
  std::string take_stray() override { return {}; }
  std::vector<std::string> take_transcript() override;

 private:
  std::filesystem::path session_file(std::size_t connection) const;

  const ClientManifest& manifest_;
  const RunContext& context_;
  const ClockControl& clock_;
  Stopwatch watch_;
  Scratch folder_;
  ClientSettings settings_;
  std::map<std::size_t, std::filesystem::path> kept_;  ///< the session file as it stood after each connection
  std::filesystem::path latest_;
  std::vector<std::string> transcript_;
};

/// The command line of one connection, which offers the session in a file (empty: none) and keeps its own in another.
/// Throws HarnessError.
std::vector<std::string> program_command(const ClientManifest& manifest, const RunContext& context,
                                         const ClientSettings& settings, std::uint16_t port,
                                         const std::filesystem::path& offered, const std::filesystem::path& kept);

/// The line in which a program says that it does not understand its command line; empty when there is none.
std::string usage_complaint(const std::string& output);

/// The program's word, read from its output by the manifest's expressions.
ClientWord program_word(const std::map<std::string, std::string>& said, const std::string& output, bool ok);

}  // namespace ti

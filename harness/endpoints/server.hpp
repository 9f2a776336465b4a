#pragma once
// A server that runs, started as its manifest says.
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "endpoints/credentials.hpp"
#include "endpoints/run_context.hpp"
#include "endpoints/scratch.hpp"
#include "exec/clock.hpp"
#include "exec/output_log.hpp"
#include "exec/process.hpp"
#include "exec/tap.hpp"
#include "model/manifest.hpp"
#include "model/policy.hpp"

namespace ti {

/// ServerOrder is what a server is started for. Two cells with equal orders may share one warm server.
struct ServerOrder {
  const ServerManifest* manifest = nullptr;
  Policy policy;
  Version tls = Version::none;
  std::string ciphers;

  bool operator==(const ServerOrder&) const = default;
};

/// The launch of a server in a folder, and the files it needs there: argv, environment, texts. Pure.
struct ServerLaunch {
  Launch launch;
  std::map<std::string, std::string> files;  ///< name -> filled-in text
  std::filesystem::path socket;
  std::filesystem::path keylog;
};
/// Its program, {binary}.
std::filesystem::path server_program(const ServerManifest& manifest, const RunContext& context);

Result<ServerLaunch> prepare(const ServerOrder& order, const RunContext& context, const std::filesystem::path& folder);

/// What prints its version, in the environment in which it serves. Pure.
Result<Launch> version_launch(const ServerManifest& manifest, const RunContext& context,
                              const std::filesystem::path& folder);

/// Server owns the process and its log. Its key log and socket are in its folder.
class Server {
 public:
  Server(ServerOrder order, const RunContext& context, std::filesystem::path folder);

  /// Starts it and waits for its ready mark. Throws HarnessError with the end of its log when it does not come up.
  awaitable<void> start(const ClockControl& clock, Stopwatch watch, Deadline deadline);

  /// Whether it has ended by itself, or does so in that time.
  awaitable<bool> ends_within(std::chrono::nanoseconds time);

  /// Stops it, and what its group holds; nothing when it does not run.
  awaitable<void> stop(std::chrono::nanoseconds grace = std::chrono::seconds(1));

  const ServerOrder& order() const { return order_; }
  pid_t id() const { return process_->id(); }
  Upstream upstream() const { return upstream_; }
  bool running() const { return process_ && !process_->poll(); }
  /// How it ended, in words, if it ended by itself; else empty.
  std::string ended() const;
  /// Whether that was by SIGKILL, which is no act of its own.
  bool was_killed() const { return process_ && !killed(process_->ended()).empty(); }

  /// Log lines since the last call, after reading what is there now.
  std::vector<LogLine> take_log();

  /// Whether the log grew so long that ticket decisions in it were lost, since it was started.
  bool log_cut() const { return log_ && log_->lost(); }

  /// Why what it did proves nothing: it is to be hooked, and did not say that it is (servers/CONTRACT.md). Else empty.
  std::string why_unhooked() const;

  /// Notes that it took a connection; and whether it ever did.
  void note_reached() { reached_ = true; }
  bool was_reached() const { return reached_; }

  /// Key log text that it has written since the last call.
  std::string take_keylog();

  const ServerLaunch& launched() const { return launched_; }

 private:
  void check_loaded() const;
  void look_for_hook(std::string_view line);

  ServerOrder order_;
  const RunContext& context_;
  Scratch folder_;
  ServerLaunch launched_;
  Upstream upstream_;
  std::unique_ptr<Process> process_;
  std::unique_ptr<OutputLog> log_;
  std::size_t keylog_read_ = 0;
  bool reached_ = false;
  bool hooked_ = false;
  std::string hook_failed_;  ///< the hook's word, if it could not be set
};

}  // namespace ti

#pragma once
// A place in which one cell at a time runs: its folder, its clock, and what is kept warm from cell to cell.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "endpoints/client.hpp"
#include "endpoints/server.hpp"
#include "exec/clock.hpp"
#include "exec/semaphore.hpp"
#include "exec/temp_dir.hpp"

namespace ti {

/// How a slot treats time and processes.
struct SlotMode {
  std::filesystem::path libfaketime;  ///< empty: the real clock
  Semaphore* starting = nullptr;      ///< passed while programs start; null: any number may
  std::size_t most_warm = 12;         ///< servers, and clients, that are kept so
  bool keep_warm = true;              ///< processes that declare it serve one cell after the other (virtual clock only)
};

/// Whether programs get the time to end by themselves.
enum class StopMode : std::uint8_t { graceful, kill };

/// Slot owns all processes of the cells that run in it. Its clock only goes forward: between two cells that share a
/// warm server it moves on until every ticket key of that server is dead.
class Slot {
 public:
  Slot(const RunContext& context, SlotMode mode);

  const RunContext& context() const { return context_; }
  ClockControl& clock() { return *clock_; }
  Stopwatch watch() const { return watch_; }
  bool real_clock() const { return mode_.libfaketime.empty(); }
  Semaphore* starting() const { return mode_.starting; }

  /// Begins a cell: gives a running server for the order, a warm one if there is one, whose keys are all dead by the
  /// clock. The slot owns it. Throws HarnessError.
  awaitable<Server*> begin_cell(ServerOrder order, Deadline deadline);

  /// A client, ready for the cell that was begun. The slot owns it. Throws HarnessError.
  awaitable<Client*> lend_client(const ClientManifest& manifest, ClientSettings settings, Deadline deadline);

  /// Ends the cell: what may be kept is kept if the cell was `healthy`, the rest is stopped.
  awaitable<void> end_cell(bool healthy, bool server_may_stay, StopMode stop_mode = StopMode::graceful);

  /// Stops everything.
  awaitable<void> clear(StopMode stop_mode = StopMode::graceful);

  /// A file of its own for a client's secrets.
  std::filesystem::path client_keylog() { return new_path("k"); }

  const std::filesystem::path& folder() const { return folder_.path(); }

  /// Whether its folder can take a little more: a cell's programs write sessions and secrets there, some tens of KiB.
  bool has_room() const;

  /// Whether a server for this order is warm here.
  bool has_warm(const ServerOrder& order) const;

 private:
  std::filesystem::path new_path(const char* kind);
  void make_clock();

  struct Grace {
    std::chrono::nanoseconds client{};
    std::chrono::nanoseconds server{};
  };
  Grace grace_of(StopMode stop_mode) const;

  const RunContext& context_;
  SlotMode mode_;
  TempDir folder_;
  Stopwatch watch_;
  std::unique_ptr<ClockControl> clock_;
  std::vector<std::unique_ptr<Server>> servers_;                          ///< warm ones, the most recently used last
  std::vector<std::pair<std::string, std::unique_ptr<Client>>> clients_;  ///< likewise, by id
  std::unique_ptr<Server> server_;                                        ///< lent now
  std::unique_ptr<Client> client_;                                        ///< lent now
  std::string client_id_;
  std::size_t folders_ = 0;
};

}  // namespace ti

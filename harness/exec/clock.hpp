#pragma once
// The time in which a cell lives.
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "exec/asio.hpp"
#include "exec/faketime_objects.hpp"

namespace ti {

/// ClockControl moves the wall clock of the programs of one slot. One object may serve several cells, one after the
/// other; the time never goes back.
class ClockControl {
 public:
  virtual ~ClockControl() = default;

  /// What to add to the environment of a program that shall live in this time.
  virtual std::map<std::string, std::string> env() const = 0;

  /// Second 0 of the next cell is now, or `rest` after now.
  virtual awaitable<void> begin(std::chrono::milliseconds rest) = 0;

  /// Makes it `at` after second 0. Returns how much later than that it already is: zero when all is well.
  virtual awaitable<std::chrono::nanoseconds> advance_to(std::chrono::milliseconds at) = 0;

  /// Seconds by which this time is ahead of the machine's, for programs that must be told (capability own_clock).
  virtual double offset_s() const = 0;
};

/// VirtualClock is a file read by libfaketime. Only the wall clock moves, monotonic timers stay real. Two files change
/// places at each move, so that it is never met half written; a new one each time costs ten times as much.
class VirtualClock final : public ClockControl {
 public:
  /// `file` is made now, and another beside it; their folder must live as long as the clock's programs.
  VirtualClock(const Guardian& guardian, const std::filesystem::path& file, std::filesystem::path libfaketime,
               std::chrono::milliseconds base = {});

  std::map<std::string, std::string> env() const override;
  awaitable<void> begin(std::chrono::milliseconds rest) override;
  awaitable<std::chrono::nanoseconds> advance_to(std::chrono::milliseconds at) override;
  double offset_s() const override;

 private:
  struct File {
    explicit File(std::filesystem::path path);
    ~File();
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    std::filesystem::path path;
    int fd;  ///< of what stands at the path now
  };

  void move_to(std::chrono::nanoseconds offset);

  File shown_;
  File spare_;
  std::filesystem::path libfaketime_;
  FaketimeObjects objects_;
  std::chrono::nanoseconds offset_;
  std::chrono::steady_clock::time_point start_;  ///< second 0 of the cell, in machine time
  std::chrono::nanoseconds start_offset_{};      ///< and the offset then
};

/// RealClock waits.
class RealClock final : public ClockControl {
 public:
  std::map<std::string, std::string> env() const override { return {}; }
  awaitable<void> begin(std::chrono::milliseconds rest) override;
  awaitable<std::chrono::nanoseconds> advance_to(std::chrono::milliseconds at) override;
  double offset_s() const override { return 0; }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

enum class ClockKind : std::uint8_t { virtual_time, real_time };

/// A clock of that kind: the one place where clocks are made. What it keeps lies in `folder`, which lives as long as
/// its programs. Without libfaketime (empty) a virtual clock is for programs alone that must be told the time.
std::unique_ptr<ClockControl> make_clock(ClockKind kind, const Guardian& guardian, const std::filesystem::path& folder,
                                         const std::filesystem::path& libfaketime);

/// libfaketime.so.1, wherever this system's packager put it.
std::optional<std::filesystem::path> find_libfaketime();

}  // namespace ti

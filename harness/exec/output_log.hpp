#pragma once
// What a process says, line by line, with the times at which the harness read it.
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exec/task_group.hpp"

namespace ti {

struct LogLine {
  Instant at;        ///< when it was read
  std::string text;  ///< without its newline
};

/// OutputLog reads a pipe from now on until its end, whoever waits for it or not, so that the process never blocks on
/// it for longer than a nap: while nobody waits, lines that come together are read together. It keeps `limit` bytes;
/// what comes after is read, dropped, and told by a last line that says so. Only lines that hold the text `always` are
/// kept then, of at most 4 KiB each, and up to `limit` bytes more.
class OutputLog {
 public:
  static constexpr std::size_t default_limit = std::size_t{4} << 20;
  static constexpr std::chrono::milliseconds longest_nap{2};

  OutputLog(Pipe pipe, Stopwatch clock, std::size_t limit = default_limit, std::string always = {});

  /// Waits until `text` stands somewhere in the output, split over reads as it may be. False: the deadline came, or the
  /// output ended (as it does when the process exits) without it.
  awaitable<bool> wait_for(std::string text, Deadline deadline);

  /// Waits for the end of the output; false when the deadline came first.
  awaitable<bool> wait_for_end(Deadline deadline);

  /// Reads what is there now, without waiting.
  void drain();

  /// Complete lines, and last an unfinished one if there is any.
  std::vector<LogLine> lines() const;

  /// The complete lines that no earlier call gave, which are forgotten then: a process that serves many cells keeps no
  /// log of them all.
  std::vector<LogLine> take();
  std::string_view text() const;
  bool ended() const;

  /// Whether a line was dropped that was always to be kept.
  bool lost() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
  TaskGroup tasks_;
};

}  // namespace ti

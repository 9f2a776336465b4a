#pragma once
// Question and answer, one line each, over a process's stdin and stdout.
#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include "exec/process.hpp"

namespace ti {

/// What a process did that no answer can be had from it.
struct ChannelError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// It broke the conversation's rules, rather than ending.
struct ChannelMisuse : ChannelError {
  using ChannelError::ChannelError;
};

/// No answer came by the deadline.
struct TimedOut : std::runtime_error {
  TimedOut() : std::runtime_error("timed out") {}
};

struct ChannelLine {
  enum class Way : std::uint8_t { to_process, from_process };
  Way way;
  Instant at;
  std::string text;  ///< without its newline
};

/// LineChannel owns the conversation, not the process: the process, started with `input` and an output pipe, must
/// outlive it. After any error it is of no more use.
class LineChannel {
 public:
  static constexpr std::size_t longest_line = std::size_t{1} << 20;

  LineChannel(Process& process, Stopwatch clock) : process_(process), clock_(clock) {}

  /// Sends a line and gives the answer, both without newline. Throws TimedOut at the deadline, ChannelError when the
  /// process closed its output (with its exit status), spoke unasked, or gave a line longer than longest_line.
  awaitable<std::string> request(std::string line, Deadline deadline);

  /// Whether the process has said something that nobody asked for.
  bool spoke_unasked();

  /// Both directions in order, since the last call.
  std::vector<ChannelLine> take_transcript();

 private:
  awaitable<std::string> exchange(std::string line);

  Process& process_;
  Stopwatch clock_;
  std::string unread_;
  std::vector<ChannelLine> transcript_;
};

}  // namespace ti

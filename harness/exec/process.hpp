#pragma once
// One child process with all its descendants.
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "exec/asio.hpp"
#include "exec/guardian.hpp"

namespace ti {

struct Exited {
  int code;
  bool operator==(const Exited&) const = default;
};
struct Signalled {
  int signal;
  bool operator==(const Signalled&) const = default;
};
using Exit = std::variant<Exited, Signalled>;

/// "exited with 3", "killed by signal 15 (Terminated)".
std::string text(const Exit& exit);

/// The same for an end that nothing shows to be the program's own doing: SIGKILL, which the kernel sends when memory is
/// short; else empty.
std::string killed(const std::optional<Exit>& exit);

/// Launch says what to run. Nothing passes through a shell, nothing is inherited: not the environment, no descriptor
/// above stderr, no signal mask, no ignored signal.
struct Launch {
  enum class Output : std::uint8_t { discard, separate, merged };  ///< merged: stderr goes to stdout's pipe

  std::vector<std::string>
      argv;  ///< argv[0] is a path (a relative one is below cwd), or a name looked for in env's PATH
  std::map<std::string, std::string> env;  ///< all of it
  std::filesystem::path cwd = {};          ///< empty: the harness's own
  bool input = false;                      ///< a pipe to stdin; otherwise /dev/null
  Output output = Output::separate;
};

/// Process is a running program and its process group. Whatever happens to it - it exits, it is stopped, the object or
/// the harness dies - no member of the group survives, and none is left unreaped.
class Process {
 public:
  /// Starts it. Throws boost::system::system_error naming the program when it cannot be run. The guardian is the run's
  /// and outlives the object.
  Process(Executor executor, const Guardian& guardian, const Launch& launch);
  ~Process();  ///< kills the group and reaps, which blocks for as long as the kernel takes to kill
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Waits for the program itself to end; what it left of its group is killed then. May be awaited by several at once,
  /// and again later.
  awaitable<Exit> wait();

  /// The same until a deadline; false when that came first.
  awaitable<bool> ends_by(Deadline deadline);

  /// SIGTERM to the group; SIGKILL after `grace`. Returns when the whole group is gone.
  awaitable<Exit> stop(std::chrono::nanoseconds grace);

  /// Looks, without waiting, whether it has ended; then as wait().
  const std::optional<Exit>& poll();

  /// How it ended, if it was seen to end.
  const std::optional<Exit>& ended() const;

  pid_t id() const;
  const std::string& program() const { return program_; }

  /// The harness's ends of the pipes that were asked for; not open otherwise. Closing `in` is the child's end of input.
  Pipe in;
  Pipe out;
  Pipe err;

 private:
  struct Child;

  std::string program_;
  std::shared_ptr<Child> child_;  ///< shared with the one wait for it, which ends after it
};

}  // namespace ti

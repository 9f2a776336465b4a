#pragma once
// What the tests of the exec layer share: a loop, a guardian, and programs to run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "exec/process.hpp"
#include "with_deadline.hpp"

namespace ti {

class ExecTest : public testing::Test {
 protected:
  /// Runs the loop until `op` is done.
  template <class T>
  T run(awaitable<T> op) {
    std::optional<T> result;
    run(store_result(std::move(op), result));
    return std::move(result.value());
  }

  void run(awaitable<void> op) {
    bool done = false;
    std::exception_ptr error;
    asio::co_spawn(io_, std::move(op), [&](std::exception_ptr e) {
      error = e;
      done = true;
    });
    run_until([&] { return done; });
    if (error) std::rethrow_exception(error);
  }

  template <class Condition>
  void run_until(Condition holds) {
    io_.restart();
    while (!holds()) ASSERT_NE(io_.run_one(), 0U) << "there is nothing left to wait for";
  }

  Executor executor() { return io_.get_executor(); }

  static Launch program(std::vector<std::string> argv) {
    Launch launch;
    launch.argv = std::move(argv);
    launch.env["PATH"] = "/usr/bin:/bin";
    return launch;
  }
  static Launch shell(const std::string& script) { return program({"/bin/sh", "-c", script}); }

  /// Long enough that only a hang reaches it.
  static Deadline soon() { return deadline_in(std::chrono::seconds(30)); }

  const Guardian guardian_;
  asio::io_context io_{1};
  const Stopwatch clock_;
};

/// A pidfd, which is readable once the process is dead.
inline int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

}  // namespace ti

#pragma once
// How programs are started for Boost.Process v2: a launcher of our own, which is its extension point.
#include <boost/process/v2/posix/default_launcher.hpp>
#include <boost/process/v2/process.hpp>

#include "exec/asio.hpp"
#include "exec/guardian.hpp"

namespace ti {

using ChildHandle = boost::process::v2::basic_process<Executor>;

/// GroupLauncher starts a program as the leader of a process group of its own, which is on the guardian's list, dies
/// with the harness, and inherits no descriptor above stderr, no blocked and no ignored signal. The stock launchers get
/// some of that wrong: they leave descriptors open, run destructors when exec fails, tell Asio of a fork. The child
/// shares our memory until exec (vfork), so that a start costs the same however large we are: initializers may not
/// allocate in on_exec_setup.
class GroupLauncher : public boost::process::v2::posix::default_launcher {
 public:
  /// `environment` is all of the program's, null-terminated; it and the guardian outlive the launch.
  GroupLauncher(const Guardian& guardian, const char* const* environment) : guardian_(guardian) { env = environment; }

  /// Starts it with these arguments, null-terminated. An error comes with what failed().
  template <class... Initializers>
  ChildHandle operator()(Executor executor, boost::system::error_code& error, const char* program,
                         const char* const* arguments, Initializers&&... initializers) {
    const boost::process::v2::filesystem::path path(program);
    auto set_up = [&] {
      return boost::process::v2::posix::detail::on_exec_setup(*this, path, arguments, initializers...);
    };
    start(program, arguments, {[](void* all) { return (*static_cast<decltype(set_up)*>(all))(); }, &set_up}, error);
    return take_handle(std::move(executor), error);
  }

  /// What could not be done, in words that the program's name ends.
  const char* failed() const { return failed_; }
  void set_failing(const char* what) { failed_ = what; }

 private:
  /// What the initializers do in the child, in order.
  struct SetUp {
    boost::system::error_code (*run)(void*);
    void* all;
  };
  /// Makes the child; there is one, dead or alive, if `pid` is not -1.
  void start(const char* program, const char* const* arguments, SetUp set_up, boost::system::error_code& error);
  boost::system::error_code become(const char* program, const char* const* arguments, SetUp set_up);
  /// The handle of the child, which is killed and reaped if there was an error.
  ChildHandle take_handle(Executor executor, boost::system::error_code& error);

  const Guardian& guardian_;
  const char* failed_ = nullptr;
};

}  // namespace ti

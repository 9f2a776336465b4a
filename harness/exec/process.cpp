#include "exec/process.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/process/v2/start_dir.hpp>
#include <boost/process/v2/stdio.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/text.hpp"
#include "exec/event.hpp"
#include "exec/launcher.hpp"

namespace ti {

namespace bp = boost::process::v2;

namespace {

[[noreturn]] void fail(int error, const std::string& what) {
  throw boost::system::system_error(error, boost::system::system_category(), what);
}

/// A descriptor of ours for as long as the child needs it.
class Descriptor {
 public:
  Descriptor() = default;
  ~Descriptor() { reset(-1); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  void reset(int fd) {
    if (fd_ != -1) ::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

enum class Flow : std::uint8_t { to_child, from_child };

void make_pipe(Pipe& ours, Descriptor& theirs, Flow flow) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) == -1) fail(errno, "cannot make a pipe");
  const int our_end = flow == Flow::to_child ? 1 : 0;
  theirs.reset(ends[1 - our_end]);
  ours.assign(ends[our_end]);
}

std::string find_program(const Launch& launch) {
  const std::string& name = launch.argv.at(0);
  if (name.find('/') != std::string::npos) return name;
  const auto path = launch.env.find("PATH");
  if (path != launch.env.end()) {
    for (const std::string& folder : split(path->second, ':')) {
      std::string candidate = folder + "/" + name;
      std::error_code unreadable;  // then it is not there for us, and a later folder may have it
      if (std::filesystem::is_regular_file(candidate, unreadable) && ::access(candidate.c_str(), X_OK) == 0)
        return candidate;
    }
  }
  fail(ENOENT, "cannot find " + name + " in PATH");
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Enters the folder, if there is one, as the stock initializer does, and says what failed if it cannot.
struct StartFolder : bp::process_start_dir {
  using process_start_dir::process_start_dir;
  boost::system::error_code on_exec_setup(GroupLauncher& launcher, const bp::filesystem::path& program,
                                          const char* const*& arguments) {
    if (start_dir.empty()) return {};
    const char* before = launcher.failed();
    launcher.set_failing("cannot enter the folder to start ");
    const auto error = process_start_dir::on_exec_setup(launcher, program, arguments);
    if (!error) launcher.set_failing(before);
    return error;
  }
};

}  // namespace

std::string text(const Exit& exit) {
  if (const auto* exited = std::get_if<Exited>(&exit)) return "exited with " + std::to_string(exited->code);
  const int signal = std::get<Signalled>(exit).signal;
  return "killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
}

std::string killed(const std::optional<Exit>& exit) { return exit == Exit(Signalled{SIGKILL}) ? text(*exit) : ""; }

/// Child is the running program. The wait for it is one for all who want to know, and reaps it. It is not the handle's
/// own, which takes any event on its descriptor for the end and then waits for that without the loop: a descriptor that
/// was closed while a newborn child still had a copy of it can give one to whoever has its place in the reactor.
struct Process::Child {
  Child(ChildHandle h, const Guardian& g)
      : handle(std::move(h)), guardian(g), pid(handle.id()), end(handle.get_executor()) {
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (fd == -1) fail(errno, "cannot watch a program that was started");
    end.assign(fd);
  }

  /// To be called when the handle has reaped the program. Its number is not another's while a member of its group
  /// lives. Members whose parents die become our children: when there is none left to wait for, the group is gone.
  void settle() {
    if (exit) return;
    ::kill(-pid, SIGKILL);
    guardian.dismiss(pid);
    while (::waitpid(-pid, nullptr, 0) != -1 || errno == EINTR) continue;
    const int status = handle.native_exit_code();
    exit = WIFSIGNALED(status) ? Exit(Signalled{WTERMSIG(status)}) : Exit(Exited{WEXITSTATUS(status)});
    changed.notify();
  }

  void kill_and_reap() {
    if (exit) return;
    ::kill(-pid, SIGKILL);
    boost::system::error_code ignored;  // that there is nobody to wait for is what is wanted
    handle.wait(ignored);
    settle();
  }

  static void watch(const std::shared_ptr<Child>& child) {
    if (std::exchange(child->watched, true)) return;
    await_end(child);
  }

  static void await_end(const std::shared_ptr<Child>& child) {
    child->end.async_wait(asio::posix::descriptor_base::wait_read, [child](const boost::system::error_code& failed) {
      if (failed || child->exit) return;
      boost::system::error_code error;
      if (child->handle.running(error)) return await_end(child);
      if (!error) child->settle();
    });
  }

  ChildHandle handle;
  const Guardian& guardian;
  const pid_t pid;
  asio::posix::stream_descriptor end;  ///< becomes readable when it has ended
  bool watched = false;
  std::optional<Exit> exit;
  Event changed;
};

Process::Process(Executor executor, const Guardian& guardian, const Launch& launch)
    : in(executor), out(executor), err(executor), program_(find_program(launch)) {
  Descriptor null;
  null.reset(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (null.get() == -1) fail(errno, "cannot open /dev/null");
  Descriptor child_in;
  Descriptor child_out;
  Descriptor child_err;
  if (launch.input) make_pipe(in, child_in, Flow::to_child);
  if (launch.output != Launch::Output::discard) make_pipe(out, child_out, Flow::from_child);
  if (launch.output == Launch::Output::separate) make_pipe(err, child_err, Flow::from_child);
  const auto or_null = [&](const Descriptor& fd) { return fd.get() == -1 ? null.get() : fd.get(); };

  std::vector<std::string> argv = launch.argv;
  std::vector<std::string> env;
  for (const auto& [name, value] : launch.env) env.push_back(name + "=" + value);
  env.push_back(guardian.mark());
  const std::vector<char*> argv_pointers = pointers(argv);
  const std::vector<char*> env_pointers = pointers(env);
  const bool merged = launch.output == Launch::Output::merged;
  bp::process_stdio streams{or_null(child_in), or_null(child_out), or_null(merged ? child_out : child_err)};
  GroupLauncher launcher(guardian, env_pointers.data());
  boost::system::error_code error;
  ChildHandle handle =
      launcher(executor, error, program_.c_str(), argv_pointers.data(), streams, StartFolder(launch.cwd.native()));
  if (error) fail(error.value(), launcher.failed() + program_);
  child_ = std::make_shared<Child>(std::move(handle), guardian);
}

Process::~Process() { child_->kill_and_reap(); }

const std::optional<Exit>& Process::ended() const { return child_->exit; }

pid_t Process::id() const { return child_->pid; }

const std::optional<Exit>& Process::poll() {
  boost::system::error_code error;
  if (!child_->exit && !child_->handle.running(error) && !error) child_->settle();
  return child_->exit;
}

awaitable<bool> Process::ends_by(Deadline deadline) {
  Child::watch(child_);
  const std::shared_ptr<Child> child = child_;
  const bool ended = co_await child->changed.wait_until(deadline, [&] { return child->exit.has_value(); });
  co_return ended;
}

awaitable<Exit> Process::wait() {
  co_await ends_by(Deadline::max());
  co_return *child_->exit;
}

awaitable<Exit> Process::stop(std::chrono::nanoseconds grace) {
  if (child_->exit) co_return *child_->exit;
  ::kill(-child_->pid, SIGTERM);
  const bool ended = co_await ends_by(deadline_in(grace));
  if (!ended) child_->kill_and_reap();
  co_return *child_->exit;
}

}  // namespace ti

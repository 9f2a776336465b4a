#include "exec/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/text.hpp"
#include "exec/alarm.hpp"

namespace ti {

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

/// Plan is all that the child needs between vfork and exec, where it must not allocate: it runs in our memory.
struct Plan {
  const Guardian& guardian;
  const char* program;
  const char* cwd;  ///< null: stay
  char* const* argv;
  char* const* env;
  int streams[3];
  const char* failed = nullptr;  ///< what could not be done, and errno then
  int error = 0;
};

void become(Plan& plan) {
  for (int signal = 1; signal <= SIGRTMAX; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  plan.failed = "cannot prepare the start of ";
  const bool prepared =
      ::setpgid(0, 0) == 0 && plan.guardian.enlist_self() && ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
      ::dup2(plan.streams[0], 0) != -1 && ::dup2(plan.streams[1], 1) != -1 && ::dup2(plan.streams[2], 2) != -1 &&
      ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0 && ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
  if (prepared) {
    plan.failed = "cannot enter the folder to start ";
    if (plan.cwd == nullptr || ::chdir(plan.cwd) == 0) {
      plan.failed = "cannot start ";
      ::execve(plan.program, plan.argv, plan.env);
    }
  }
  plan.error = errno;
}

/// Runs the plan in a child that shares our memory until exec, so that a start costs the same however large we are. Its
/// signals stay blocked until it has none of our handlers' business left.
pid_t launch_plan(Plan& plan) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork)
  if (pid == 0) {
    become(plan);
    ::_exit(127);
  }
  if (pid == -1) plan.error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return pid;
}

}  // namespace

std::string text(const Exit& exit) {
  if (const auto* exited = std::get_if<Exited>(&exit)) return "exited with " + std::to_string(exited->code);
  const int signal = std::get<Signalled>(exit).signal;
  return "killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
}

Process::Process(Executor executor, const Guardian& guardian, const Launch& launch)
    : in(executor),
      out(executor),
      err(executor),
      guardian_(guardian),
      program_(find_program(launch)),
      handle_(executor) {
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
  Plan plan{.guardian = guardian,
            .program = program_.c_str(),
            .cwd = launch.cwd.empty() ? nullptr : launch.cwd.c_str(),
            .argv = argv_pointers.data(),
            .env = env_pointers.data(),
            .streams = {or_null(child_in), or_null(child_out), or_null(merged ? child_out : child_err)}};
  pid_ = launch_plan(plan);
  if (pid_ == -1) fail(plan.error, "cannot start " + program_);
  if (plan.error != 0) {
    reap();
    fail(plan.error, plan.failed + program_);
  }
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (handle == -1) {
    const int error = errno;
    reap();
    fail(error, "cannot watch " + program_);
  }
  handle_.assign(handle);
}

Process::~Process() {
  if (!exit_) reap();
}

// The program, dead or not, is still unreaped here, so the group's number cannot have passed to anybody else. Members
// whose parents die become our children: when there is none left to wait for, the whole group is gone.
void Process::reap() {
  ::kill(-pid_, SIGKILL);
  guardian_.dismiss(pid_);
  int status = 0;
  while (::waitpid(pid_, &status, 0) == -1 && errno == EINTR) continue;
  while (::waitpid(-pid_, nullptr, 0) != -1 || errno == EINTR) continue;
  if (WIFSIGNALED(status)) {
    exit_ = Signalled{WTERMSIG(status)};
  } else {
    exit_ = Exited{WEXITSTATUS(status)};
  }
}

const std::optional<Exit>& Process::poll() {
  pollfd ended{handle_.native_handle(), POLLIN, 0};
  if (!exit_ && ::poll(&ended, 1, 0) == 1) reap();
  return exit_;
}

awaitable<bool> Process::ends_by(Deadline deadline) {
  const Alarm alarm(handle_.get_executor(), deadline, [this] {
    boost::system::error_code ignored;
    handle_.cancel(ignored);
  });
  while (!exit_ && !alarm.rang()) {
    const auto [interrupted] = co_await handle_.async_wait(Pipe::wait_read, asio::as_tuple(use_awaitable));
    if (!interrupted && !exit_) reap();
  }
  co_return exit_.has_value();
}

awaitable<Exit> Process::wait() {
  co_await ends_by(Deadline::max());
  co_return *exit_;
}

awaitable<Exit> Process::stop(std::chrono::nanoseconds grace) {
  if (exit_) co_return *exit_;
  ::kill(-pid_, SIGTERM);
  const bool ended = co_await ends_by(deadline_in(grace));
  if (!ended) reap();
  co_return *exit_;
}

}  // namespace ti

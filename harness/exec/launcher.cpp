#include "exec/launcher.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace ti {

namespace {

boost::system::error_code last_error() { return {errno, boost::system::system_category()}; }

void reset_signals() {
  for (int signal = 1; signal <= SIGRTMAX; ++signal) ::signal(signal, SIG_DFL);
}

}  // namespace

boost::system::error_code GroupLauncher::become(const char* program, const char* const* arguments, SetUp set_up) {
  reset_signals();
  failed_ = "cannot prepare the start of ";
  if (::setpgid(0, 0) != 0 || !guardian_.enlist_self() || ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return last_error();
  if (const boost::system::error_code error = set_up.run(set_up.all)) return error;
  sigset_t none;
  ::sigemptyset(&none);
  if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0 || ::sigprocmask(SIG_SETMASK, &none, nullptr) != 0)
    return last_error();
  failed_ = "cannot start ";
  ::execve(program, const_cast<char* const*>(arguments), const_cast<char* const*>(env));
  return last_error();
}

void GroupLauncher::start(const char* program, const char* const* arguments, SetUp set_up,
                          boost::system::error_code& error) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  failed_ = "cannot start ";
  pid = ::vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork)
  if (pid == 0) {
    error = become(program, arguments, set_up);
    ::_exit(127);
  }
  if (pid == -1) error = last_error();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ChildHandle GroupLauncher::take_handle(Executor executor, boost::system::error_code& error) {
  if (!error) {
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (handle != -1) return ChildHandle(std::move(executor), pid, handle);
    failed_ = "cannot watch ";
    error = last_error();
  }
  if (pid != -1) {
    ::kill(-pid, SIGKILL);
    guardian_.dismiss(pid);
    while (::waitpid(pid, nullptr, 0) == -1 && errno == EINTR) continue;
  }
  return ChildHandle(std::move(executor));
}

}  // namespace ti

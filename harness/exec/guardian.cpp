#include "exec/guardian.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <fstream>
#include <set>
#include <string>
#include <thread>

namespace ti {

namespace {

namespace fs = std::filesystem;

// The pipe carries records of a verb, a value and a NUL. Each is one write of less than PIPE_BUF bytes, so that those
// of the harness and of its children never mix.
enum Verb : char { add_group = '+', drop_group = '-', add_folder = 'D', drop_folder = 'd' };

constexpr char ready = 'r';
constexpr std::size_t longest_message = 8192;
constexpr std::size_t many_messages = 100;  // of some 270 that the socket holds

std::string mark_of(pid_t guardian) { return "TICKET_INTEROP_GUARDIAN=" + std::to_string(guardian); }

/// Kills what bears the mark in the environment that it was started with.
void kill_marked(const std::string& mark) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    pid_t process = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), process);
    if (error != std::errc{} || *end != '\0') continue;
    std::ifstream environment(entry.path() / "environ", std::ios::binary);
    for (std::string variable; std::getline(environment, variable, '\0');)
      if (variable == mark) ::kill(process, SIGKILL);
  }
}

struct Wards {
  std::set<pid_t> groups;
  std::set<std::string> folders;
  std::size_t heard = 0;  ///< messages

  void hear(std::string_view message) {
    const std::string_view what = message.substr(1);
    pid_t group = 0;
    switch (message.front()) {
      case add_group:
      case drop_group:
        std::from_chars(what.data(), what.data() + what.size(), group);
        if (group <= 1) return;
        if (message.front() == add_group) groups.insert(group);
        if (message.front() == drop_group) groups.erase(group);
        return;
      case add_folder:
        folders.emplace(what);
        return;
      case drop_folder:
        folders.erase(std::string(what));
        return;
    }
  }

  /// Hears all that has been said; false when nobody is left to say anything.
  bool hear_all(int socket) {
    char message[longest_message];
    while (true) {
      const ssize_t n = ::recv(socket, message, sizeof message, MSG_DONTWAIT);
      if (n == -1 && errno == EINTR) continue;
      if (n <= 0) return n == -1 && errno == EAGAIN;
      hear({message, static_cast<std::size_t>(n)});
      ++heard;
    }
  }

  void dispose() const {
    using namespace std::chrono_literals;
    for (const pid_t group : groups) ::kill(-group, SIGKILL);
    kill_marked(mark_of(::getpid()));
    // The dying may still be writing into their folders, and those who reap them are none of ours.
    const auto gone = [](pid_t group) { return ::kill(-group, 0) == -1; };
    for (int i = 0; i < 1000 && !std::all_of(groups.begin(), groups.end(), gone); ++i) std::this_thread::sleep_for(1ms);
    std::error_code ignored;
    for (const std::string& folder : folders) fs::remove_all(folder, ignored);
  }
};

[[noreturn]] void guard(int harness) {
  ::setsid();
  ::prctl(PR_SET_NAME, "ti-guardian");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::signal(signal, SIG_IGN);
  const int null = ::open("/dev/null", O_RDWR);
  ::dup2(harness, 3);
  for (int fd = 0; fd < 3; ++fd) ::dup2(null, fd);
  ::close_range(4, ~0U, 0);
  while (::write(3, &ready, 1) == -1 && errno == EINTR) continue;

  // Nothing is done about what is heard until the harness is gone: waking up for each message would cost it, too. But
  // the harness must not wait long for room in the socket.
  Wards wards;
  bool alive = true;
  int nap_ms = 0;
  while (alive) {
    pollfd gone{3, 0, 0};
    ::poll(&gone, 1, nap_ms);
    const std::size_t before = wards.heard;
    alive = wards.hear_all(3);
    nap_ms = wards.heard - before > many_messages ? 1 : 50;
  }
  wards.dispose();
  ::_exit(0);
}

[[noreturn]] void fail(const char* what) {
  throw boost::system::system_error(errno, boost::system::system_category(), what);
}

}  // namespace

// Until it says that it is ready, the guardian is in our process group and session, and would die with them.
Guardian::Guardian() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1) fail("cannot make the guardian's socket");
  ::signal(SIGPIPE, SIG_IGN);
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) == -1) fail("cannot adopt orphans");
  pid_ = ::fork();
  if (pid_ == -1) fail("cannot start the guardian");
  if (pid_ == 0) {
    ::close(ends[0]);
    guard(ends[1]);
  }
  ::close(ends[1]);
  socket_ = ends[0];
  char said = 0;
  while (::read(socket_, &said, 1) == -1 && errno == EINTR) continue;
  if (said != ready) fail("the guardian did not start");
}

Guardian::~Guardian() {
  ::close(socket_);
  ::waitpid(pid_, nullptr, 0);
}

std::string Guardian::mark() const { return mark_of(pid_); }

bool Guardian::enlist_self() const noexcept {
  char message[16] = {add_group};
  char* const end = std::to_chars(message + 1, message + sizeof message, ::getpid()).ptr;
  return ::write(socket_, message, static_cast<std::size_t>(end - message)) != -1;
}

void Guardian::dismiss(pid_t group) const noexcept { tell(drop_group, std::to_string(group)); }
void Guardian::watch_folder(const fs::path& folder) const noexcept { tell(add_folder, folder.native()); }
void Guardian::forget_folder(const fs::path& folder) const noexcept { tell(drop_folder, folder.native()); }

void Guardian::tell(char verb, std::string_view what) const noexcept {
  std::string message(1, verb);
  message.append(what);
  while (::write(socket_, message.data(), message.size()) == -1 && errno == EINTR) continue;
}

}  // namespace ti

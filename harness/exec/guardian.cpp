#include "exec/guardian.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <set>
#include <string>
#include <thread>

namespace ti {

namespace {

namespace fs = std::filesystem;

// The pipe carries records of a verb, a value and a NUL. Each is one write of less than PIPE_BUF bytes, so that those
// of the harness and of its children never mix.
enum Verb : char { add_group = '+', drop_group = '-', add_folder = 'D', drop_folder = 'd' };

struct Wards {
  std::set<pid_t> groups;
  std::set<std::string> folders;

  void hear(std::string_view record) {
    const std::string_view what = record.substr(1);
    pid_t group = 0;
    switch (record.front()) {
      case add_group:
      case drop_group:
        std::from_chars(what.data(), what.data() + what.size(), group);
        if (group <= 1) return;
        if (record.front() == add_group) groups.insert(group);
        if (record.front() == drop_group) groups.erase(group);
        return;
      case add_folder:
        folders.emplace(what);
        return;
      case drop_folder:
        folders.erase(std::string(what));
        return;
    }
  }

  void dispose() const {
    using namespace std::chrono_literals;
    for (const pid_t group : groups) ::kill(-group, SIGKILL);
    // The dying may still be writing into their folders, and those who reap them are none of ours.
    const auto gone = [](pid_t group) { return ::kill(-group, 0) == -1; };
    for (int i = 0; i < 1000 && !std::all_of(groups.begin(), groups.end(), gone); ++i) std::this_thread::sleep_for(1ms);
    std::error_code ignored;
    for (const std::string& folder : folders) fs::remove_all(folder, ignored);
  }
};

[[noreturn]] void guard(int pipe) {
  ::setsid();
  ::prctl(PR_SET_NAME, "ti-guardian");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::signal(signal, SIG_IGN);
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) ::dup2(null, fd);
  ::dup2(pipe, 3);
  ::close_range(4, ~0U, 0);

  Wards wards;
  std::string heard;
  char buffer[65536];
  while (true) {
    const ssize_t n = ::read(3, buffer, sizeof buffer);
    if (n == -1 && errno == EINTR) continue;
    if (n <= 0) break;
    heard.append(buffer, static_cast<std::size_t>(n));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = heard.find('\0', begin)) != std::string::npos; begin = end + 1) {
      if (end > begin) wards.hear(std::string_view(heard).substr(begin, end - begin));
    }
    heard.erase(0, begin);
  }
  wards.dispose();
  ::_exit(0);
}

[[noreturn]] void fail(const char* what) {
  throw boost::system::system_error(errno, boost::system::system_category(), what);
}

}  // namespace

Guardian::Guardian() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) == -1) fail("cannot make the guardian's pipe");
  ::signal(SIGPIPE, SIG_IGN);
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) == -1) fail("cannot adopt orphans");
  pid_ = ::fork();
  if (pid_ == -1) fail("cannot start the guardian");
  if (pid_ == 0) {
    ::close(ends[1]);
    guard(ends[0]);
  }
  ::close(ends[0]);
  pipe_ = ends[1];
}

Guardian::~Guardian() {
  ::close(pipe_);
  ::waitpid(pid_, nullptr, 0);
}

bool Guardian::enlist_self() const noexcept {
  char record[16] = {add_group};
  char* const end = std::to_chars(record + 1, record + sizeof record - 1, ::getpid()).ptr;
  *end = '\0';
  const auto size = end - record + 1;
  return ::write(pipe_, record, static_cast<std::size_t>(size)) == size;
}

void Guardian::dismiss(pid_t group) const noexcept { tell(drop_group, std::to_string(group)); }
void Guardian::watch_folder(const fs::path& folder) const noexcept { tell(add_folder, folder.native()); }
void Guardian::forget_folder(const fs::path& folder) const noexcept { tell(drop_folder, folder.native()); }

void Guardian::tell(char verb, std::string_view what) const noexcept {
  std::string record(1, verb);
  record.append(what).push_back('\0');
  while (::write(pipe_, record.data(), record.size()) == -1 && errno == EINTR) continue;
}

}  // namespace ti

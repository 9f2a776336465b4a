#include "exec/clock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace ti {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

namespace {

[[noreturn]] void fail(const char* what, const fs::path& file) {
  throw boost::system::system_error(errno, boost::system::system_category(), what + file.native());
}

int make_file(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd == -1) fail("cannot make ", path);
  return fd;
}

awaitable<void> wait_until(Deadline when) {
  const auto executor = co_await asio::this_coro::executor;
  Timer timer(executor, when);
  co_await timer.async_wait(use_awaitable);
}

}  // namespace

VirtualClock::File::File(fs::path p) : path(std::move(p)), fd(make_file(path)) {}

VirtualClock::File::~File() { ::close(fd); }

VirtualClock::VirtualClock(const Guardian& guardian, const fs::path& file, fs::path libfaketime, milliseconds base)
    : shown_(file),
      spare_(fs::path(file) += ".spare"),
      libfaketime_(std::move(libfaketime)),
      objects_(guardian),
      start_(steady_clock::now()),
      start_offset_(base) {
  move_to(base);
}

std::map<std::string, std::string> VirtualClock::env() const {
  return {{"LD_PRELOAD", libfaketime_.native()},
          {"FAKETIME_TIMESTAMP_FILE", shown_.path.native()},
          {"FAKETIME_NO_CACHE", "1"},
          {"FAKETIME_SHARED", objects_.names()},
          {"DONT_FAKE_MONOTONIC", "1"}};
}

awaitable<void> VirtualClock::begin(milliseconds rest) {
  start_offset_ = offset_ + rest;
  start_ = steady_clock::now();
  move_to(start_offset_);
  co_return;
}

awaitable<nanoseconds> VirtualClock::advance_to(milliseconds at) {
  const nanoseconds wanted = start_offset_ + at - (steady_clock::now() - start_);
  const nanoseconds late = std::max(offset_ - wanted, nanoseconds{0});
  if (late == nanoseconds{0}) move_to(wanted);
  co_return late;
}

double VirtualClock::offset_s() const { return std::chrono::duration<double>(offset_).count(); }

void VirtualClock::move_to(nanoseconds offset) {
  offset_ = std::chrono::floor<std::chrono::microseconds>(offset);
  char text[48];
  const int size = std::snprintf(text, sizeof text, "%+021.6f\n", offset_s());  // always as long: nothing to truncate
  if (::pwrite(spare_.fd, text, static_cast<std::size_t>(size), 0) != size) fail("cannot write ", spare_.path);
  if (::renameat2(AT_FDCWD, spare_.path.c_str(), AT_FDCWD, shown_.path.c_str(), RENAME_EXCHANGE) == 0) {
    std::swap(spare_.fd, shown_.fd);
  } else {  // a file system that cannot exchange
    fs::rename(spare_.path, shown_.path);
    ::close(std::exchange(shown_.fd, spare_.fd));
    spare_.fd = make_file(spare_.path);
  }
}

awaitable<void> RealClock::begin(milliseconds rest) {
  co_await wait_until(deadline_in(rest));
  start_ = steady_clock::now();
}

awaitable<nanoseconds> RealClock::advance_to(milliseconds at) {
  co_await wait_until(start_ + at);
  co_return steady_clock::now() - (start_ + at);
}

std::unique_ptr<ClockControl> make_clock(ClockKind kind, const Guardian& guardian, const fs::path& folder,
                                         const fs::path& libfaketime) {
  if (kind == ClockKind::real_time) return std::make_unique<RealClock>();
  return std::make_unique<VirtualClock>(guardian, folder / "clock", libfaketime);
}

std::optional<fs::path> find_libfaketime() {
  for (const char* root : {"/usr/lib", "/usr/local/lib", "/usr/lib64", "/lib"}) {
    std::error_code ignored;
    const fs::path direct = fs::path(root) / "faketime" / "libfaketime.so.1";
    if (fs::exists(direct, ignored)) return direct;
    for (const fs::directory_entry& entry : fs::directory_iterator(root, ignored)) {
      const fs::path candidate = entry.path() / "faketime" / "libfaketime.so.1";
      if (fs::exists(candidate, ignored)) return candidate;
    }
  }
  return std::nullopt;
}

}  // namespace ti

#include "exec/clock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <cstdio>
#include <stdexcept>

namespace ti {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

namespace {

/// The file that is written while the other is read. The two change places: making a new one at each move costs ten
/// times as much.
fs::path spare_of(const fs::path& file) {
  fs::path spare = file;
  spare += ".spare";
  return spare;
}

awaitable<void> wait_until(Deadline when) {
  const auto executor = co_await asio::this_coro::executor;
  Timer timer(executor, when);
  co_await timer.async_wait(use_awaitable);
}

}  // namespace

VirtualClock::VirtualClock(const Guardian& guardian, fs::path file, fs::path libfaketime, milliseconds base)
    : file_(std::move(file)),
      libfaketime_(std::move(libfaketime)),
      objects_(guardian),
      start_(steady_clock::now()),
      start_offset_(base) {
  move_to(base);
}

std::map<std::string, std::string> VirtualClock::env() const {
  return {{"LD_PRELOAD", libfaketime_.native()},
          {"FAKETIME_TIMESTAMP_FILE", file_.native()},
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
  const fs::path spare = spare_of(file_);
  const int fd = ::open(spare.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const bool written = fd != -1 && ::write(fd, text, static_cast<std::size_t>(size)) == size;
  if (fd != -1) ::close(fd);
  if (!written) throw std::runtime_error("cannot write the clock file " + spare.native());
  if (::renameat2(AT_FDCWD, spare.c_str(), AT_FDCWD, file_.c_str(), RENAME_EXCHANGE) == 0) return;
  fs::rename(spare, file_);  // the first time, or on a file system that cannot exchange
}

awaitable<void> RealClock::begin(milliseconds rest) {
  co_await wait_until(deadline_in(rest));
  start_ = steady_clock::now();
}

awaitable<nanoseconds> RealClock::advance_to(milliseconds at) {
  co_await wait_until(start_ + at);
  co_return steady_clock::now() - (start_ + at);
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

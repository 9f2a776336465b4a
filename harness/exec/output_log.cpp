#include "exec/output_log.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <utility>

#include "exec/event.hpp"

namespace ti {

struct OutputLog::State {
  State(Pipe p, Stopwatch c, std::size_t l, std::string a)
      : pipe(std::move(p)), nap(pipe.get_executor()), clock(c), limit(l), always(std::move(a)) {}

  /// One read, of what is there.
  void read() {
    std::array<char, 65536> buffer;
    boost::system::error_code error;
    const std::size_t n = pipe.read_some(asio::buffer(buffer), error);
    if (error == asio::error::would_block) return;
    if (error) {
      ended = true;
    } else {
      keep({buffer.data(), n});
    }
    changed.notify();
  }

  void keep(std::string_view read) {
    const Instant now = clock.now();
    const std::size_t room = truncated ? 0 : limit - std::min(text.size(), limit);
    append(read.substr(0, room), now);
    if (read.size() <= room) return;
    if (!always.empty() && !truncated) set_line_aside();
    truncated = true;
    if (!always.empty()) sift(read.substr(room), now);
  }

  void append(std::string_view read, Instant now) {
    for (const char c : read) {
      if (text.empty() || text.back() == '\n') line_times.push_back(now);
      text += c;
    }
  }

  /// The line that is cut by the limit is looked at once it is whole.
  void set_line_aside() {
    if (text.empty() || text.back() == '\n') return;
    const std::size_t begin = text.rfind('\n') + 1;
    line = text.substr(begin).substr(0, longest_kept);
    text.erase(begin);
    line_times.pop_back();
  }

  void sift(std::string_view read, Instant now) {
    while (!read.empty()) {
      const std::size_t end = read.find('\n');
      line += read.substr(0, end).substr(0, longest_kept - line.size());
      if (end == std::string_view::npos) return;
      if (line.find(always) != std::string::npos) keep_beyond(now);
      line.clear();
      read.remove_prefix(end + 1);
    }
  }

  void keep_beyond(Instant now) {
    if (text.size() + line.size() < 2 * limit)
      append(line + '\n', now);
    else
      lost = true;
  }

  static constexpr std::size_t longest_kept = 4096;

  Pipe pipe;
  Timer nap;
  std::size_t waiting = 0;  ///< coroutines that wait for what is read: no naps then
  Stopwatch clock;
  std::size_t limit;
  std::string always;
  std::string line;   ///< beyond the limit, as far as it was read
  bool lost = false;  ///< a line that was always to be kept
  std::string text;
  std::vector<Instant> line_times;  ///< when the first byte of each line was read
  bool truncated = false;
  bool ended = false;
  Event changed;
};

namespace {

/// Keeps the reader awake.
template <class State>
class Waiting {
 public:
  explicit Waiting(State& state) : state_(state) {
    ++state_.waiting;
    state_.nap.cancel();
  }
  ~Waiting() { --state_.waiting; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  State& state_;
};

template <class State>
awaitable<void> pump(std::shared_ptr<State> state) {
  while (!state->ended) {
    const auto [stopped] = co_await state->pipe.async_wait(Pipe::wait_read, asio::as_tuple(use_awaitable));
    if (stopped) co_return;
    state->read();
    if (state->ended || state->waiting > 0) continue;
    state->nap.expires_after(OutputLog::longest_nap);
    co_await state->nap.async_wait(asio::as_tuple(use_awaitable));
  }
}

}  // namespace

OutputLog::OutputLog(Pipe pipe, Stopwatch clock, std::size_t limit, std::string always)
    : state_(std::make_shared<State>(std::move(pipe), clock, limit, std::move(always))),
      tasks_(state_->pipe.get_executor()) {
  state_->pipe.non_blocking(true);
  tasks_.spawn(pump(state_));
}

awaitable<bool> OutputLog::wait_for(std::string text, Deadline deadline) {
  State& state = *state_;
  const Waiting awake(state);
  std::size_t searched = 0;
  bool found = false;
  const auto found_or_ended = [&] {
    searched = std::min(searched, state.text.size());
    const std::size_t overlap = std::min(searched, text.empty() ? 0 : text.size() - 1);
    found = state.text.find(text, searched - overlap) != std::string::npos;
    searched = state.text.size();
    return found || state.ended;
  };
  co_await state.changed.wait_until(deadline, found_or_ended);
  co_return found;
}

awaitable<bool> OutputLog::wait_for_end(Deadline deadline) {
  State& state = *state_;
  const Waiting awake(state);
  const auto ended = [&state] { return state.ended; };
  co_return co_await state.changed.wait_until(deadline, ended);
}

void OutputLog::drain() {
  State& state = *state_;
  Pipe::bytes_readable there;
  state.pipe.io_control(there);
  const std::size_t wanted = there.get();
  for (std::size_t read = 0; read < wanted && !state.ended; read += 65536) state.read();
}

std::vector<LogLine> OutputLog::lines() const {
  std::vector<LogLine> lines;
  std::string_view rest = state_->text;
  for (const Instant at : state_->line_times) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    lines.push_back({at, std::string(rest.substr(0, end))});
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (state_->truncated) lines.push_back({lines.empty() ? Instant{} : lines.back().at, "... truncated"});
  return lines;
}

std::vector<LogLine> OutputLog::take() {
  State& state = *state_;
  std::vector<LogLine> taken = lines();
  const bool unfinished = !state.ended && !state.truncated && !state.text.empty() && state.text.back() != '\n';
  if (unfinished) taken.pop_back();
  state.text.erase(0, unfinished ? state.text.rfind('\n') + 1 : state.text.size());
  state.line_times.erase(state.line_times.begin(), state.line_times.end() - (unfinished ? 1 : 0));
  state.truncated = false;
  if (!state.line.empty()) state.append(std::exchange(state.line, {}), state.clock.now());
  return taken;
}

std::string_view OutputLog::text() const { return state_->text; }

bool OutputLog::ended() const { return state_->ended; }

bool OutputLog::lost() const { return state_->lost; }

}  // namespace ti

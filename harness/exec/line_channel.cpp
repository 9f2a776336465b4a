#include "exec/line_channel.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "exec/alarm.hpp"

namespace ti {

namespace {

using namespace std::chrono_literals;

/// How long a process that closed its output may take to exit before it counts as one that goes on without it.
constexpr auto exit_grace = 1s;

}  // namespace

awaitable<std::string> LineChannel::request(std::string line, Deadline deadline) {
  const Alarm alarm(process_.out.get_executor(), deadline, [this] {
    boost::system::error_code ignored;
    process_.in.cancel(ignored);
    process_.out.cancel(ignored);
  });
  try {
    std::string answer = co_await exchange(std::move(line));
    co_return answer;
  } catch (const boost::system::system_error&) {
    if (!alarm.rang()) throw;
  }
  throw TimedOut();
}

bool LineChannel::spoke_unasked() {
  Pipe::bytes_readable unasked;
  process_.out.io_control(unasked);
  return !unread_.empty() || unasked.get() != 0;
}

awaitable<std::string> LineChannel::exchange(std::string line) {
  if (spoke_unasked()) throw ChannelMisuse(process_.program() + " spoke unasked");

  transcript_.push_back({ChannelLine::Way::to_process, clock_.now(), line});
  line += '\n';
  const auto [write_error, written] =
      co_await asio::async_write(process_.in, asio::buffer(line), asio::as_tuple(use_awaitable));
  if (write_error == asio::error::operation_aborted) throw boost::system::system_error(write_error);
  bool open = !write_error;

  std::array<char, 16384> buffer;
  std::size_t end = std::string::npos;
  while (open && end == std::string::npos && unread_.size() <= longest_line) {
    const auto [error, n] = co_await process_.out.async_read_some(asio::buffer(buffer), asio::as_tuple(use_awaitable));
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
    open = !error;
    const std::size_t searched = unread_.size();
    unread_.append(buffer.data(), n);
    end = unread_.find('\n', searched);
  }

  std::string answer = unread_.substr(0, std::min(end, longest_line));
  if (end == std::string::npos) unread_.clear();
  if (end != std::string::npos) unread_.erase(0, end + 1);
  if (end != std::string::npos || !answer.empty()) {
    transcript_.push_back({ChannelLine::Way::from_process, clock_.now(), answer});
  }
  if (!open && end == std::string::npos) {
    const bool ended = co_await process_.ends_by(deadline_in(exit_grace));
    throw ChannelError(process_.program() + " closed its end " +
                       (ended ? "and " + text(*process_.ended()) : "but goes on"));
  }
  if (end > longest_line) throw ChannelMisuse(process_.program() + " gave a line of more than 1 MiB");
  co_return answer;
}

std::vector<ChannelLine> LineChannel::take_transcript() { return std::exchange(transcript_, {}); }

}  // namespace ti

#pragma once
// The names of Asio that the layers above use, and the time they share.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "base/recording.hpp"

namespace ti {

namespace asio = boost::asio;

/// There is one event loop. What waits on it knows its type: Asio's default, any executor, is asked at each step.
using Executor = asio::io_context::executor_type;
template <class T>
using awaitable = asio::awaitable<T, Executor>;
inline constexpr asio::use_awaitable_t<Executor> use_awaitable;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;
using Pipe = asio::posix::basic_stream_descriptor<Executor>;

/// Deadline is a point in time, so that it can be handed down through several waits.
using Deadline = std::chrono::steady_clock::time_point;

inline Deadline deadline_in(std::chrono::nanoseconds duration) { return std::chrono::steady_clock::now() + duration; }

/// Stopwatch measures a cell: every witness of it takes its times from a copy of the same one.
class Stopwatch {
 public:
  Stopwatch() : start_(std::chrono::steady_clock::now()) {}
  Instant now() const { return std::chrono::steady_clock::now() - start_; }

 private:
  std::chrono::steady_clock::time_point start_;
};

}  // namespace ti

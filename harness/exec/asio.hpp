#pragma once
// The names of Asio that the layers above use, and the time they share.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "base/recording.hpp"

namespace ti {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;

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

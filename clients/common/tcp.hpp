#pragma once

#include "common/adapter.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace ti::adapter {

/// The failure that errno tells of, now: strerror's words and the name of the number ("ECONNRESET").
Failure system_failure(Stage stage);

/// A connected, blocking TCP socket with TCP_NODELAY. Owns the descriptor.
class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Socket();

  int descriptor() const { return descriptor_; }

  /// For a library that closes the descriptor itself.
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

/// Throws a Failure of Stage::connect.
Socket connect_tcp(const std::string& host, std::uint16_t port);

}  // namespace ti::adapter

#include "common/tcp.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <memory>

namespace ti::adapter {

Failure system_failure(Stage stage) {
  const int number = errno;
  const char* name = strerrorname_np(number);
  return {stage, std::strerror(number), name ? name : std::to_string(number)};
}

Socket::~Socket() {
  if (descriptor_ != -1) ::close(descriptor_);
}

Socket connect_tcp(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); error != 0)
    throw Failure{Stage::connect, ::gai_strerror(error), std::to_string(error)};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);

  for (const addrinfo* address = found; address; address = address->ai_next) {
    Socket socket(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket.descriptor() == -1) continue;
    const int on = 1;
    ::setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket.descriptor(), address->ai_addr, address->ai_addrlen) == 0) return socket;
  }
  throw system_failure(Stage::connect);
}

}  // namespace ti::adapter

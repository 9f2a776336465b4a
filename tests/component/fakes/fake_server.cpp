// A server that misbehaves on a unix socket. `fake_server FAULT SOCKET [BACKEND SERVER ARGS...]`: where the fault needs
// a healthy server behind it, that is SERVER, listening on BACKEND.
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <string_view>

namespace {

sockaddr_un address(const char* path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  return address;
}

int listen_on(const char* path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un at = address(path);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || ::listen(fd, 16) != 0) ::_exit(1);
  return fd;
}

int connect_to(const char* path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un at = address(path);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) ::_exit(1);
  return fd;
}

void say_ready() {
  std::puts("ACCEPT");
  std::fflush(stdout);
}

[[noreturn]] void hang() {
  while (true) ::poll(nullptr, 0, -1);
}

void read_some(int fd) {
  std::array<char, 4096> bytes;
  if (::read(fd, bytes.data(), bytes.size()) < 0) ::_exit(1);
}

/// Copies what is there from one to the other; false at its end.
bool pass_on(int from, int to) {
  std::array<char, 16384> bytes;
  const ssize_t n = ::read(from, bytes.data(), bytes.size());
  if (n <= 0) return false;
  return ::write(to, bytes.data(), static_cast<std::size_t>(n)) == n;
}

void relay(int client, int server) {
  std::array<pollfd, 2> ends{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {
    ::poll(ends.data(), ends.size(), -1);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i].fd < 0 || ends[i].revents == 0) continue;
      const int other = i == 0 ? server : client;
      if (pass_on(ends[i].fd, other)) continue;
      ::shutdown(other, SHUT_WR);
      ends[i].fd = -1;
    }
  }
}

void never_ready(char**) {
  std::puts("reading configuration");
  std::fflush(stdout);
  hang();
}

void exits_at_once(char**) {
  std::puts("error: cannot load the certificate");
  std::fflush(stdout);
  ::_exit(3);
}

void ready_without_listening(char**) {
  say_ready();
  hang();
}

void hangs_in_the_handshake(char** argv) {
  const int door = listen_on(argv[0]);
  say_ready();
  while (true) read_some(::accept(door, nullptr, nullptr));
}

void talks_garbage(char** argv) {
  const int door = listen_on(argv[0]);
  say_ready();
  while (true) {
    const int client = ::accept(door, nullptr, nullptr);
    read_some(client);
    const std::string_view garbage = "HTTP/1.1 400 Bad Request\r\n\r\n";
    if (::write(client, garbage.data(), garbage.size()) < 0) ::_exit(1);
    ::close(client);
  }
}

/// Is killed when the second client's first bytes have come.
void dies_half_way(char** argv) {
  const int door = listen_on(argv[0]);
  if (::fork() == 0) {
    ::execv(argv[2], argv + 2);
    ::_exit(127);
  }
  const int client = ::accept(door, nullptr, nullptr);
  relay(client, connect_to(argv[1]));
  read_some(::accept(door, nullptr, nullptr));
  ::raise(SIGKILL);
}

int with_backend(char** argv) {
  const int door = listen_on(argv[0]);
  if (::fork() == 0) {
    ::execv(argv[2], argv + 2);
    ::_exit(127);
  }
  return door;
}

void serve_one(int door, char** argv) {
  const int client = ::accept(door, nullptr, nullptr);
  relay(client, connect_to(argv[1]));
  ::close(client);
}

/// Runs on after the first client, and listens no more.
void stops_listening(char** argv) {
  const int door = with_backend(argv);
  serve_one(door, argv);
  ::close(door);
  hang();
}

/// Ends when it has served three.
void exits_in_the_end(char** argv) {
  const int door = with_backend(argv);
  for (int i = 0; i < 3; ++i) serve_one(door, argv);
  ::_exit(0);
}

/// Writes 6 MiB of other lines to its log in each connection.
void logs_without_end(char** argv) {
  const int door = with_backend(argv);
  const std::string line(1023, '.');
  while (true) {
    const int client = ::accept(door, nullptr, nullptr);
    for (int i = 0; i < 6 * 1024; ++i) std::puts(line.c_str());
    std::fflush(stdout);
    relay(client, connect_to(argv[1]));
    ::close(client);
  }
}

/// Answers the first client alone.
void falls_silent(char** argv) {
  const int door = listen_on(argv[0]);
  if (::fork() == 0) {
    ::execv(argv[2], argv + 2);
    ::_exit(127);
  }
  const int client = ::accept(door, nullptr, nullptr);
  relay(client, connect_to(argv[1]));
  while (true) read_some(::accept(door, nullptr, nullptr));
}

const std::map<std::string_view, void (*)(char**)> faults{
    {"never-ready", never_ready},
    {"exits-at-once", exits_at_once},
    {"ready-without-listening", ready_without_listening},
    {"hangs-in-the-handshake", hangs_in_the_handshake},
    {"talks-garbage", talks_garbage},
    {"dies-half-way", dies_half_way},
    {"falls-silent", falls_silent},
    {"stops-listening", stops_listening},
    {"exits-in-the-end", exits_in_the_end},
    {"logs-without-end", logs_without_end},
};

}  // namespace

int main(int argc, char** argv) {
  const auto fault = argc > 2 ? faults.find(argv[1]) : faults.end();
  if (fault == faults.end()) return 89;
  ::signal(SIGPIPE, SIG_IGN);
  fault->second(argv + 2);
}

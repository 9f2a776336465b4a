// The bare floor of a cell: a server process, a client process, three handshakes, and nothing between or around them.
//
//   floor FOLDER CELLS [LIBFAKETIME]      runs that many cells, one after the other, and prints what they cost as JSON
//   floor client SOCKET CA TLS CLOCK      the bare client: a full handshake, then two resumptions (CLOCK: a file, or
//   "-")
//
// FOLDER holds one folder for each server, made ready by the caller: `argv` (one argument a line), `ready` (the text
// that the server prints when it is up), `socket` (where it then listens), `tls` (the version) and `ca`.
#include <fcntl.h>
#include <openssl/ssl.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

std::vector<std::string> read_lines(const fs::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  if (lines.empty()) fail("nothing in " + path.string());
  return lines;
}

void set_clock(const fs::path& file, int seconds) {
  fs::path fresh = file;
  fresh += ".new";
  std::ofstream(fresh) << '+' << seconds << '\n' << std::flush;
  fs::rename(fresh, file);
}

// The client.

template <auto release>
struct Free {
  template <class T>
  void operator()(T* thing) const {
    release(thing);
  }
};
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using Connection = std::unique_ptr<SSL, Free<SSL_free>>;
using Session = std::unique_ptr<SSL_SESSION, Free<SSL_SESSION_free>>;

int version_of(const std::string& tls) {
  for (const auto& [name, version] : {std::pair{"1.0", TLS1_VERSION}, std::pair{"1.1", TLS1_1_VERSION},
                                      std::pair{"1.2", TLS1_2_VERSION}, std::pair{"1.3", TLS1_3_VERSION}})
    if (tls == name) return version;
  fail("no TLS " + tls);
}

int connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("cannot connect");
  return fd;
}

Session shake_hands(SSL_CTX* context, const std::string& socket, const Session& offered) {
  const int fd = connect_to(socket);
  const Connection connection(SSL_new(context));
  SSL* ssl = connection.get();
  SSL_set_fd(ssl, fd);
  SSL_set_tlsext_host_name(ssl, "localhost");
  SSL_set1_host(ssl, "localhost");
  if (offered) SSL_set_session(ssl, offered.get());
  if (SSL_connect(ssl) != 1) fail("no handshake");
  if ((SSL_session_reused(ssl) == 1) != (offered != nullptr)) fail("not the handshake that was wanted");
  constexpr char request[] = "GET / HTTP/1.0\r\n\r\n";
  SSL_write(ssl, request, sizeof request - 1);
  char buffer[16384];
  while (SSL_read(ssl, buffer, sizeof buffer) > 0) continue;
  Session session(SSL_get1_session(ssl));
  SSL_shutdown(ssl);
  ::close(fd);
  return session;
}

void run_client(const std::string& socket, const std::string& ca, const std::string& tls, const std::string& clock) {
  const Context context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_cipher_list(context.get(), "ALL:!aNULL");
  SSL_CTX_set_min_proto_version(context.get(), version_of(tls));
  SSL_CTX_set_max_proto_version(context.get(), version_of(tls));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_locations(context.get(), ca.c_str(), nullptr) != 1) fail("cannot load " + ca);
  Session session;
  for (const int second : {0, 15, 25}) {
    if (clock != "-") set_clock(clock, second);
    session = shake_hands(context.get(), socket, session);
  }
}

// What starts them.

struct Spent {
  double servers = 0;
  double clients = 0;
};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

/// Starts a program in a folder; its stdout and stderr go to `out`.
pid_t start(const std::vector<std::string>& argv, const fs::path& folder, const std::vector<std::string>& environment,
            int out) {
  std::vector<const char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(argument.c_str());
  arguments.push_back(nullptr);
  std::vector<const char*> variables;
  for (const std::string& variable : environment) variables.push_back(variable.c_str());
  variables.push_back(nullptr);
  const pid_t pid = ::vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork)
  if (pid == 0) {
    if (::chdir(folder.c_str()) == 0 && ::dup2(out, 1) == 1 && ::dup2(out, 2) == 2)
      ::execve(arguments[0], const_cast<char* const*>(arguments.data()), const_cast<char* const*>(variables.data()));
    ::_exit(127);
  }
  if (pid == -1) fail("cannot start " + argv[0]);
  return pid;
}

/// Waits for its end, and gives the CPU that it spent.
double reap(pid_t pid, int* status) {
  rusage used{};
  if (::wait4(pid, status, 0, &used) != pid) fail("cannot wait");
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// Removes what libfaketime leaves in /dev/shm of a process that was killed.
void forget_libfaketime(pid_t pid) {
  ::shm_unlink(("/faketime_shm_" + std::to_string(pid)).c_str());
  ::sem_unlink(("/faketime_sem_" + std::to_string(pid)).c_str());
}

void wait_for(int log, const std::string& ready) {
  std::string said;
  char buffer[4096];
  while (said.find(ready) == std::string::npos) {
    const ssize_t n = ::read(log, buffer, sizeof buffer);
    if (n <= 0) fail("the server did not come up: " + said);
    said.append(buffer, static_cast<std::size_t>(n));
  }
}

void run_cell(const fs::path& folder, const std::string& libfaketime, Spent& spent) {
  const std::string socket = read_lines(folder / "socket").front();
  const std::string clock = libfaketime.empty() ? "-" : (folder / "clock").string();
  std::vector<std::string> environment{"PATH=/usr/bin:/bin", "HOME=" + folder.string(), "OPENSSL_CONF=/dev/null"};
  if (!libfaketime.empty()) {
    set_clock(clock, 0);
    environment.insert(environment.end(), {"LD_PRELOAD=" + libfaketime, "FAKETIME_TIMESTAMP_FILE=" + clock,
                                           "FAKETIME_NO_CACHE=1", "DONT_FAKE_MONOTONIC=1"});
  }
  fs::remove(socket);
  int log[2];
  if (::pipe2(log, O_CLOEXEC) != 0) fail("no pipe");
  const pid_t server = start(read_lines(folder / "argv"), folder, environment, log[1]);
  ::close(log[1]);
  wait_for(log[0], read_lines(folder / "ready").front());
  const pid_t client = start({fs::read_symlink("/proc/self/exe").string(), "client", socket,
                              read_lines(folder / "ca").front(), read_lines(folder / "tls").front(), clock},
                             folder, environment, 2);
  int status = 0;
  spent.clients += reap(client, &status);
  const bool well = status == 0;
  ::kill(server, SIGTERM);
  spent.servers += reap(server, &status);
  forget_libfaketime(server);
  ::close(log[0]);
  if (!well) fail("the client failed in " + folder.string());
}

void run_cells(const fs::path& folder, std::size_t cells, const std::string& libfaketime) {
  std::vector<fs::path> servers;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) servers.push_back(entry.path());
  if (servers.empty()) fail("no servers in " + folder.string());
  Spent spent;
  const auto began = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < cells; ++i) run_cell(servers[i % servers.size()], libfaketime, spent);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - began;
  rusage own{};
  ::getrusage(RUSAGE_SELF, &own);
  std::printf(R"({"cells": %zu, "wall_s": %.6f, "servers_s": %.6f, "clients_s": %.6f, "starter_s": %.6f})"
              "\n",
              cells, wall.count(), spent.servers, spent.clients, seconds(own.ru_utime) + seconds(own.ru_stime));
}

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> args(argv + 1, argv + argc);
  try {
    if (args.size() == 5 && args[0] == "client")
      run_client(args[1], args[2], args[3], args[4]);
    else if (args.size() == 2 || args.size() == 3)
      run_cells(args[0], std::stoul(args[1]), args.size() == 3 ? args[2] : "");
    else
      fail("usage: floor FOLDER CELLS [LIBFAKETIME]");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "floor: %s\n", error.what());
    return 1;
  }
}

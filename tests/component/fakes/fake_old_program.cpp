// Stands for an s_client of OpenSSL 1.0.0: knows TLS 1.0, no security levels, and not all options of today. It connects
// and waits.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

constexpr std::array<std::string_view, 7> unknown{"-verify_hostname", "-no-CApath", "-no-CAstore", "-tls1_1",
                                                  "-tls1_2",          "-tls1_3",    "-keylogfile"};

int complain(const char* what, std::string_view of) {
  std::fprintf(stderr, "%s%.*s\nusage: s_client args\n -servername host\n", what, static_cast<int>(of.size()),
               of.data());
  return 1;
}

int connect_and_wait(std::string_view where) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(where.substr(where.find(':') + 1).data())));
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 1;
  char byte = 0;
  return static_cast<int>(::read(fd, &byte, 1));
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view where;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "version") return std::puts("OpenSSL 1.0.0j 10 May 2012") < 0;
    if (std::find(unknown.begin(), unknown.end(), word) != unknown.end()) return complain("unknown option ", word);
    if (word.find("@SECLEVEL") != std::string_view::npos) return complain("error setting cipher list", "");
    if (word == "-connect" && i + 1 < argc) where = argv[i + 1];
  }
  return connect_and_wait(where);
}

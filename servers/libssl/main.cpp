#include "server.hpp"

#include <csignal>
#include <cstdio>
#include <exception>

namespace libssl = ti::libssl;

namespace {

constexpr const char* dhe_suite = "DHE-RSA-AES256-SHA";

/// Which library this is, which versions of TLS it can be held to, and what it lacks.
void tell_version() {
  std::printf("libssl of %s\ntls:", libssl::words().c_str());
  for (const int version : libssl::versions(libssl::Side::server)) std::printf(" 1.%d", version - libssl::tls1_0);
  std::printf("\n");
  if (!libssl::knows_cipher(libssl::Side::server, dhe_suite))
    std::printf("cannot dhe_rsa: this build has no %s\n", dhe_suite);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    ti::server::Options options = ti::server::read_options(argc, argv);
    std::signal(SIGPIPE, SIG_IGN);
    libssl::begin();
    if (options.version) return tell_version(), 0;
    ti::server::Server(std::move(options)).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "libssl server: %s\n", error.what());
    return 1;
  }
}

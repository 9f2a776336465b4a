#include "server.hpp"

#include <csignal>
#include <cstdio>
#include <exception>

namespace libssl = ti::libssl;

namespace {

/// Which library this is, and which versions of TLS it can be held to.
void tell_version() {
  std::printf("libssl of %s\ntls:", libssl::words().c_str());
  for (const int version : libssl::versions(libssl::Side::server)) std::printf(" 1.%d", version - libssl::tls1_0);
  std::printf("\n");
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

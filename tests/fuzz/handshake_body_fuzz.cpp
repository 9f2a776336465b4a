// One handshake message, its header included, read as of each version.
#include "wire/messages.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const ti::Version version : {ti::Version::none, ti::Version::tls12, ti::Version::tls13}) {
    std::string problem;
    const ti::Body body = ti::parse_handshake_body({data, size}, version, &problem);
    if (body.index() != 0 && !problem.empty()) __builtin_trap();
  }
  return 0;
}

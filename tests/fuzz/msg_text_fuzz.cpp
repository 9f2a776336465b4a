// A mail with what a TLS program printed.
#include "pasted/pasted.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto pasted = ti::read_pasted(ti::as_text({data, size}));
  if (!pasted) return 0;
  for (const ti::PrintedConnection& connection : pasted->connections) (void)ti::handshakes_of(connection.transcript);
  return 0;
}

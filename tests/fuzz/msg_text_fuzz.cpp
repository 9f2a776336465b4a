// A mail with what s_client printed.
#include "pasted/msg_text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto connections = ti::parse_msg_text(ti::as_text({data, size}));
  if (!connections) return 0;
  for (const ti::PrintedConnection& connection : *connections) (void)ti::handshakes_of(connection.transcript);
  return 0;
}

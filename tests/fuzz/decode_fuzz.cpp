// The decoder: a key log (16-bit length before it), then segments (a byte whose lowest bit is the side and whose second
// says that the segment is missing, a 16-bit length, the bytes).
#include "wire/decoder.hpp"
#include "wire/trace.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ti::Reader reader(ti::ByteView(data, size));
  const ti::KeyLog keys(ti::as_text(reader.vec16()));
  ti::Recording recording;
  while (reader.ok() && reader.left() > 0) {
    const std::uint8_t kind = reader.u8();
    const ti::Side from = (kind & 1) == 0 ? ti::Side::client : ti::Side::server;
    const ti::ByteView bytes = reader.vec16();
    if ((kind & 2) != 0)
      recording.gaps.push_back({from, recording.segments.size(), bytes.size()});
    else
      recording.segments.push_back({from, ti::Instant(recording.segments.size()), ti::copy(bytes)});
  }
  const ti::Transcript transcript = ti::decode(recording, keys);
  for (const ti::Problem& problem : transcript.problems)
    if (problem.what.empty() || problem.before_message > transcript.messages.size()) __builtin_trap();
  for (const ti::Handshake& handshake : ti::handshakes_of(transcript))
    if (handshake.end > transcript.messages.size() || handshake.client_hello >= handshake.end) __builtin_trap();
  (void)ti::trace_text(transcript);
  return 0;
}

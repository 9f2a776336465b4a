// A capture file, and what it holds.
#include "capture/capture.hpp"
#include "wire/decoder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto capture = ti::read_capture({data, size});
  if (!capture) return 0;
  const ti::KeyLog keys(capture->keylog);
  for (const ti::CaptureRecording& recording : capture->connections) {
    for (const ti::Gap& gap : recording.gaps)
      if (gap.after_segment > recording.segments.size()) __builtin_trap();
    for (const ti::Ending& ending : recording.endings)
      if (ending.after_segment > recording.segments.size()) __builtin_trap();
    (void)ti::handshakes_of(ti::decode(recording, keys));
  }
  return 0;
}

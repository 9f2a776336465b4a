#include <algorithm>

#include "capture/capture.hpp"
#include "capture/packet_file.hpp"
#include "capture/tcp_reassembly.hpp"

namespace ti {

Result<Capture> read_capture(ByteView file) {
  auto packets = read_packet_file(file);
  if (!packets) return packets.error();
  std::stable_sort(packets->frames.begin(), packets->frames.end(),
                   [](const Frame& a, const Frame& b) { return a.at < b.at; });
  TcpReassembly reassembly;
  for (const Frame& frame : packets->frames) {
    if (!is_known_link_type(frame.link_type)) {
      const auto offset = static_cast<std::size_t>(frame.bytes.data() - file.data());
      return ParseError{"packets of link type " + std::to_string(frame.link_type) + " cannot be read",
                        "offset " + std::to_string(offset), offset};
    }
    if (const auto packet = tcp_packet_of(frame)) reassembly.add(*packet, frame.at);
  }
  return Capture{reassembly.tls_connections(), std::move(packets->keylog)};
}

}  // namespace ti

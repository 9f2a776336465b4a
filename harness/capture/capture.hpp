#pragma once
// Capture files: pcapng out, pcap and pcapng in.
#include <chrono>
#include <string>
#include <vector>

#include "base/recording.hpp"
#include "base/result.hpp"

namespace ti {

/// Capture is what a capture file holds for us: TCP connections and the secrets embedded beside them.
struct Capture {
  std::vector<Recording> connections;
  std::string keylog;  ///< NSS key log text of all TLS Decryption Secrets Blocks
};

/// A pcapng file with one synthesised TCP stream (raw IPv4, handshake, segments of at most 1460 bytes in real order and
/// time, acknowledgements, FIN or RST) a connection, and the key log in a Decryption Secrets Block before the packets,
/// so that Wireshark opens it decrypted. `epoch` is the wall-clock time of Instant zero.
Bytes write_pcapng(const Capture& capture, std::chrono::system_clock::time_point epoch);

/// Reads pcap (either byte order, micro- or nanoseconds) or pcapng; link types Ethernet, raw IP, Linux cooked (1 and 2)
/// and BSD loopback; IPv4 and IPv6; TCP re-assembled over retransmission, overlap and re-ordering, with what is missing
/// as gaps. Only streams that are TLS are returned, from a ClientHello behind plaintext (STARTTLS) on too. A file that
/// is cut off gives what stands before the cut.
Result<Capture> read_capture(ByteView file);

}  // namespace ti

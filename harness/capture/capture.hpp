#pragma once
// Capture files: pcapng out, pcap and pcapng in.
#include <chrono>
#include <deque>
#include <istream>
#include <map>
#include <string>
#include <vector>

#include "base/capture_recording.hpp"
#include "base/result.hpp"
#include "capture/evidence_stamp.hpp"
#include "capture/packet_opener.hpp"
#include "capture/packet_reader.hpp"
#include "capture/tcp_table.hpp"

namespace ti {

/// Capture is what a capture file holds for us: TCP connections and the secrets embedded beside them.
struct Capture {
  std::vector<Recording> connections;
  std::string keylog;  ///< NSS key log text of all TLS Decryption Secrets Blocks
  EvidenceStamp stamp = {};
};

/// CaptureFile is what a capture file from anywhere holds for us.
struct CaptureFile {
  std::vector<CaptureRecording> connections;
  std::string keylog;
  std::vector<std::string> unread;  ///< as CaptureReader::unread()

  Capture capture() const { return {{connections.begin(), connections.end()}, keylog, {}}; }
};

/// A pcapng file with one synthesised TCP stream (raw IPv4, handshake, segments of at most 1460 bytes in real order and
/// time, acknowledgements, FIN or RST) a connection, and the key log in a Decryption Secrets Block before the packets,
/// so that Wireshark opens it decrypted. `epoch` is the wall-clock time of Instant zero.
Bytes write_pcapng(const Capture& capture, std::chrono::system_clock::time_point epoch);

/// CaptureReader reads a capture from front to back and holds no more of it than the connections that are open: pcap
/// (either byte order, micro- or nanoseconds) or pcapng; link types and tunnels as PacketOpener and carried_by() have
/// them; TCP re-assembled over retransmission, overlap and re-ordering, with what is missing as gaps. Of each
/// connection that holds TLS (tls_in) the first 8 MiB a side are read. Times count from the first packet.
class CaptureReader {
 public:
  /// `in` must outlive it. Times count from `epoch` if there is one, else from the first packet.
  explicit CaptureReader(std::istream& in, std::optional<std::uint64_t> epoch = {}) : packets_(in, epoch) {}

  /// The next connection that holds TLS, in the order of their first packets, unless one stays open so long that too
  /// much would wait for it; nothing at the end. A file that is cut off gives what stands before the cut.
  Result<std::optional<CaptureRecording>> next();

  /// The secrets embedded in what has been read since they were last taken.
  std::string take_keylog() { return packets_.take_keylog(); }

  /// What was not read so far, a phrase each: "412 packets of QUIC", "2 TCP connections without TLS".
  std::vector<std::string> unread() const;

  std::uint64_t bytes_read() const { return packets_.bytes_read(); }
  std::optional<std::uint64_t> epoch() const { return packets_.epoch(); }

 private:
  bool read_frame();
  std::optional<Frame> earliest_frame();
  void look_for_tls(const TcpTable::Ended& ended);
  std::optional<CaptureRecording> take_ready();

  PacketReader packets_;
  std::deque<Frame> window_;  ///< by time: frames may stand a little out of order
  PacketOpener opener_;
  TcpTable table_;
  std::map<std::uint64_t, CaptureRecording> ready_;  ///< by the number of its connection
  std::size_t bytes_ready_ = 0;
  std::size_t without_tls_ = 0;
  std::size_t without_data_ = 0;
  std::optional<ParseError> error_;
  bool at_end_ = false;
};

/// The secrets embedded anywhere in a capture.
std::string keylog_of(std::istream& in);

/// A whole capture at once.
Result<CaptureFile> read_capture(ByteView file);

}  // namespace ti

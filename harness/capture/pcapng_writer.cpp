#include <arpa/inet.h>

#include <algorithm>
#include <limits>
#include <map>

#include "capture/capture.hpp"
#include "capture/evidence_stamp.hpp"
#include "capture/pcapng.hpp"

namespace ti {

namespace {

constexpr std::size_t max_payload = 1460;
constexpr std::size_t record_header = 5;
constexpr std::uint16_t window = 65535;

constexpr std::uint8_t fin = 0x01;
constexpr std::uint8_t syn = 0x02;
constexpr std::uint8_t rst = 0x04;
constexpr std::uint8_t psh = 0x08;
constexpr std::uint8_t ack = 0x10;

void put_u16(Bytes& out, std::size_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

void put_u32(Bytes& out, std::uint32_t value) {
  put_u16(out, value >> 16);
  put_u16(out, value & 0xffff);
}

void put(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

/// The Internet checksum (RFC 1071) of bytes whose checksum field is still zero.
std::uint16_t checksum(ByteView bytes, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

void set_u16(Bytes& bytes, std::size_t at, std::uint16_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

/// Peer is one end of a synthesised connection. Addresses are in IPv4 form (4 bytes) or IPv6 form (16 bytes).
struct Peer {
  Bytes address;
  std::uint16_t port = 0;
  std::uint32_t next = 0;  ///< sequence number of the next byte it sends
  bool gone = false;       ///< has reset the connection
};

/// The address in network order; that of `0.0.0.0` for what is not a numeric address.
Bytes address_of(const std::string& text) {
  Bytes address(16);
  if (inet_pton(AF_INET6, text.c_str(), address.data()) == 1) return address;
  address.assign(4, 0);
  if (inet_pton(AF_INET, text.c_str(), address.data()) != 1) address.assign(4, 0);
  return address;
}

void map_to_ipv6(Bytes& address) {
  if (address.size() == 16) return;
  Bytes mapped(10, 0);
  mapped.insert(mapped.end(), {0xff, 0xff});
  put(mapped, address);
  address = std::move(mapped);
}

Bytes ip_header(const Peer& from, const Peer& to, std::size_t payload) {
  Bytes header;
  if (from.address.size() == 4) {
    put_u16(header, 0x4500);
    put_u16(header, 20 + payload);
    put_u32(header, 0x00004000);
    put_u32(header, 0x40060000);
  } else {
    put_u32(header, 0x60000000);
    put_u16(header, payload);
    put_u16(header, 0x0640);
  }
  put(header, from.address);
  put(header, to.address);
  if (from.address.size() == 4) set_u16(header, 10, checksum(header));
  return header;
}

Bytes tcp_segment(const Peer& from, const Peer& to, std::uint8_t flags, ByteView payload) {
  Bytes segment;
  put_u16(segment, from.port);
  put_u16(segment, to.port);
  put_u32(segment, from.next);
  put_u32(segment, (flags & ack) != 0 ? to.next : 0);
  put_u16(segment, 0x5000 | flags);
  put_u16(segment, window);
  put_u32(segment, 0);
  put(segment, payload);

  Bytes pseudo_header = from.address;
  put(pseudo_header, to.address);
  put_u16(pseudo_header, 6);
  put_u16(pseudo_header, segment.size());
  const auto partial = static_cast<std::uint16_t>(~checksum(pseudo_header));
  set_u16(segment, 16, checksum(segment, partial));
  return segment;
}

struct Packet {
  Instant at;
  Bytes bytes;
};

/// Conversation turns one recording into packets. Each packet of data is acknowledged at once, so that no analyser sees
/// a full window.
class Conversation {
 public:
  Conversation(const Recording& recording, std::size_t index, std::vector<Packet>& packets)
      : packets_(packets), now_(recording.opened) {
    peers_[Side::client] = peer(recording.client, index * 2);
    peers_[Side::server] = peer(recording.server, index * 2 + 1);
    if (peers_[Side::client].address.size() != peers_[Side::server].address.size())
      for (auto& [side, peer] : peers_) map_to_ipv6(peer.address);
    open();
    const auto [first, joined] = opening(recording);
    if (joined > 0) carry(first);
    auto ending = recording.endings.begin();
    for (std::size_t i = joined; i <= recording.segments.size(); ++i) {
      for (; ending != recording.endings.end() && ending->after_segment <= i; ++ending) end(*ending);
      if (i < recording.segments.size()) carry(recording.segments[i]);
    }
  }

 private:
  /// Initial sequence numbers differ between connections: a reused port is then a new stream to every analyser.
  static Peer peer(const Endpoint& endpoint, std::size_t number) {
    return {address_of(endpoint.address), endpoint.port, static_cast<std::uint32_t>(number + 1) << 22};
  }

  /// The client's first segments up to a whole record header, as one segment at the time of the last, and how many they
  /// are: analysers look at the first packet of data alone to tell that a connection is TLS.
  static std::pair<Segment, std::size_t> opening(const Recording& recording) {
    Segment first{Side::client, {}, {}};
    std::size_t joined = 0;
    const std::size_t end = recording.endings.empty()
                                ? recording.segments.size()
                                : std::min(recording.segments.size(), recording.endings.front().after_segment);
    for (; joined < end && first.bytes.size() < record_header; ++joined) {
      const Segment& segment = recording.segments[joined];
      if (segment.from != Side::client) break;
      first.at = segment.at;
      put(first.bytes, segment.bytes);
    }
    return {std::move(first), joined};
  }

  void open() {
    send(Side::client, syn);
    ++peers_[Side::client].next;
    send(Side::server, syn | ack);
    ++peers_[Side::server].next;
    send(Side::client, ack);
  }

  void carry(const Segment& segment) {
    now_ = std::max(now_, segment.at);
    for (ByteView left = segment.bytes; !left.empty();) {
      const ByteView payload = left.first(std::min(left.size(), max_payload));
      left = left.subspan(payload.size());
      send(segment.from, left.empty() ? psh | ack : ack, payload);
      peers_[segment.from].next += static_cast<std::uint32_t>(payload.size());
      acknowledge(segment.from);
    }
  }

  void end(const Ending& ending) {
    now_ = std::max(now_, ending.at);
    const bool reset = ending.how == Ending::How::reset;
    send(ending.from, reset ? rst | ack : fin | ack);
    if (reset) {
      peers_[ending.from].gone = true;
    } else {
      ++peers_[ending.from].next;
      acknowledge(ending.from);
    }
  }

  void acknowledge(Side sender) {
    if (!peers_[other(sender)].gone) send(other(sender), ack);
  }

  void send(Side side, int flags, ByteView payload = {}) {
    const Peer& from = peers_[side];
    const Peer& to = peers_[other(side)];
    const Bytes segment = tcp_segment(from, to, static_cast<std::uint8_t>(flags), payload);
    Bytes packet = ip_header(from, to, segment.size());
    put(packet, segment);
    packets_.push_back({now_, std::move(packet)});
  }

  std::vector<Packet>& packets_;
  std::map<Side, Peer> peers_;
  Instant now_;
};

/// BlockWriter appends pcapng blocks in little-endian order.
class BlockWriter {
 public:
  explicit BlockWriter(Bytes& out) : out_(out) {}

  void u16(std::uint16_t value) {
    for (int shift = 0; shift < 16; shift += 8) out_.push_back(static_cast<std::uint8_t>(value >> shift));
  }
  void u32(std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) out_.push_back(static_cast<std::uint8_t>(value >> shift));
  }
  void padded(ByteView bytes) {
    put(out_, bytes);
    out_.resize(out_.size() + (4 - bytes.size() % 4) % 4);
  }

  /// One block of a type whose body is what `body` writes.
  template <class Body>
  void block(std::uint32_t type, Body body) {
    const std::size_t start = out_.size();
    u32(type);
    u32(0);
    body();
    const auto length = static_cast<std::uint32_t>(out_.size() - start + 4);
    for (std::size_t i = 0; i < 4; ++i) out_[start + 4 + i] = static_cast<std::uint8_t>(length >> 8 * i);
    u32(length);
  }

 private:
  Bytes& out_;
};

}  // namespace

Bytes write_pcapng(const Capture& capture, std::chrono::system_clock::time_point epoch) {
  std::vector<Packet> packets;
  for (std::size_t i = 0; i < capture.connections.size(); ++i) Conversation(capture.connections[i], i, packets);
  std::stable_sort(packets.begin(), packets.end(), [](const Packet& a, const Packet& b) { return a.at < b.at; });

  Bytes blocks;
  BlockWriter writer(blocks);
  writer.block(pcapng::interface_description, [&] {
    writer.u16(linktype::raw);
    writer.u16(0);
    writer.u32(0);
    writer.u16(pcapng::if_tsresol);
    writer.u16(1);
    writer.padded(std::array<std::uint8_t, 1>{9});
    writer.u32(0);
  });
  if (!capture.keylog.empty()) {
    writer.block(pcapng::decryption_secrets, [&] {
      writer.u32(pcapng::tls_key_log);
      writer.u32(static_cast<std::uint32_t>(capture.keylog.size()));
      writer.padded(as_bytes(capture.keylog));
    });
  }
  const auto base = std::chrono::duration_cast<std::chrono::nanoseconds>(epoch.time_since_epoch());
  for (const Packet& packet : packets) {
    writer.block(pcapng::enhanced_packet, [&] {
      const auto time = static_cast<std::uint64_t>((base + packet.at).count());
      writer.u32(0);
      writer.u32(static_cast<std::uint32_t>(time >> 32));
      writer.u32(static_cast<std::uint32_t>(time));
      writer.u32(static_cast<std::uint32_t>(packet.bytes.size()));
      writer.u32(static_cast<std::uint32_t>(packet.bytes.size()));
      writer.padded(packet.bytes);
    });
  }
  Bytes file = stamped_section_header(capture.stamp, blocks);
  put(file, blocks);
  return file;
}

}  // namespace ti

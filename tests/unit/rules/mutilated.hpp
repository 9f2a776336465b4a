#pragma once
// Captures of which something is missing or came in another order: what is left is honest, and accuses nobody anew.
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "capture/capture.hpp"
#include "capture/packet_opener.hpp"
#include "capture/packet_reader.hpp"
#include "capture/pcapng.hpp"
#include "rules/capture_judge.hpp"
#include "wire/decoder.hpp"

namespace ti::mutilated {

/// Packets is a capture file taken apart.
struct Packets {
  std::string keylog;
  std::vector<Frame> frames;
};

inline Packets packets_of(const Bytes& file) {
  std::istringstream in{std::string(as_text(file))};
  PacketReader reader(in);
  Packets packets;
  for (auto frame = reader.next(); frame && *frame; frame = reader.next()) packets.frames.push_back(std::move(**frame));
  packets.keylog = reader.take_keylog();
  return packets;
}

/// A pcapng file of some packets, with the secrets of the file that they are from.
inline Bytes file_of(const std::string& keylog, const std::vector<Frame>& frames) {
  Bytes file;
  const auto put = [](Bytes& to, std::uint64_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) to.push_back(static_cast<std::uint8_t>(value >> 8 * i));
  };
  const auto block = [&](std::uint32_t type, Bytes body) {
    constexpr std::size_t around = 12;
    body.resize((body.size() + 3) / 4 * 4);
    put(file, type, 4);
    put(file, body.size() + around, 4);
    file.insert(file.end(), body.begin(), body.end());
    put(file, body.size() + around, 4);
  };
  Bytes section;
  put(section, pcapng::byte_order_magic, 4);
  put(section, 1, 4);
  put(section, ~std::uint64_t{0}, 8);
  block(pcapng::section_header, section);
  Bytes secrets;
  put(secrets, pcapng::tls_key_log, 4);
  put(secrets, keylog.size(), 4);
  secrets.insert(secrets.end(), keylog.begin(), keylog.end());
  block(pcapng::decryption_secrets, secrets);
  Bytes interface;
  put(interface, frames.empty() ? 1 : frames.front().link_type, 2);
  put(interface, 0, 6);
  put(interface, pcapng::if_tsresol | 1 << 16, 4);
  put(interface, 9, 4);
  block(pcapng::interface_description, interface);
  for (const Frame& frame : frames) {
    Bytes packet;
    const auto at = static_cast<std::uint64_t>(frame.at.count());
    put(packet, 0, 4);
    put(packet, at >> 32, 4);
    put(packet, at & 0xffffffff, 4);
    put(packet, frame.bytes.size(), 4);
    put(packet, frame.bytes.size(), 4);
    packet.insert(packet.end(), frame.bytes.begin(), frame.bytes.end());
    block(pcapng::enhanced_packet, packet);
  }
  return file;
}

/// Who sent a frame: address and port; empty for what is no TCP.
inline std::string sender_of(const Frame& frame) {
  PacketOpener opener;
  const auto packet = opener.open(frame);
  return packet ? packet->from.address_text() + " " + std::to_string(packet->from.port) : "";
}

inline std::vector<Judgement> judge_all(const CaptureFile& capture) {
  const KeyLog keys(capture.keylog);
  CaptureJudge capture_judge;
  std::vector<Judgement> judgements;
  for (const CaptureRecording& recording : capture.connections) {
    ObservedConnection connection;
    connection.transcript = decode(recording, keys);
    connection.handshakes = handshakes_of(connection.transcript);
    connection.at = std::chrono::duration_cast<Milliseconds>(recording.opened);
    connection.begun = recording.opened;
    judgements.push_back(capture_judge.judge(std::move(connection),
                                             recording.server.address + ":" + std::to_string(recording.server.port),
                                             !recording.plain_answer));
  }
  return judgements;
}

/// What is said against whom: the client's port, the side, the rule; and why.
inline std::map<std::string, std::string> accusations(const Bytes& file) {
  std::map<std::string, std::string> accusations;
  const auto capture = read_capture(file);
  if (!capture) return accusations;
  const std::vector<Judgement> judgements = judge_all(*capture);
  for (std::size_t i = 0; i < judgements.size(); ++i)
    if (const Verdict& verdict = judgements[i].verdict; judgements[i].outcome == JudgementOutcome::fail)
      accusations.emplace(
          std::to_string(capture->connections[i].client.port) + " " + name(*verdict.fault) + " " + verdict.rule,
          verdict.reason);
  return accusations;
}

}  // namespace ti::mutilated

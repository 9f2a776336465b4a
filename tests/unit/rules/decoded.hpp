#pragma once
// Golden captures as decode judges them.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "capture/capture.hpp"
#include "rules/docket.hpp"
#include "where/where.hpp"
#include "wire/decoder.hpp"

namespace ti::decoded {

inline Bytes bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The golden captures of a folder.
inline std::vector<std::filesystem::path> captures_of(const char* folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(where::source() / "tests/golden" / folder))
    if (entry.path().extension() == ".pcap" || entry.path().extension() == ".pcapng") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

inline std::vector<Judgement> judge_all(const CaptureFile& capture) {
  const KeyLog keys(capture.keylog);
  Docket docket;
  std::vector<Judgement> judgements;
  for (const CaptureRecording& recording : capture.connections) {
    ObservedConnection connection;
    connection.transcript = decode(recording, keys);
    connection.handshakes = handshakes_of(connection.transcript);
    connection.at = std::chrono::duration_cast<Milliseconds>(recording.opened);
    connection.begun = recording.opened;
    judgements.push_back(docket.judge(std::move(connection),
                                      recording.server.address + ":" + std::to_string(recording.server.port),
                                      !recording.plain_answer));
  }
  return judgements;
}

/// "fail client rfc5246-6-well-formed", "pass".
inline std::string text_of(const Judgement& judgement) {
  std::string text(name(judgement.standing));
  if (judgement.standing == Standing::fail)
    text += std::string(" ") + name(*judgement.verdict.fault) + " " + judgement.verdict.rule;
  return text;
}

inline std::string text_of(const std::vector<Judgement>& judgements) {
  std::string text;
  for (const Judgement& judgement : judgements) text += (text.empty() ? "" : " | ") + text_of(judgement);
  return text;
}

}  // namespace ti::decoded

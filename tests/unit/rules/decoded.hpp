#pragma once
// Golden captures as decode judges them.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "rules/mutilated.hpp"
#include "where/where.hpp"

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

using mutilated::judge_all;

/// "fail client rfc5246-6-well-formed", "pass".
inline std::string text_of(const Judgement& judgement) {
  std::string text(name(judgement.outcome));
  if (judgement.outcome == JudgementOutcome::fail)
    text += std::string(" ") + name(*judgement.verdict.fault) + " " + judgement.verdict.rule;
  return text;
}

inline std::string text_of(const std::vector<Judgement>& judgements) {
  std::string text;
  for (const Judgement& judgement : judgements) text += (text.empty() ? "" : " | ") + text_of(judgement);
  return text;
}

}  // namespace ti::decoded

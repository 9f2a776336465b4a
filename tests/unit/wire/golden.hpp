#pragma once
// The recorded captures of tests/golden/wire.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "capture/capture.hpp"
#include "where/where.hpp"
#include "wire/decoder.hpp"

namespace ti::golden {

inline Capture capture(const std::string& name) {
  std::ifstream in(where::source() / "tests/golden/wire" / (name + ".pcapng"), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const auto read = read_capture(as_bytes(bytes));
  EXPECT_TRUE(read.has_value()) << name;
  return read ? read->capture() : Capture();
}

/// "c ClientHello | s ServerHello | ...".
inline std::string ladder(const Transcript& transcript) {
  std::string text;
  for (const Message& message : transcript.messages) {
    if (!text.empty()) text += " | ";
    text += message.from == Side::client ? "c " : "s ";
    text += name(message.type);
  }
  return text;
}

}  // namespace ti::golden

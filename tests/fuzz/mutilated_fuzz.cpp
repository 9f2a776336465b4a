// Recorded captures (tests/golden) of which packets are dropped, cut short, repeated or in another order, or which
// begin or end anywhere: whatever is done, nobody is accused who was not. The first byte chooses the capture; three
// bytes a applied follow: what is done, and to which packets.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "rules/mutilated.hpp"
#include "where/where.hpp"

namespace {

using ti::mutilated::accusations;

struct Recorded {
  ti::mutilated::Packets packets;
  std::map<std::string, std::string> accusations;
};

const std::vector<Recorded>& recorded() {
  static const std::vector<Recorded> all = [] {
    std::vector<std::filesystem::path> paths;
    for (const char* folder : {"decode", "wire"})
      for (const auto& entry : std::filesystem::directory_iterator(ti::where::source() / "tests/golden" / folder))
        if (entry.path().extension().string().starts_with(".pcap")) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<Recorded> read;
    for (const auto& path : paths) {
      std::ifstream in(path, std::ios::binary);
      const ti::Bytes file{std::istreambuf_iterator<char>(in), {}};
      read.push_back({ti::mutilated::packets_of(file), accusations(file)});
    }
    return read;
  }();
  return all;
}

void mutilate(std::vector<ti::Frame>& frames, std::uint8_t applied, std::size_t which, std::size_t size) {
  const std::size_t at = which % frames.size();
  const auto begin = frames.begin() + static_cast<std::ptrdiff_t>(at);
  const auto end = begin + static_cast<std::ptrdiff_t>(std::min(size + 1, frames.size() - at));
  switch (applied % 7) {
    case 0:
      frames.erase(begin, end);
      break;
    case 1:
      frames.erase(frames.begin(), begin);
      break;
    case 2:
      frames.erase(begin + 1, frames.end());
      break;
    case 3:
      std::reverse(begin, end);
      break;
    case 4:
      frames.insert(frames.end(), *begin);
      break;
    case 5:
      begin->bytes.resize(begin->bytes.size() - std::min(begin->bytes.size(), size));
      break;
    default: {
      const std::string sender = ti::mutilated::sender_of(*begin);
      std::erase_if(frames, [&](const ti::Frame& frame) { return ti::mutilated::sender_of(frame) == sender; });
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t most_deeds = 16;
  if (size == 0) return 0;
  const Recorded& chosen = recorded()[data[0] % recorded().size()];
  std::vector<ti::Frame> frames = chosen.packets.frames;
  for (std::size_t i = 1; i + 2 < size && i < most_deeds * 3 && !frames.empty(); i += 3)
    mutilate(frames, data[i], data[i + 1], data[i + 2]);
  for (std::size_t i = 0; i < frames.size(); ++i) frames[i].at = ti::Instant(std::chrono::milliseconds(i));
  for (const auto& [accused, why] : accusations(ti::mutilated::file_of(chosen.packets.keylog, frames)))
    if (!chosen.accusations.contains(accused)) {
      std::fprintf(stderr, "accused anew: %s (%s)\n", accused.c_str(), why.c_str());
      __builtin_trap();
    }
  return 0;
}

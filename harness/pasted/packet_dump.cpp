// Packets as `tcpdump -X`, `tshark -x` and Wireshark's copied bytes print them.
#include "pasted/format.hpp"
#include "pasted/packets.hpp"

namespace ti {

namespace {

/// The time of day of `04:17:07.007779 IP 127.0.0.1...`, where it stands
std::optional<std::chrono::nanoseconds> time_of_day(std::string_view word) {
  constexpr std::size_t seconds_at = 6;
  constexpr std::size_t shortest = 10;
  if (word.size() < shortest || word[2] != ':' || word[5] != ':' || word[8] != '.') return std::nullopt;
  const auto hours = number_at(word.substr(0, 2));
  const auto minutes = number_at(word.substr(3, 2));
  const auto seconds = number_at(word.substr(seconds_at, 2));
  std::string fraction(word.substr(9));
  fraction.resize(9, '0');
  if (!hours || !minutes || !seconds) return std::nullopt;
  return std::chrono::hours(*hours) + std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds) +
         std::chrono::nanoseconds(number_at(fraction).value_or(0));
}

}  // namespace

bool is_packet_dump(const PastedText& words) {
  for (std::size_t at = 0; at < words.size(); ++at)
    if (is_offset_dump(words, at) && words[at + 1].text != "-") {
      PrintedPackets packets;
      if (packets.add_raw({}, read_offset_dump(words, at))) return true;
    }
  return false;
}

void read_packet_dump(const PastedText& words, Pasted& pasted) {
  if (!pasted.capture.empty()) return;
  PrintedPackets packets;
  std::chrono::nanoseconds now{0};
  for (std::size_t at = 0; at < words.size();) {
    if (const auto time = time_of_day(words[at].text)) now = *time;
    if (!is_offset_dump(words, at)) {
      ++at;
      continue;
    }
    packets.add_raw(now, read_offset_dump(words, at));
  }
  add_packets(packets, pasted);
}

}  // namespace ti

// tshark's `-T json`, `-T ek` and `-T pdml`: among their fields stand the bytes of every TCP segment, and with -x (or
// `-T jsonraw`) those of the frame.
#include <array>
#include <charconv>
#include <map>

#include "pasted/format.hpp"
#include "pasted/packets.hpp"

namespace ti {

namespace {

/// Field is one that a packet is put together from. `ek` writes dots as `_` and the protocol twice.
struct Field {
  std::string_view json;
  std::string_view ek;
};

constexpr Field frame_time{"frame.time_epoch", "frame_frame_time_epoch"};
constexpr Field payload{"tcp.payload", "tcp_tcp_payload"};
constexpr Field whole_frame{"frame_raw", "frame_raw"};  ///< with -x, or -T jsonraw: the frame itself, before its time
constexpr std::array<Field, 12> fields = {{frame_time,
                                           whole_frame,
                                           {"ip.src", "ip_ip_src"},
                                           {"ip.dst", "ip_ip_dst"},
                                           {"ipv6.src", "ipv6_ipv6_src"},
                                           {"ipv6.dst", "ipv6_ipv6_dst"},
                                           {"tcp.srcport", "tcp_tcp_srcport"},
                                           {"tcp.dstport", "tcp_tcp_dstport"},
                                           {"tcp.seq_raw", "tcp_tcp_seq_raw"},
                                           {"tcp.ack_raw", "tcp_tcp_ack_raw"},
                                           {"tcp.flags", "tcp_tcp_flags"},
                                           payload}};

/// PacketFields gathers the fields of one packet; the first of each kind counts (ICMP quotes others).
class PacketFields {
 public:
  void add(std::string_view name, std::string_view value) { values_.emplace(name, value); }
  void clear() { values_.clear(); }
  bool has(const Field& field) const { return values_.contains(field.json); }
  bool is_frame_alone() const { return values_.size() == 1 && has(whole_frame); }
  Bytes frame() const { return from_hex(text(whole_frame.json)); }
  bool is_tcp() const { return values_.contains("tcp.srcport") && values_.contains("tcp.seq_raw"); }

  PrintedPacket packet() const {
    PrintedPacket packet;
    packet.at = time();
    packet.from = text(values_.contains("ip.src") ? "ip.src" : "ipv6.src");
    packet.to = text(values_.contains("ip.dst") ? "ip.dst" : "ipv6.dst");
    packet.from_port = static_cast<std::uint16_t>(number("tcp.srcport"));
    packet.to_port = static_cast<std::uint16_t>(number("tcp.dstport"));
    packet.sequence = static_cast<std::uint32_t>(number("tcp.seq_raw"));
    packet.acknowledged = static_cast<std::uint32_t>(number("tcp.ack_raw"));
    packet.flags = static_cast<std::uint8_t>(number("tcp.flags"));
    std::string digits;
    for (const char c : text("tcp.payload"))
      if (c != ':') digits += c;
    packet.payload = from_hex(digits);
    packet.missing = packet.payload.empty() ? digits.size() / 2 : 0;
    return packet;
  }

  /// `1795666627.007779000`
  std::chrono::nanoseconds time() const {
    constexpr std::size_t digits_of_second = 9;
    const std::string said = text(frame_time.json);
    const std::size_t point = std::min(said.find('.'), said.size());
    std::string fraction = point < said.size() ? said.substr(point + 1) : std::string();
    fraction.resize(digits_of_second, '0');
    return std::chrono::seconds(number_at(said.substr(0, point)).value_or(0) % (std::size_t{1} << 32)) +
           std::chrono::nanoseconds(number_at(fraction).value_or(0));
  }

 private:
  std::string text(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::string() : std::string(found->second);
  }

  std::size_t number(std::string_view name) const { return number_at(text(name)).value_or(0); }

  std::map<std::string_view, std::string_view> values_;
};

/// The value behind a field's name: in JSON the next string (or number), in PDML that of `show`.
std::string_view value_behind(std::string_view text, bool pdml) {
  constexpr std::string_view mark = " show=\"";
  constexpr std::size_t far = 4096;
  if (pdml) {
    const std::size_t show = text.substr(0, far).find(mark);
    const std::size_t end = text.substr(0, far).find('>');
    if (show == text.npos || (end != text.npos && end < show)) return {};
    text.remove_prefix(show + mark.size());
  } else {
    const std::size_t begin = text.find_first_not_of(": [");
    if (begin == text.npos || text[begin] != '"') return {};
    text.remove_prefix(begin + 1);
  }
  const std::size_t end = text.find('"');
  return end == text.npos ? std::string_view() : text.substr(0, end);
}

}  // namespace

bool is_tshark_fields(const PastedText& words) {
  return words.holds("\"tcp.seq_raw\"") || words.holds("\"tcp_tcp_seq_raw\"") || words.holds("\"frame_raw\"");
}

void read_tshark_fields(const PastedText& words, Pasted& pasted) {
  std::map<std::string_view, std::string_view> names;
  for (const Field& field : fields) {
    names.emplace(field.json, field.json);
    names.emplace(field.ek, field.json);
  }
  PrintedPackets packets;
  PacketFields packet;
  const auto finish = [&] {
    if (packet.has(whole_frame))
      packets.add_raw(packet.time(), packet.frame());
    else if (packet.is_tcp())
      packets.add(packet.packet());
    packet.clear();
  };
  const std::string_view text = words.joined();
  for (std::size_t quote = text.find('"'); quote != text.npos;) {
    const std::size_t end = text.find('"', quote + 1);
    if (end == text.npos) break;
    const auto name = names.find(text.substr(quote + 1, end - quote - 1));
    if (name == names.end()) {
      quote = end;
      continue;
    }
    const bool pdml = text.substr(0, quote).ends_with("name=");
    if (name->second == whole_frame.json || (name->second == frame_time.json && !packet.is_frame_alone())) finish();
    const std::string_view value = value_behind(text.substr(end + 1), pdml);
    packet.add(name->second, value);
    quote = text.find(
        '"', value.empty() ? end + 1 : static_cast<std::size_t>(value.data() + value.size() + 1 - text.data()));
  }
  finish();
  add_packets(packets, pasted);
}

}  // namespace ti

// What decode says of captures as the world makes them, and of the same with packets missing.
#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>
#include <sstream>

#include "rules/decoded.hpp"

namespace ti {
namespace {

using decoded::judge_all;

struct Known {
  const char* file;
  const char* said;
  const char* reason;  ///< part of what the last connection's judgement says
};

const Known known[] = {
    {"banner_then_hello", "no TLS", "its answer to the ClientHello begins with \"500 what\""},
    {"begins_at_starttls_answer_postgresql", "pass", ""},
    {"begins_at_starttls_answer_smtp", "pass", ""},
    {"crash_short_alert", "given up", ""},
    {"crash_split_alert", "inconclusive", "the server sent the alert handshake_failure"},
    {"fin_after_its_ack", "pass", ""},
    {"ftp_ccc", "pass", ""},
    {"hello_to_http_server", "no TLS",
     "the server does not speak TLS: its answer to the ClientHello begins with \"HTTP/1."},
    {"lost_server_flight", "incomplete", "not all of it was captured"},
    {"preconnect_given_up", "given up | pass", ""},
    {"proxy_protocol", "pass", ""},
    {"server_knows_no_rfc7627", "pass | pass", ""},
    {"sslv2_hello", "pass", ""},
    {"stops_in_application_record", "pass", ""},
    {"tls13_draft28", "not judged", "draft 28 of TLS 1.3"},
    {"two_malformed_hellos", "fail client rfc5246-6-well-formed | fail client rfc5246-6-well-formed", ""},
    {"two_syn_acks_higher_isn", "pass", ""},
    {"two_syn_acks_lower_isn", "pass", ""},
};

TEST(World, each_capture_is_told_as_what_it_is) {
  std::set<std::string> tried;
  for (const Known& each : known) {
    const auto file = where::source() / "tests/golden/decode" / (std::string(each.file) + ".pcap");
    const Bytes bytes = decoded::bytes_of(file);
    const auto capture = read_capture(bytes);
    ASSERT_TRUE(capture) << each.file;
    const std::vector<Judgement> judgements = judge_all(*capture);
    EXPECT_EQ(decoded::text_of(judgements), each.said) << each.file;
    ASSERT_FALSE(judgements.empty()) << each.file;
    EXPECT_THAT(judgements.back().reason, testing::HasSubstr(each.reason)) << each.file;
    tried.insert(file.filename());
  }
  for (const auto& file : decoded::captures_of("decode"))
    EXPECT_TRUE(tried.contains(file.filename())) << file << " has no right answer here";
}

TEST(World, an_alert_that_follows_a_breach_accuses_nobody) {
  const Bytes bytes = decoded::bytes_of(where::source() / "tests/golden/decode/two_malformed_hellos.pcap");
  for (const Judgement& judgement : judge_all(read_capture(bytes).value())) {
    EXPECT_THAT(judgement.verdict.findings, testing::SizeIs(1));
    ASSERT_THAT(judgement.verdict.consequences, testing::SizeIs(1));
    EXPECT_EQ(judgement.verdict.consequences[0].at.connection, judgement.number);
  }
}

/// The packets of a pcap or pcapng file, to be put together again as pcapng with the file's own secrets.
struct Packets {
  Bytes head;
  std::vector<Bytes> blocks;  ///< a packet each, with its header

  Bytes file(const std::vector<std::size_t>& chosen) const {
    Bytes file = head;
    for (const std::size_t i : chosen) file.insert(file.end(), blocks[i].begin(), blocks[i].end());
    return file;
  }
};

std::uint32_t little(ByteView bytes, std::size_t at) {
  return bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | static_cast<std::uint32_t>(bytes[at + 3]) << 24;
}

Packets packets_of(const Bytes& file) {
  Packets packets;
  if (little(file, 0) == 0xa1b2c3d4 || little(file, 0) == 0xa1b23c4d) {
    packets.head.assign(file.begin(), file.begin() + 24);
    for (std::size_t at = 24; at + 16 <= file.size();) {
      const std::size_t size = 16 + little(file, at + 8);
      packets.blocks.emplace_back(file.begin() + static_cast<std::ptrdiff_t>(at),
                                  file.begin() + static_cast<std::ptrdiff_t>(at + size));
      at += size;
    }
    return packets;
  }
  for (std::size_t at = 0; at + 12 <= file.size();) {
    const std::size_t size = little(file, at + 4);
    const Bytes block(file.begin() + static_cast<std::ptrdiff_t>(at),
                      file.begin() + static_cast<std::ptrdiff_t>(at + size));
    if (little(file, at) == 6)
      packets.blocks.push_back(block);
    else
      packets.head.insert(packets.head.end(), block.begin(), block.end());
    at += size;
  }
  return packets;
}

/// Whom a judgement accuses: side and rule, by the client's port.
std::set<std::string> accused(const CaptureFile& capture) {
  std::set<std::string> accused;
  const std::vector<Judgement> judgements = judge_all(capture);
  for (std::size_t i = 0; i < judgements.size(); ++i)
    if (judgements[i].standing == Standing::fail)
      accused.insert(std::to_string(capture.connections[i].client.port) + " " + name(*judgements[i].verdict.fault));
  return accused;
}

std::vector<std::filesystem::path> all_captures() {
  std::vector<std::filesystem::path> files = decoded::captures_of("decode");
  for (const auto& file : decoded::captures_of("wire")) files.push_back(file);
  return files;
}

/// Judges what is left of a capture, and sees to it that nobody is accused who was not.
void expect_no_new_accusation(const Packets& packets, const std::vector<std::size_t>& chosen,
                              const std::set<std::string>& before, const std::string& what) {
  const Bytes file = packets.file(chosen);
  const auto capture = read_capture(file);
  ASSERT_TRUE(capture) << what;
  for (const std::string& each : accused(*capture)) EXPECT_TRUE(before.contains(each)) << what << ": " << each;
}

TEST(World, packets_that_are_missing_accuse_nobody) {
  for (const auto& path : all_captures()) {
    const Bytes bytes = decoded::bytes_of(path);
    const Packets packets = packets_of(bytes);
    const auto before = accused(read_capture(bytes).value());
    const std::string name = path.filename();
    const std::size_t n = packets.blocks.size();
    std::vector<std::size_t> all(n);
    for (std::size_t i = 0; i < n; ++i) all[i] = i;
    const std::size_t step = n > 120 ? n / 60 : 1;
    for (std::size_t i = 0; i < n; i += step) {
      const auto at = all.begin() + static_cast<std::ptrdiff_t>(i);
      std::vector<std::size_t> without(all.begin(), at);
      without.insert(without.end(), at + 1, all.end());
      expect_no_new_accusation(packets, without, before, name + " without packet " + std::to_string(i));
      expect_no_new_accusation(packets, {at, all.end()}, before, name + " from packet " + std::to_string(i));
      expect_no_new_accusation(packets, {all.begin(), at}, before, name + " to packet " + std::to_string(i));
    }
    std::mt19937 random(13);
    for (int round = 0; round < 40; ++round) {
      std::vector<std::size_t> some;
      for (const std::size_t i : all)
        if (random() % 8 != 0) some.push_back(i);
      expect_no_new_accusation(packets, some, before, name + " thinned out, round " + std::to_string(round));
    }
  }
}

/// Who sent a packet, by the source port that stands behind its addresses: enough to keep one direction.
std::map<std::string, std::vector<std::size_t>> by_direction(const Packets& packets) {
  std::map<std::string, std::vector<std::size_t>> directions;
  for (std::size_t i = 0; i < packets.blocks.size(); ++i) {
    const Bytes file = packets.file({i});
    std::string buffer(file.begin(), file.end());
    std::istringstream in(buffer);
    PacketReader reader(in);
    PacketOpener opener;
    const auto frame = reader.next();
    const auto packet = frame && *frame ? opener.open(**frame) : std::nullopt;
    if (packet) directions[packet->from.address_text() + " " + std::to_string(packet->from.port)].push_back(i);
  }
  return directions;
}

TEST(World, one_direction_alone_accuses_nobody) {
  for (const auto& path : all_captures()) {
    const Bytes bytes = decoded::bytes_of(path);
    const Packets packets = packets_of(bytes);
    const auto before = accused(read_capture(bytes).value());
    for (const auto& [sender, chosen] : by_direction(packets))
      expect_no_new_accusation(packets, chosen, before, path.filename().string() + " of " + sender + " alone");
  }
}

TEST(World, packets_in_any_order_and_bytes_of_any_value_crash_nothing) {
  for (const auto& path : all_captures()) {
    const Packets packets = packets_of(decoded::bytes_of(path));
    std::mt19937 random(7);
    for (int round = 0; round < 20; ++round) {
      std::vector<std::size_t> order(packets.blocks.size());
      for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
      for (std::size_t i = 0; i + 1 < order.size(); ++i)
        if (random() % 4 == 0) std::swap(order[i], order[i + 1]);
      Bytes file = packets.file(order);
      for (int flip = 0; flip < round && file.size() > packets.head.size(); ++flip)
        file[packets.head.size() + random() % (file.size() - packets.head.size())] ^=
            static_cast<std::uint8_t>(random());
      if (round % 5 == 4) file.resize(packets.head.size() + random() % (file.size() - packets.head.size()));
      if (const auto capture = read_capture(file)) (void)judge_all(*capture);
    }
  }
}

}  // namespace
}  // namespace ti

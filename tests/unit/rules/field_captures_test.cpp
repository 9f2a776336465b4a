// What decode says of captures as the world makes them, and of the same with packets missing.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

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
    {"fast_open", "pass", ""},
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
    {"tls_in_tds", "incomplete", "the protocol in which it began goes on around it"},
    {"tls13_draft28", "not judged", "draft 28 of TLS 1.3"},
    {"two_malformed_hellos", "fail client rfc5246-6-well-formed | fail client rfc5246-6-well-formed", ""},
    {"two_syn_acks_higher_isn", "pass", ""},
    {"two_syn_acks_lower_isn", "pass", ""},
};

TEST(FieldCaptures, each_capture_is_told_as_what_it_is) {
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

TEST(FieldCaptures, an_alert_that_follows_a_breach_accuses_nobody) {
  const Bytes bytes = decoded::bytes_of(where::source() / "tests/golden/decode/two_malformed_hellos.pcap");
  for (const Judgement& judgement : judge_all(read_capture(bytes).value())) {
    EXPECT_THAT(judgement.verdict.breaches, testing::SizeIs(1));
    ASSERT_THAT(judgement.verdict.consequences, testing::SizeIs(1));
    EXPECT_EQ(judgement.verdict.consequences[0].at.connection, judgement.number);
  }
}

std::vector<std::filesystem::path> all_captures() {
  std::vector<std::filesystem::path> files = decoded::captures_of("decode");
  for (const auto& file : decoded::captures_of("wire")) files.push_back(file);
  return files;
}

using Frames = std::vector<Frame>;
using mutilated::accusations;

/// A golden capture, and what is to be said of all that is made of it: nothing that is not said of the whole.
struct Whole {
  explicit Whole(const std::filesystem::path& path)
      : name(path.filename()),
        packets(mutilated::packets_of(decoded::bytes_of(path))),
        said(accusations(decoded::bytes_of(path))) {}

  void expect_no_new_accusation(const Frames& frames, const std::string& what) const {
    for (const auto& [accused, why] : accusations(mutilated::file_of(packets.keylog, frames)))
      EXPECT_TRUE(said.contains(accused)) << name << " " << what << ": " << accused << ": " << why;
  }

  /// Frames [begin, end), or all but those.
  Frames only(std::size_t begin, std::size_t end) const {
    const auto at = packets.frames.begin();
    return {at + static_cast<std::ptrdiff_t>(begin), at + static_cast<std::ptrdiff_t>(end)};
  }
  Frames without(std::size_t begin, std::size_t end) const {
    Frames frames = only(0, begin);
    const Frames rest = only(end, packets.frames.size());
    frames.insert(frames.end(), rest.begin(), rest.end());
    return frames;
  }

  std::string name;
  mutilated::Packets packets;
  std::map<std::string, std::string> said;
};

TEST(FieldCaptures, a_capture_put_together_again_says_the_same) {
  for (const auto& path : all_captures()) {
    const Whole whole(path);
    EXPECT_EQ(accusations(mutilated::file_of(whole.packets.keylog, whole.packets.frames)), whole.said) << whole.name;
  }
}

TEST(FieldCaptures, packets_that_are_missing_accuse_nobody) {
  for (const auto& path : all_captures()) {
    const Whole whole(path);
    const std::size_t n = whole.packets.frames.size();
    const std::size_t step = n > 120 ? n / 60 : 1;
    for (std::size_t i = 0; i < n; i += step) {
      const std::string at = std::to_string(i);
      whole.expect_no_new_accusation(whole.only(i, n), "from packet " + at);
      whole.expect_no_new_accusation(whole.only(0, i), "to packet " + at);
      for (const std::size_t many : {1, 2, 5, 12})
        whole.expect_no_new_accusation(whole.without(i, std::min(n, i + many)),
                                       "without " + std::to_string(many) + " from " + at);
    }
    std::mt19937 random(13);
    for (int round = 0; round < 40; ++round) {
      Frames some;
      for (const Frame& frame : whole.packets.frames)
        if (random() % 8 != 0) some.push_back(frame);
      whole.expect_no_new_accusation(some, "thinned out, round " + std::to_string(round));
    }
  }
}

TEST(FieldCaptures, packets_that_are_cut_short_accuse_nobody) {
  for (const auto& path : all_captures()) {
    const Whole whole(path);
    for (const std::size_t most : {60, 80, 100, 150, 300, 600}) {
      Frames frames = whole.packets.frames;
      for (Frame& frame : frames) frame.bytes.resize(std::min(frame.bytes.size(), most));
      whole.expect_no_new_accusation(frames, "cut to " + std::to_string(most));
    }
    for (std::size_t i = 0; i < whole.packets.frames.size(); ++i)
      for (const std::size_t less : {1, 7, 40}) {
        Frames frames = whole.packets.frames;
        frames[i].bytes.resize(frames[i].bytes.size() - std::min(less, frames[i].bytes.size()));
        whole.expect_no_new_accusation(frames, "packet " + std::to_string(i) + " cut by " + std::to_string(less));
      }
  }
}

TEST(FieldCaptures, one_direction_alone_accuses_nobody) {
  for (const auto& path : all_captures()) {
    const Whole whole(path);
    std::map<std::string, Frames> directions;
    for (const Frame& frame : whole.packets.frames) directions[mutilated::sender_of(frame)].push_back(frame);
    for (const auto& [sender, frames] : directions) whole.expect_no_new_accusation(frames, "of " + sender + " alone");
  }
}

TEST(FieldCaptures, packets_in_another_order_accuse_nobody) {
  for (const auto& path : all_captures()) {
    const Whole whole(path);
    const std::size_t n = whole.packets.frames.size();
    const std::size_t step = n > 120 ? n / 60 : 1;
    for (std::size_t i = 0; i < n; i += step)
      for (const std::size_t many : {2, 3, 4, 7, 12}) {
        Frames frames = whole.packets.frames;
        const auto begin = frames.begin() + static_cast<std::ptrdiff_t>(i);
        std::reverse(begin, begin + static_cast<std::ptrdiff_t>(std::min(many, n - i)));
        for (std::size_t at = 0; at < n; ++at) frames[at].at = Instant(std::chrono::milliseconds(at));
        whole.expect_no_new_accusation(frames, std::to_string(many) + " turned round from " + std::to_string(i));
      }
  }
}

TEST(FieldCaptures, packets_in_any_order_and_bytes_of_any_value_crash_nothing) {
  for (const auto& path : all_captures()) {
    const Whole whole(path);
    std::mt19937 random(7);
    for (int round = 0; round < 20; ++round) {
      Frames frames = whole.packets.frames;
      for (std::size_t i = 0; i + 1 < frames.size(); ++i)
        if (random() % 4 == 0) std::swap(frames[i], frames[i + 1]);
      Bytes file = mutilated::file_of(whole.packets.keylog, frames);
      const std::size_t head = mutilated::file_of(whole.packets.keylog, {}).size();
      for (int flip = 0; flip < round && file.size() > head; ++flip)
        file[head + random() % (file.size() - head)] ^= static_cast<std::uint8_t>(random());
      if (round % 5 == 4) file.resize(head + random() % (file.size() - head));
      (void)accusations(file);
    }
  }
}

}  // namespace
}  // namespace ti

#include "capture/evidence_stamp.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "capture/capture.hpp"

namespace ti {
namespace {

std::string text_of(const Bytes& bytes) { return std::string(as_text(bytes)); }

EvidenceStamp stamp_in(const std::string& file) {
  std::istringstream in(file);
  return stamp_of(in);
}

Capture capture_of(EvidenceStamp stamp) {
  Recording recording;
  recording.segments.push_back({Side::client, Instant{5}, Bytes{22, 3, 1, 0, 1, 1}});
  return {{recording}, "", std::move(stamp)};
}

TEST(EvidenceStamp, says_what_it_is_of_and_whether_it_is_whole) {
  for (const bool whole : {true, false}) {
    const Bytes file = write_pcapng(capture_of({"a/b/c@1.2: pass", whole}), {});
    const EvidenceStamp stamp = stamp_in(text_of(file));
    EXPECT_EQ(stamp.said, "a/b/c@1.2: pass");
    EXPECT_EQ(stamp.whole, whole);
    const auto read = read_capture(file);
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(read->connections.size() + read->unread.size(), 1u);
  }
}

TEST(EvidenceStamp, is_whole_no_more_once_anything_is_changed) {
  const std::string file = text_of(write_pcapng(capture_of({"a/b/c@1.2: pass", true}), {}));
  std::string changed = file;
  changed[changed.size() - 10] ^= 1;
  EXPECT_FALSE(stamp_in(changed).whole);
  EXPECT_EQ(stamp_in(changed).said, "a/b/c@1.2: pass");
  EXPECT_FALSE(stamp_in(file.substr(0, file.size() - 1)).whole);
  EXPECT_FALSE(stamp_in(file + "more").whole);
}

TEST(EvidenceStamp, is_none_in_a_capture_from_elsewhere) {
  for (const std::string& file : {text_of(write_pcapng(capture_of({}), {})), std::string("\x0a\x0d\x0d\x0a", 4),
                                  std::string(), std::string(100, '\0')}) {
    EXPECT_EQ(stamp_in(file).said, "");
    EXPECT_FALSE(stamp_in(file).whole);
  }
}

}  // namespace
}  // namespace ti

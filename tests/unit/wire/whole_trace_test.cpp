#include "wire/whole_trace.hpp"

#include <gmock/gmock.h>

#include "base/text.hpp"
#include "golden.hpp"
#include "hand_made.hpp"

namespace ti {
namespace {

using testing::SizeIs;

constexpr const char* recorded[] = {"tls10-double-ticket", "tls12-renegotiation", "tls13-retry-key-updates",
                                    "tls13-early-data-refused"};

CellTrace cell_of(const char* name, const KeyLog& keys) {
  CellTrace cell{"a/b/c@1.2: pass", true, {}};
  for (const Recording& recording : golden::capture(name).connections)
    cell.connections.push_back(decode(recording, keys));
  return cell;
}

CellTrace cell_of(const char* name) { return cell_of(name, KeyLog(golden::capture(name).keylog)); }

void expect_same(const Transcript& a, const Transcript& b) {
  EXPECT_EQ(a.version, b.version);
  EXPECT_EQ(a.suite, b.suite);
  EXPECT_EQ(a.vantage, b.vantage);
  EXPECT_EQ(a.master_secret.empty(), b.master_secret.empty());
  EXPECT_EQ(a.sealed_records, b.sealed_records);
  ASSERT_EQ(golden::ladder(a), golden::ladder(b));
  for (std::size_t i = 0; i < a.messages.size(); ++i) {
    const Message& one = a.messages[i];
    const Message& other = b.messages[i];
    EXPECT_LE(std::chrono::abs(one.at - other.at), std::chrono::microseconds(1));
    EXPECT_EQ(std::tie(one.offset, one.bytes, one.record_version, one.content, one.protection, one.receiver_has_key),
              std::tie(other.offset, other.bytes, other.record_version, other.content, other.protection,
                       other.receiver_has_key));
    EXPECT_EQ(one.raw, other.raw);
    EXPECT_EQ(one.body.index(), other.body.index()) << name(one.type);
    const auto* finished = one.as<Finished>();
    if (finished != nullptr && other.as<Finished>() != nullptr) {
      EXPECT_EQ(finished->verified, other.as<Finished>()->verified);
    }
  }
  ASSERT_EQ(a.problems.size(), b.problems.size());
  for (std::size_t i = 0; i < a.problems.size(); ++i)
    EXPECT_EQ(std::tie(a.problems[i].from, a.problems[i].offset, a.problems[i].before_message, a.problems[i].what,
                       a.problems[i].malformed, a.problems[i].missing),
              std::tie(b.problems[i].from, b.problems[i].offset, b.problems[i].before_message, b.problems[i].what,
                       b.problems[i].malformed, b.problems[i].missing));
  ASSERT_EQ(a.endings.size(), b.endings.size());
  for (std::size_t i = 0; i < a.endings.size(); ++i)
    EXPECT_EQ(std::tie(a.endings[i].from, a.endings[i].how, a.endings[i].before_message, a.endings[i].by_harness),
              std::tie(b.endings[i].from, b.endings[i].how, b.endings[i].before_message, b.endings[i].by_harness));
}

TEST(WholeTrace, reads_back_as_it_was) {
  for (const char* const name : recorded) {
    SCOPED_TRACE(name);
    const CellTrace cell = cell_of(name);
    const auto again = read_cell_trace(cell_trace(cell));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->said, cell.said);
    EXPECT_TRUE(again->whole);
    ASSERT_EQ(again->connections.size(), cell.connections.size());
    for (std::size_t i = 0; i < cell.connections.size(); ++i) expect_same(again->connections[i], cell.connections[i]);
  }
}

TEST(WholeTrace, keeps_what_could_not_be_read) {
  const CellTrace sealed = cell_of("tls13", KeyLog());
  const auto again = read_cell_trace(cell_trace(sealed));
  ASSERT_TRUE(again);
  for (std::size_t i = 0; i < sealed.connections.size(); ++i) expect_same(again->connections[i], sealed.connections[i]);

  using namespace hand_made;
  Tape tape;
  tape.server(join({record(server_hello({}, {}, 0x0302)), record(new_session_ticket(text("0123456789")))}))
      .client(join({alert(2, 10), Bytes{9, 9, 9, 9, 9, 9}}))
      .end(Side::client, Ending::How::reset);
  const CellTrace malformed{"", false, {decode(tape.recording(), KeyLog())}};
  const auto read = read_cell_trace(cell_trace(malformed));
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->whole);
  expect_same(read->connections.at(0), malformed.connections[0]);
}

TEST(WholeTrace, proves_nothing_once_it_is_cut_or_changed) {
  const std::string text = cell_trace(cell_of("tls12-gcm"));
  ASSERT_TRUE(read_cell_trace(text));
  std::size_t changed = 0;
  for (std::size_t line = text.find('\n') + 1; line < text.size(); line = text.find('\n', line) + 1) {
    if (text[line] == '\n') continue;
    std::string cut = text;
    cut.erase(line, text.find('\n', line) + 1 - line);
    EXPECT_FALSE(read_cell_trace(cut)) << text.substr(line, 60);
    if (text[line] != ' ' || ++changed % 16 != 0) continue;
    std::string other = text;
    char& digit = other[text.find('\n', line) - 1];
    digit = digit == '0' ? '1' : '0';
    EXPECT_FALSE(read_cell_trace(other)) << text.substr(line, 60);
  }
}

TEST(WholeTrace, of_one_connection_is_whole_and_not_all_of_the_cell) {
  const CellTrace cell = cell_of("tls12-gcm");
  ASSERT_GT(cell.connections.size(), 1u);
  std::string text = cell_trace(cell);
  const std::size_t second = text.find("=== connection 2");
  const auto first = read_cell_trace(text.substr(0, second));
  ASSERT_TRUE(first);
  EXPECT_THAT(first->connections, SizeIs(1));
  EXPECT_FALSE(first->whole);
  EXPECT_TRUE(read_cell_trace(text.substr(second)));
}

TEST(WholeTrace, may_be_quoted_and_stand_in_a_mail) {
  const CellTrace cell = cell_of("tls12-gcm");
  std::string quoted = "Hello,\r\nthis is what it says:\r\n\r\n";
  for (const std::string& line : split(cell_trace(cell), '\n')) quoted += "> " + line + "\r\n";
  const auto again = read_cell_trace(quoted);
  ASSERT_TRUE(again);
  EXPECT_THAT(again->connections, SizeIs(cell.connections.size()));
  EXPECT_FALSE(read_cell_trace("nothing of ours"));
}

}  // namespace
}  // namespace ti

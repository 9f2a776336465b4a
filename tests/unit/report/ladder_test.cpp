#include "report/ladder.hpp"

#include <gmock/gmock.h>

#include "base/text.hpp"

namespace ti {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A cell of one connection: the client's hello, something unreadable of the client's, the server's hello.
CellResult unreadable() {
  ConnectionSummary connection;
  connection.handshake = "failed";
  connection.messages = {{Side::client, "ClientHello", 200, 1, false, ""},
                         {Side::server, "ServerHello", 80, 2, false, ""}};
  connection.problems = {{Side::client, 1, "what stands here is not a TLS record"}};
  CellResult cell;
  cell.connections = {connection};
  return cell;
}

std::string line_with(const std::string& text, const std::string& part) {
  for (const std::string& line : split(text, '\n'))
    if (line.find(part) != line.npos) return line;
  return "none";
}

TEST(Ladder, AProblemHasALineOfItsOwnInItsPlace) {
  const std::string text = ladder(unreadable(), false);
  EXPECT_THAT(line_with(text, "!"), HasSubstr("client: what stands here is not a TLS record"));
  EXPECT_LT(text.find("ClientHello"), text.find('!'));
  EXPECT_LT(text.find('!'), text.find("ServerHello"));
}

TEST(Ladder, TheMarkOfAProblemIsOnItsLine) {
  CellResult cell = unreadable();
  const std::string reason = "the client's bytes at offset 70: what stands here is not a TLS record";
  const Place at{.connection = 1, .message = 1};
  cell.verdict.outcome = Outcome::fail;
  cell.verdict.reason = reason;
  cell.verdict.at = at;
  cell.verdict.breaches = {{"rfc5246-6-well-formed", Severity::must, Side::client, reason, at}};
  const std::string text = ladder(cell, false);
  EXPECT_THAT(line_with(text, "!"), testing::StartsWith(">"));
  EXPECT_THAT(line_with(text, "!"), HasSubstr("<== rfc5246-6-well-formed (client)"));
  EXPECT_THAT(line_with(text, "ServerHello"), Not(HasSubstr("<==")));
  EXPECT_THAT(line_with(text, "ServerHello"), testing::StartsWith(" "));
}

TEST(Ladder, AProblemBehindTheLastMessageIsSaidToo) {
  CellResult cell = unreadable();
  cell.connections[0].problems[0].before_message = 2;
  EXPECT_GT(ladder(cell, false).find('!'), ladder(cell, false).find("ServerHello"));
  cell.connections[0].messages.clear();
  cell.connections[0].problems[0].before_message = 0;
  EXPECT_THAT(ladder(cell, false), HasSubstr("not a TLS record"));
}

}  // namespace
}  // namespace ti

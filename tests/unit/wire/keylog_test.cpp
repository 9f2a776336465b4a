#include "wire/keylog.hpp"

#include <gmock/gmock.h>

#include "hand_made.hpp"

namespace ti {
namespace {

using hand_made::repeat;

std::string line(const std::string& label, std::uint8_t random, std::size_t secret_bytes) {
  return label + " " + to_hex(repeat(random, 32)) + " " + to_hex(repeat(0x5e, secret_bytes));
}

TEST(KeyLog, FindsByLabelAndRandom) {
  const KeyLog keys(line("CLIENT_RANDOM", 1, 48) + "\n" + line("CLIENT_TRAFFIC_SECRET_0", 2, 32) + "\r\n");
  EXPECT_EQ(keys.find("CLIENT_RANDOM", repeat(1, 32)).size(), 48u);
  EXPECT_EQ(keys.find("CLIENT_TRAFFIC_SECRET_0", repeat(2, 32)).size(), 32u);
  EXPECT_TRUE(keys.find("CLIENT_RANDOM", repeat(2, 32)).empty());
  EXPECT_TRUE(keys.find("CLIENT_RANDOM", {}).empty());
  EXPECT_EQ(keys.skipped(), 0u);
}

TEST(KeyLog, GrowsAndKeepsTheFirstOfTwo) {
  KeyLog keys;
  EXPECT_TRUE(keys.empty());
  keys.add(line("CLIENT_RANDOM", 1, 48));
  keys.add("CLIENT_RANDOM " + to_hex(repeat(1, 32)) + " " + to_hex(repeat(9, 48)));
  EXPECT_FALSE(keys.empty());
  EXPECT_EQ(keys.find("CLIENT_RANDOM", repeat(1, 32)).front(), 0x5e);
  EXPECT_FALSE(keys.told_by(Side::client, "CLIENT_RANDOM", repeat(1, 32)));
}

TEST(KeyLog, SaysItselfWhoToldWhat) {
  const KeyLog keys(told_by_line(Side::server) + "\n" + line("CLIENT_RANDOM", 1, 48) + "\n" +
                    told_by_line(Side::client) + "\n" + line("CLIENT_RANDOM", 2, 48) + "\n# something else\n" +
                    line("CLIENT_RANDOM", 3, 48) + "\n");
  const auto told = [&](Side side, std::uint8_t random) {
    return keys.told_by(side, "CLIENT_RANDOM", repeat(random, 32));
  };
  EXPECT_TRUE(told(Side::server, 1) && !told(Side::client, 1));
  EXPECT_TRUE(!told(Side::server, 2) && told(Side::client, 2));
  EXPECT_FALSE(told(Side::server, 3) || told(Side::client, 3));
  EXPECT_FALSE(keys.find("CLIENT_RANDOM", repeat(3, 32)).empty());
}

TEST(KeyLog, KnowsWhoToldWhichSecret) {
  KeyLog keys(line("CLIENT_RANDOM", 1, 48) + "\n" + line("CLIENT_RANDOM", 2, 48), Side::server);
  keys.add(line("CLIENT_RANDOM", 1, 48) + "\nCLIENT_RANDOM " + to_hex(repeat(2, 32)) + " " + to_hex(repeat(9, 48)) +
               "\n" + line("CLIENT_RANDOM", 3, 48),
           Side::client);
  const auto told = [&](Side side, std::uint8_t random) {
    return keys.told_by(side, "CLIENT_RANDOM", repeat(random, 32));
  };
  EXPECT_TRUE(told(Side::server, 1) && told(Side::client, 1));
  EXPECT_TRUE(told(Side::server, 2) && !told(Side::client, 2));
  EXPECT_TRUE(!told(Side::server, 3) && told(Side::client, 3));
  EXPECT_EQ(keys.find("CLIENT_RANDOM", repeat(2, 32)).front(), 0x5e);
}

TEST(KeyLog, SkipsAndCountsWhatIsNoKeyLogLine) {
  const KeyLog keys("# a comment\n\nRSA 0123456789abcdef 00\n" + line("CLIENT_RANDOM", 1, 47) + "\n" +
                    line("CLIENT_TRAFFIC_SECRET_0", 1, 20) + "\n " + line("CLIENT_RANDOM", 1, 48) +
                    "\nCLIENT_RANDOM zz " + to_hex(repeat(1, 48)) + "\nCLIENT_RANDOM");
  EXPECT_TRUE(keys.empty());
  EXPECT_EQ(keys.skipped(), 7u);
}

}  // namespace
}  // namespace ti

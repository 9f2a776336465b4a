#include "base/line_search.hpp"

#include <gmock/gmock.h>

#include <regex>

namespace ti {
namespace {

using testing::Optional;

TEST(FindInLines, GivesTheFirstGroupOrAllOfTheMatch) {
  EXPECT_THAT(find_in_lines("a: 1\nport 4433, port 4434\n", "port ([0-9]+)"), Optional(std::string("4433")));
  EXPECT_THAT(find_in_lines("a: 1\nport 4433\n", "p.*"), Optional(std::string("port 4433")));
  EXPECT_EQ(find_in_lines("a: 1\nport 4433\n", "x"), std::nullopt);
  EXPECT_EQ(find_in_lines("", "x"), std::nullopt);
  EXPECT_THAT(find_in_lines("", "x*"), Optional(std::string()));
  EXPECT_THROW(find_in_lines("a", "("), std::regex_error);
}

TEST(FindInLines, HoldsEachLineAgainstItByItself) {
  EXPECT_THAT(find_in_lines("xa\nab\nac", "^a(.)$"), Optional(std::string("b")));
  EXPECT_THAT(find_in_lines("xa\r\nab\r\n", "^a(.)$"), Optional(std::string("b")));
  EXPECT_EQ(find_in_lines("a\nb", "a\\sb"), std::nullopt);
  EXPECT_EQ(find_in_lines("a\nb", "a[^x]b"), std::nullopt);
}

TEST(FindInLines, OfALineTheBeginningCounts) {
  const std::string full(longest_searched_line - 1, ' ');
  EXPECT_TRUE(find_in_lines(full + "x", "x"));
  EXPECT_FALSE(find_in_lines(full + " x", "x"));
  EXPECT_THAT(find_in_lines(full + " x\nxy", "x(.?)"), Optional(std::string("y")));
}

TEST(FindInLines, NoLineIsTooLong) {
  const std::string endless(4 << 20, '0');
  EXPECT_THAT(find_in_lines("error:" + endless, "(error:(?:.|x)*)"),
              Optional("error:" + endless.substr(0, longest_searched_line - 6)));
  EXPECT_THAT(find_in_lines(endless + "\nPORT=1", "PORT=([0-9])"), Optional(std::string("1")));
  EXPECT_EQ(find_in_lines(endless, "(0|x)+[^0]"), std::nullopt);
}

}  // namespace
}  // namespace ti

#include "base/line_search.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace ti {
namespace {

using testing::Optional;

TEST(FindInLines, GivesTheFirstGroupOrAllOfTheMatch) {
  EXPECT_THAT(find_in_lines("a: 1\nport 4433, port 4434\n", "port ([0-9]+)"), Optional(std::string("4433")));
  EXPECT_THAT(find_in_lines("a: 1\nport 4433\n", "p.*"), Optional(std::string("port 4433")));
  EXPECT_EQ(find_in_lines("a: 1\nport 4433\n", "x"), std::nullopt);
  EXPECT_EQ(find_in_lines("", "x"), std::nullopt);
  EXPECT_THAT(find_in_lines("", "x*"), Optional(std::string()));
  EXPECT_THROW(find_in_lines("a", "("), std::invalid_argument);
}

TEST(FindInLines, HoldsEachLineAgainstItByItself) {
  EXPECT_THAT(find_in_lines("xa\nab\nac", "^a(.)$"), Optional(std::string("b")));
  EXPECT_THAT(find_in_lines("xa\r\nab\r\n", "^a(.)$"), Optional(std::string("b")));
  EXPECT_EQ(find_in_lines("a\nb", "a\\sb"), std::nullopt);
  EXPECT_EQ(find_in_lines("a\nb", "a[^x]b"), std::nullopt);
}

TEST(FindInLines, NoLineIsTooLong) {
  const std::string endless(4 << 20, '0');
  EXPECT_THAT(find_in_lines("error:" + endless, "(error:(?:.|x)*)"), Optional("error:" + endless));
  EXPECT_THAT(find_in_lines(endless + "x\nPORT=1", "PORT=([0-9])"), Optional(std::string("1")));
  EXPECT_THAT(find_in_lines(endless + "x", "x(.?)"), Optional(std::string()));
  EXPECT_EQ(find_in_lines(endless, "(0|x)+[^0]"), std::nullopt);
}

TEST(FindInLines, ReadsBytesThatAreNoText) {
  EXPECT_THAT(find_in_lines("\xff\xfe port 1", ".. port ([0-9])"), Optional(std::string("1")));
}

TEST(WrongInExpression, IsToldBeforeItIsRun) {
  EXPECT_EQ(wrong_in_expression("port ([0-9]+)", 1), "");
  EXPECT_NE(wrong_in_expression("(", 0), "");
  EXPECT_NE(wrong_in_expression("(a)\\1", 0), "") << "what cannot be run in linear time is no expression";
  EXPECT_EQ(wrong_in_expression("port", 1), "must have a group (...) around the part to take");
}

}  // namespace
}  // namespace ti

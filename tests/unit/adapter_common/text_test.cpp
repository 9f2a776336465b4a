#include "common/text.hpp"

#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

using namespace ti::adapter;

TEST(AdapterText, Base64GoesBothWays) {
  const std::vector<std::pair<std::string, std::string>> pairs{
      {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
      {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {std::string("\0\xff\xfe", 3), "AP/+"}};
  for (const auto& [bytes, text] : pairs) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
}

TEST(AdapterText, RefusesBase64ThatIsNotCanonical) {
  for (const char* text : {"Zg", "Zg=", "Zg==Zg==", "Zh==", "Z", "====", "Zm9v\n", "Zm-_"})
    EXPECT_FALSE(from_base64(text)) << text;
}

TEST(AdapterText, HexIsLowerCase) { EXPECT_EQ(to_hex(std::string("\x00\x0a\xff", 3)), "000aff"); }

// Hostile text, made fit for where it goes.
#include "report/escape.hpp"

#include <gtest/gtest.h>

namespace ti {
namespace {

TEST(Shown, HasNothingThatATerminalObeys) {
  EXPECT_EQ(shown("plain \xc3\xa9 \xe2\x9c\x93"), "plain \xc3\xa9 \xe2\x9c\x93");
  EXPECT_EQ(shown("a\x1b[31mb\x7f\r"), "a\\x1b[31mb\\x7f\\x0d");
  EXPECT_EQ(shown(std::string("\0", 1)), "\\x00");
  EXPECT_EQ(shown("one\ntwo\tthree"), "one two three");
  EXPECT_EQ(shown("\xc2\x9b"), "\\x9b") << "CSI in one character";
}

TEST(Shown, IsAlwaysUtf8) {
  EXPECT_EQ(shown("\xff"), "\xef\xbf\xbd");
  EXPECT_EQ(shown("\xc3"), "\xef\xbf\xbd") << "cut short";
  EXPECT_EQ(shown("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd") << "overlong";
  EXPECT_EQ(shown("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") << "a surrogate";
  EXPECT_EQ(shown("\xef\xbf\xbf"), "\xef\xbf\xbd") << "no character";
}

TEST(Escapes, KeepMarkupOut) {
  EXPECT_EQ(xml_text("</a> & \"'"), "&lt;/a&gt; &amp; &quot;&#39;");
  EXPECT_EQ(markdown_text("<b>|`*_[x](y)"), "&lt;b&gt;\\|\\`\\*\\_\\[x\\](y)");
  EXPECT_EQ(uri_path("evidence/a b%\n"), "evidence/a%20b%25%0A");
}

TEST(Csv, QuotesOnlyWhatItMust) {
  EXPECT_EQ(csv_field("plain"), "plain");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(csv_field("=1+1"), "'=1+1") << "no formula";
}

}  // namespace
}  // namespace ti

#include "base/text.hpp"

#include <gmock/gmock.h>

namespace ti {
namespace {

using testing::ElementsAre;

TEST(Glob, MatchesTheWholeText) {
  EXPECT_TRUE(glob_match("renew", "renew"));
  EXPECT_FALSE(glob_match("renew", "renewal"));
  EXPECT_FALSE(glob_match("renewal", "renew"));
  EXPECT_TRUE(glob_match("", ""));
  EXPECT_FALSE(glob_match("", "a"));
}

TEST(Glob, AStarIsAnyRunAndAQuestionMarkAnyOne) {
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("openssl*", "openssl"));
  EXPECT_TRUE(glob_match("*ssl-*", "openssl-callback"));
  EXPECT_TRUE(glob_match("a*b*c", "a-b-b-c"));
  EXPECT_FALSE(glob_match("a*b*c", "a-b-b"));
  EXPECT_TRUE(glob_match("**x", "xx"));
  EXPECT_TRUE(glob_match("?at", "cat"));
  EXPECT_FALSE(glob_match("?at", "at"));
  EXPECT_TRUE(glob_match("*?", "a"));
  EXPECT_FALSE(glob_match("*?", ""));
}

TEST(Glob, NothingElseIsSpecial) {
  EXPECT_FALSE(glob_match("[ab]", "a"));
  EXPECT_TRUE(glob_match("a.b", "a.b"));
  EXPECT_FALSE(glob_match("a.b", "axb"));
  EXPECT_TRUE(glob_match("*", "*"));
}

TEST(Glob, ManyStarsDoNotTakeForever) { EXPECT_FALSE(glob_match("*a*a*a*a*a*a*a*a*b", std::string(5000, 'a'))); }

TEST(DidYouMean, FindsTheNearestName) {
  const std::vector<std::string> names = {"server", "client", "scenario"};
  EXPECT_EQ(nearest("sever", names), "server");
  EXPECT_EQ(nearest("clent", names), "client");
  EXPECT_EQ(nearest("scenario", names), "scenario");
  EXPECT_EQ(did_you_mean("scenarios", names), " did you mean \"scenario\"?");
}

TEST(DidYouMean, DoesNotGuessWildly) {
  EXPECT_EQ(nearest("wolfssl", {"server", "client"}), "");
  EXPECT_EQ(nearest("server", {}), "");
  EXPECT_EQ(did_you_mean("wolfssl", {"server"}), "");
}

TEST(Split, KeepsEveryPartEvenAnEmptyOne) {
  EXPECT_THAT(split("a,b", ','), ElementsAre("a", "b"));
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_THAT(split(",a,", ','), ElementsAre("", "a", ""));
}

}  // namespace
}  // namespace ti

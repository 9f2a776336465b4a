// What people type to name a build, and what builds are called.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/build.hpp"

namespace ti {
namespace {

using testing::ElementsAre;

std::optional<BuildOrder> order_of(std::string_view word) {
  auto order = parse_build_order(word, "/here");
  EXPECT_TRUE(order) << word;
  return order ? *order : std::nullopt;
}

TEST(BuildOrder, IsAnIdAndAPlace) {
  const auto order = order_of("openssl*=/opt/openssl-3.6");
  ASSERT_TRUE(order);
  EXPECT_EQ(order->of, "openssl*");
  EXPECT_EQ(order->label, "");
  EXPECT_THAT(order->places, ElementsAre("/opt/openssl-3.6"));
}

TEST(BuildOrder, MayHaveALabelAndTwoPlaces) {
  const auto order = order_of("nginx=mine:objs/nginx,/opt/./ssl");
  ASSERT_TRUE(order);
  EXPECT_EQ(order->label, "mine");
  EXPECT_THAT(order->places, ElementsAre("/here/objs/nginx", "/opt/ssl"));
}

TEST(BuildOrder, IsNoneWithoutAPath) {
  EXPECT_FALSE(order_of("openssl*"));
  EXPECT_FALSE(order_of("openssl=3.5.9")) << "the id of a build, as results have it";
}

TEST(BuildOrder, SaysWhatIsWrong) {
  for (const char* word : {"=/opt", "openssl=a b:/opt", "openssl=/opt,"})
    EXPECT_FALSE(parse_build_order(word, "/here")) << word;
}

TEST(BuildId, IsStrippedOfItsBuild) {
  EXPECT_EQ(without_build("openssl-callback=3.5.9"), "openssl-callback");
  EXPECT_EQ(without_build("openssl"), "openssl");
}

TEST(VersionWord, IsTheFirstDottedNumberFitForAFile) {
  EXPECT_EQ(version_word("OpenSSL 1.0.2u  20 Dec 2019"), "1.0.2u");
  EXPECT_EQ(version_word("OpenSSL 1.1.1v+quic"), "1.1.1v-quic");
  EXPECT_EQ(version_word("OpenSSL 3.6.0-beta1 (Library: x)"), "3.6.0-beta1");
  EXPECT_EQ(version_word("nginx version: nginx/1.22.1"), "1.22.1");
  EXPECT_EQ(version_word("Go crypto/tls go1.26.8"), "1.26.8");
  EXPECT_EQ(version_word("Node.js 20.20.2 (OpenSSL 3.0.19)"), "20.20.2");
  EXPECT_EQ(version_word("a 2012 build of 1.0."), "1.0");
  EXPECT_EQ(version_word("BoringSSL API 17"), "17");
  EXPECT_EQ(version_word("a 2012 build"), "");
  EXPECT_EQ(version_word("unknown"), "");
}

}  // namespace
}  // namespace ti

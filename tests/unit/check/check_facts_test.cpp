// What check-client reads off a connection.
#include "check/check_facts.hpp"

#include <gtest/gtest.h>

#include <set>

namespace ti {
namespace {

TEST(PlainSuite, IsTheSameForEverySpellingOfASuite) {
  const std::vector<std::vector<const char*>> spellings{
      {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE_RSA_WITH_AES_256_GCM_SHA384",
       "TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA384", "TLS_ECDHE_RSA_AES_256_GCM_SHA384"},
      {"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA", "TLS_RSA_AES_128_CBC_SHA1"},
      {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
      {"TLS_AES_128_GCM_SHA256", "TLS13-AES128-GCM-SHA256"}};
  std::set<std::string> suites;
  for (const auto& names : spellings) {
    for (const char* name : names) EXPECT_EQ(plain_suite(name), plain_suite(names.front())) << name;
    suites.insert(plain_suite(names.front()));
  }
  EXPECT_EQ(suites.size(), spellings.size());
}

TEST(Beyond, IsWhatAHelloOffersBesideItsVersion) {
  ClientHello hello;
  hello.legacy_version = 0x0303;
  EXPECT_EQ(beyond(hello, Version::tls12), "");
  EXPECT_EQ(beyond(hello, Version::tls11), "pinned to 1.1 its ClientHello offers 0x0303");
  hello.versions = {0x7a7a, 0x0304};
  EXPECT_EQ(beyond(hello, Version::tls13), "");
  hello.versions.push_back(0x0303);
  EXPECT_EQ(beyond(hello, Version::tls13), "pinned to 1.3 its ClientHello offers 0x0303");
}

}  // namespace
}  // namespace ti

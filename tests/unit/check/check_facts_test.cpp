// What check-client reads off a connection.
#include "check/check_facts.hpp"

#include <gtest/gtest.h>

namespace ti {
namespace {

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

#include "wire/suites.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

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

TEST(NamesAnotherSuite, KnowsSpellingsAndIsSilentOfWhatItDoesNotKnow) {
  constexpr std::uint16_t aes_128_sha256 = 0x1301;
  constexpr std::uint16_t rsa_aes_128_gcm = 0x009c;
  constexpr std::uint16_t ecdhe_rsa_chacha20 = 0xcca8;
  EXPECT_FALSE(names_another_suite("TLS13-AES128-GCM-SHA256", aes_128_sha256));
  EXPECT_TRUE(names_another_suite("TLS_AES_256_GCM_SHA384", aes_128_sha256));
  EXPECT_FALSE(names_another_suite("AES128-GCM-SHA256", rsa_aes_128_gcm));
  EXPECT_TRUE(names_another_suite("AES128-SHA", rsa_aes_128_gcm));
  EXPECT_TRUE(names_another_suite("ECDHE-ECDSA-CHACHA20-POLY1305", ecdhe_rsa_chacha20));
  EXPECT_FALSE(names_another_suite("CHACHA20-POLY1305", ecdhe_rsa_chacha20));
  EXPECT_FALSE(names_another_suite("AES-128-GCM", rsa_aes_128_gcm));
  EXPECT_FALSE(names_another_suite("some suite", aes_128_sha256));
  EXPECT_FALSE(names_another_suite("AES128-SHA", 0x4242));
}

}  // namespace
}  // namespace ti

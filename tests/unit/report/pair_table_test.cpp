// The table of pairs.
#include "report/pair_table.hpp"

#include <gtest/gtest.h>

namespace ti {
namespace {

PairCounts counts(std::size_t pass, std::size_t known = 0, std::size_t unexpected = 0, std::size_t unsupported = 0) {
  PairCounts pair;
  if (pass > 0) pair.totals.counts[Outcome::pass] = pass;
  if (known + unexpected > 0) pair.totals.counts[Outcome::fail] = known + unexpected;
  if (unsupported > 0) pair.totals.counts[Outcome::unsupported] = unsupported;
  pair.known = known;
  pair.unexpected = unexpected;
  return pair;
}

TEST(PairTable, HasALineForEachClientThatRan) {
  const PairCountsOf pairs{{"gnutls", {{"nginx", counts(90, 30)}, {"openssl", counts(7, 0, 2)}}},
                           {"go", {{"nginx", counts(0, 0, 0, 99)}, {"openssl", counts(0, 0, 0, 99)}}},
                           {"s_client", {{"nginx", counts(120, 0, 0, 5)}, {"openssl", counts(0, 0, 0, 5)}}}};
  EXPECT_EQ(pair_table(pairs, 4, false),
            "          nginx              openssl\n"
            "gnutls    90 pass, 30 known  7 pass, 2 UNEXPECTED\n"
            "s_client  120 pass           -\n");
}

TEST(PairTable, ManyServersAreOneColumn) {
  const PairCountsOf pairs{{"gnutls", {{"a", counts(1)}, {"b", counts(2, 1)}, {"c", counts(3)}}}};
  EXPECT_EQ(pair_table(pairs, 2, false),
            "        all servers\n"
            "gnutls  6 pass, 1 known\n");
}

TEST(PairTable, FrontDoorsOfOneLibraryThatFareAlikeShareALine) {
  const PairCountsOf pairs{{"nss", {{"s", counts(1)}}},
                           {"openssl", {{"s", counts(2)}}},
                           {"openssl-callback", {{"s", counts(1, 1)}}},
                           {"openssl-export", {{"s", counts(2)}}},
                           {"wolfssl", {{"s", counts(2)}}}};
  EXPECT_EQ(pair_table(pairs, 4, false),
            "                  s\n"
            "nss               1 pass\n"
            "openssl, -export  2 pass\n"
            "openssl-callback  1 pass, 1 known\n"
            "wolfssl           2 pass\n");
}

TEST(PairTable, IsColouredByTheWorstOfAPair) {
  const PairCountsOf pairs{{"c", {{"s", counts(1, 1, 1)}, {"t", counts(1)}}}};
  const std::string text = pair_table(pairs, 4, true);
  EXPECT_NE(text.find("\033[31m1 pass, 1 known, 1 UNEXPECTED\033[0m"), std::string::npos);
  EXPECT_NE(text.find("\033[32m1 pass\033[0m"), std::string::npos);
}

}  // namespace
}  // namespace ti

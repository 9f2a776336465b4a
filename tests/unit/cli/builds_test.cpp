// Words that name builds.
#include "cli/builds.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ti {
namespace {

using testing::ElementsAre;

TEST(Places, AreAbsoluteInWhatARunIsGoneOnWith) {
  const std::string here = std::filesystem::current_path().string();
  EXPECT_THAT(
      with_absolute_places({"run", "--client", "openssl=mine:a/b", "--server=nginx=./x/../n/s,/p", "--tls", "1.2"}),
      ElementsAre("run", "--client", "openssl=mine:" + here + "/a/b", "--server=nginx=" + here + "/n/s,/p", "--tls",
                  "1.2"));
}

TEST(Places, LeaveOtherWordsAlone) {
  EXPECT_THAT(with_absolute_places({"--client", "openssl*", "--out=a/b", "x=a/b"}),
              ElementsAre("--client", "openssl*", "--out=a/b", "x=a/b"));
}

}  // namespace
}  // namespace ti

// The environment in which a build runs.
#include "endpoints/build_environment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ti {
namespace {

using testing::ElementsAre;

Launch launch_of(const Build& build) {
  Launch launch;
  launch.argv = {"/a/adapter", "get-session"};
  launch.env = {{"PATH", "/bin"}};
  enter_build(launch, build);
  return launch;
}

TEST(EnterBuild, TellsTheLoaderWhereTheLibrariesAre) {
  Build build;
  build.library_path = {"/p/lib", "/q"};
  const Launch launch = launch_of(build);
  EXPECT_EQ(launch.env.at("LD_LIBRARY_PATH"), "/p/lib:/q");
  EXPECT_THAT(launch.argv, ElementsAre("/a/adapter", "get-session"));
}

TEST(EnterBuild, StartsWithTheLoaderOfANewerSystem) {
  Build build;
  build.library_path = {"/r/usr/lib"};
  build.loader = "/r/ld.so";
  const Launch launch = launch_of(build);
  EXPECT_THAT(launch.argv, ElementsAre("/r/ld.so", "--library-path", "/r/usr/lib", "/a/adapter", "get-session"));
  EXPECT_FALSE(launch.env.contains("LD_LIBRARY_PATH"));
}

TEST(EnterBuild, PutsTheProgramsFolderFirst) {
  Build build;
  build.program = "/jdk/bin/java";
  EXPECT_EQ(launch_of(build).env.at("PATH"), "/jdk/bin:/bin");
}

}  // namespace
}  // namespace ti

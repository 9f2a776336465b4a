// What a process has loaded, held against the build that was meant.
#include "endpoints/loaded_libraries.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ti {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string maps(std::initializer_list<const char*> files) {
  std::string text = "7ffd1000-7ffd2000 rw-p 00000000 00:00 0                          [stack]\n";
  for (const char* file : files)
    for (const char* rights : {"r--p", "r-xp"})
      text += std::string("7f1c42c28000-7f1c42c50000 ") + rights + " 00000000 fe:00 1310   " + file + "\n";
  return text;
}

Build shared(const char* file) {
  Build build;
  build.libraries = {{"libssl", file, false}};
  return build;
}

TEST(MappedFiles, AreNamedOnce) { EXPECT_THAT(mapped_files(maps({"/a/b c", "/d"})), ElementsAre("/a/b c", "/d")); }

TEST(BearsName, GoesByTheWholeName) {
  EXPECT_TRUE(bears_name("/x/libssl.so.1.0.0", "libssl"));
  EXPECT_TRUE(bears_name("/x/libssl-1a2b.so.1.0.2k", "libssl"));
  EXPECT_FALSE(bears_name("/x/libssl3.so", "libssl"));
  EXPECT_FALSE(bears_name("/x/libcrypto.so.3", "libcrypt"));
  EXPECT_FALSE(bears_name("/x/libssl.a", "libssl"));
}

TEST(WrongLoad, IsNoneWhenWhatWasMeantIsLoaded) {
  EXPECT_EQ(wrong_load(maps({"/adapter", "/opt/lib/libssl.so.3"}), shared("/opt/lib/libssl.so.3")), "");
}

TEST(WrongLoad, NamesWhatWasLoadedAndWhatWasMeant) {
  const std::string wrong = wrong_load(maps({"/adapter", "/usr/lib/libssl.so.3"}), shared("/opt/lib/libssl.so.1.0.0"));
  EXPECT_THAT(wrong, HasSubstr("/usr/lib/libssl.so.3 is loaded"));
  EXPECT_THAT(wrong, HasSubstr("/opt/lib/libssl.so.1.0.0 was meant"));
}

TEST(WrongLoad, SaysThatNothingOrASecondOneIsLoaded) {
  EXPECT_THAT(wrong_load(maps({"/adapter"}), shared("/opt/libssl.so.3")), HasSubstr("no libssl is loaded"));
  EXPECT_THAT(wrong_load("", shared("/opt/libssl.so.3")), HasSubstr("no libssl is loaded"));
  EXPECT_THAT(wrong_load(maps({"/opt/libssl.so.3", "/usr/libssl.so.3"}), shared("/opt/libssl.so.3")),
              HasSubstr("/usr/libssl.so.3 is loaded"));
}

TEST(WrongLoad, AnArchiveIsInsideAndNothingBesideIt) {
  Build build;
  build.libraries = {{"libssl", "/opt/libssl.a", true}};
  EXPECT_EQ(wrong_load(maps({"/adapter"}), build), "");
  EXPECT_THAT(wrong_load(maps({"/adapter", "/usr/libssl.so.3"}), build), HasSubstr("/opt/libssl.a was meant"));
}

TEST(WrongLoad, AProgramOfTheBuildMustBeWhatRuns) {
  Build build;
  build.program = "/nowhere/bin/node";
  EXPECT_EQ(wrong_load(maps({"/ld.so", "/nowhere/bin/node"}), build), "");
  EXPECT_THAT(wrong_load(maps({"/usr/bin/bash"}), build), HasSubstr("/usr/bin/bash runs"));
}

}  // namespace
}  // namespace ti

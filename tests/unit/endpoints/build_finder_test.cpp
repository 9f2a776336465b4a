// Places that people name, and the builds that are found there. Their libraries are copies of this test's own
// libcrypto.
#include "endpoints/build_finder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "endpoints/loaded_libraries.hpp"
#include "endpoints/shared_object.hpp"

namespace ti {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

fs::path own_libcrypto() {
  for (const fs::path& file : mapped_files(maps_of(::getpid())))
    if (bears_name(file, "libcrypto")) return file;
  return {};
}

/// A folder with places in it.
class BuildFinder : public testing::Test {
 protected:
  BuildFinder() : root_(fs::path(testing::TempDir()) / ("builds-" + std::to_string(::getpid()))) {
    fs::remove_all(root_);
    fs::create_directories(root_);
    recipe_.libraries = {"libcrypto"};
    recipe_.header = "openssl/ssl.h";
  }
  ~BuildFinder() override { fs::remove_all(root_); }

  void file(const fs::path& leaf, const std::string& text = "") {
    fs::create_directories((root_ / leaf).parent_path());
    std::ofstream(root_ / leaf) << text;
  }
  void program(const fs::path& leaf) {
    file(leaf, "#!/bin/sh\n");
    fs::permissions(root_ / leaf, fs::perms::owner_all);
  }
  void library(const fs::path& leaf) {
    fs::create_directories((root_ / leaf).parent_path());
    fs::copy_file(own_libcrypto(), root_ / leaf);
  }
  Result<Build> find(std::vector<fs::path> leaves) {
    BuildOrder order{"openssl", "", {}};
    for (const fs::path& leaf : leaves) order.places.push_back(root_ / leaf);
    return find_build(order, recipe_, root_ / "links");
  }
  std::string why_not(std::vector<fs::path> leaves) {
    const auto build = find(std::move(leaves));
    return build ? "found" : build.error().text();
  }

  fs::path root_;
  BuildRecipe recipe_;
};

TEST_F(BuildFinder, ReadsWhatALibrarySaysOfItself) {
  const auto object = read_shared_object(own_libcrypto());
  ASSERT_TRUE(object);
  EXPECT_THAT(object->soname, StartsWith("libcrypto.so"));
  EXPECT_THAT(object->needed, Contains(StartsWith("libc.so")));
  file("text", "no ELF");
  EXPECT_FALSE(read_shared_object(root_ / "text"));
}

TEST_F(BuildFinder, KnowsAPrefix) {
  library("p/lib64/libcrypto.so.9");
  fs::create_symlink("libcrypto.so.9", root_ / "p/lib64/libcrypto.so");
  file("p/include/openssl/ssl.h");
  const auto build = find({"p"});
  ASSERT_TRUE(build) << build.error().text();
  EXPECT_EQ(build->libraries.front().file, fs::canonical(root_ / "p/lib64/libcrypto.so.9"));
  EXPECT_THAT(build->library_path, ElementsAre(root_ / "p/lib64"));
  EXPECT_THAT(build->include_path, ElementsAre(root_ / "p/include"));
}

TEST_F(BuildFinder, KnowsATreeThatWasNeverInstalled) {
  library("tree/libcrypto.so.1.0.0");
  file("tree/include/openssl/ssl.h");
  recipe_.program = {"bin/openssl", "apps/openssl"};
  program("tree/apps/openssl");
  const auto build = find({"tree"});
  ASSERT_TRUE(build) << build.error().text();
  EXPECT_THAT(build->library_path, ElementsAre(root_ / "tree"));
  EXPECT_EQ(build->program, root_ / "tree/apps/openssl");
}

TEST_F(BuildFinder, KnowsAnArchiveWhereNothingIsShared) {
  file("tree/libcrypto.a");
  const auto build = find({"tree"});
  ASSERT_TRUE(build) << build.error().text();
  EXPECT_TRUE(build->libraries.front().archive);
}

TEST_F(BuildFinder, OffersALoneLibraryByTheNameThatIsAskedFor) {
  library("wheel/libcrypto-1a2b.so.9");
  const auto build = find({"wheel/libcrypto-1a2b.so.9"});
  ASSERT_TRUE(build) << build.error().text();
  const std::string soname = read_shared_object(own_libcrypto())->soname;
  ASSERT_EQ(build->library_path.size(), 1U);
  EXPECT_EQ(fs::canonical(build->library_path.front() / soname), fs::canonical(root_ / "wheel/libcrypto-1a2b.so.9"));
}

TEST_F(BuildFinder, LeavesOutTheOlderCLibraryOfAnUnpackedSystem) {
  library("old/usr/lib/x86_64-linux-gnu/libcrypto.so.9");
  file("old/usr/lib/x86_64-linux-gnu/libc.so.6", "GNU C Library stable release version 2.1.");
  file("old/usr/lib64/ld-linux-x86-64.so.2");
  const auto build = find({"old"});
  ASSERT_TRUE(build) << build.error().text();
  EXPECT_EQ(build->loader, "");
  ASSERT_EQ(build->library_path.size(), 1U);
  EXPECT_FALSE(fs::exists(build->library_path.front() / "libc.so.6"));
}

TEST_F(BuildFinder, UsesTheLoaderOfANewerSystem) {
  library("new/usr/lib/x86_64-linux-gnu/libcrypto.so.9");
  file("new/usr/lib/x86_64-linux-gnu/libc.so.6", "GNU C Library stable release version 99.1.");
  file("new/usr/lib64/ld-linux-x86-64.so.2");
  const auto build = find({"new"});
  ASSERT_TRUE(build) << build.error().text();
  EXPECT_EQ(build->loader, fs::canonical(root_ / "new/usr/lib64/ld-linux-x86-64.so.2"));
  EXPECT_THAT(build->library_path, Contains(root_ / "new/usr/lib/x86_64-linux-gnu"));
}

TEST_F(BuildFinder, TakesProgramAndLibraryFromTwoPlaces) {
  recipe_.program = {"sbin/nginx", "objs/nginx"};
  program("nginx/objs/nginx");
  library("ssl/lib/libcrypto.so");
  const auto build = find({"nginx/objs/nginx", "ssl"});
  ASSERT_TRUE(build) << build.error().text();
  EXPECT_EQ(build->program, root_ / "nginx/objs/nginx");
  EXPECT_THAT(build->library_path, ElementsAre(root_ / "ssl/lib"));
}

TEST_F(BuildFinder, SaysWhatIsNotThere) {
  fs::create_directories(root_ / "openssl-3.6");
  file("program");
  file("libcrypto.so", "no ELF");
  EXPECT_THAT(why_not({"opensl-3.6"}), HasSubstr("did you mean \"openssl-3.6\"?"));
  EXPECT_THAT(why_not({"openssl-3.6"}), HasSubstr("holds no libcrypto.so in lib"));
  EXPECT_THAT(why_not({"program"}), HasSubstr("is a file, and wanted is libcrypto"));
  EXPECT_THAT(why_not({"libcrypto.so"}), HasSubstr("is no shared object of libcrypto"));
  recipe_.program = {"bin/openssl"};
  EXPECT_THAT(why_not({"program"}), HasSubstr("cannot be run"));
}

}  // namespace
}  // namespace ti

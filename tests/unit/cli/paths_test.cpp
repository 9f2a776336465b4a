// Where a program finds its data, wherever it and they were moved.
#include "cli/paths.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace ti {
namespace {

namespace fs = std::filesystem;

class PathsTest : public testing::Test {
 protected:
  ~PathsTest() override { fs::remove_all(root_); }

  fs::path make(const std::string& folder) const {
    fs::create_directories(root_ / folder);
    return root_ / folder;
  }
  fs::path make_data(const std::string& folder) const {
    for (const char* name : {"scenarios", "clients", "servers"}) make(folder + "/" + name);
    return root_ / folder;
  }

  const fs::path root_ = fs::temp_directory_path() / ("ti-paths-" + std::to_string(::getpid()));
};

TEST_F(PathsTest, ACopiedCheckoutReadsItsOwnDataAndNotTheOriginals) {
  const fs::path original = make_data("original");
  const fs::path copy = make_data("a copy's place");
  make("a copy's place/build/release/clients");
  const auto found = find_paths(copy / "build/release/bin/ticket-interop", {original, original / "build/release"}, "/");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->root, copy);
  EXPECT_EQ(found->binary, copy / "build/release");
  EXPECT_EQ(found->reports, copy / "reports");
}

TEST_F(PathsTest, AnInstalledProgramReadsWhatWasInstalledWithIt) {
  const fs::path data = make_data("usr/lib/ticket-interop");
  const auto found = find_paths(root_ / "usr/bin/ticket-interop", {}, "/home/somebody");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->root, data);
  EXPECT_EQ(found->binary, data / "build/release");
  EXPECT_EQ(found->reports, "/home/somebody/reports");
}

TEST_F(PathsTest, ABuildElsewhereReadsItsSourceAsLongAsItLiesThere) {
  const fs::path source = make_data("source");
  const BuiltAt built{source, root_ / "elsewhere"};
  make("elsewhere/clients");
  const auto found = find_paths(root_ / "elsewhere/bin/ticket-interop", built, "/");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->root, source);
  EXPECT_EQ(found->binary, root_ / "elsewhere");
  EXPECT_FALSE(find_paths(root_ / "moved/bin/ticket-interop", built, "/"));
}

TEST_F(PathsTest, ANamedFolderMustHoldData) {
  const fs::path data = make_data("data");
  EXPECT_EQ(paths_in(data / "../data/", root_ / "bin/ticket-interop")->root, data / "");
  EXPECT_FALSE(paths_in(root_ / "none", root_ / "bin/ticket-interop"));
}

}  // namespace
}  // namespace ti

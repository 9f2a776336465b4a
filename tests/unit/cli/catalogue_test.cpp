// Why a client cannot be used here, as `unsupported` verdicts and doctor say it.
#include "cli/catalogue.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace ti {
namespace {

class CatalogueTest : public testing::Test {
 protected:
  CatalogueTest() {
    write("clients/c/client.json", R"({
      "library": "L", "driver": "lines", "argv": ["{build}/adapter"], "optional": true,
      "needs": [{"file": ")" + needed() +
                                       R"(", "install": "apt-get install it"}],
      "build_needs": [{"program": "no-such-compiler", "install": "apt-get install gcc"}],
      "tls": ["1.2"], "clients": {"c": {"front_door": "d", "carry": "cache"}}})");
    write("needed", "");
  }
  ~CatalogueTest() override { std::filesystem::remove_all(root_); }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }

  std::string needed() const { return (root_ / "needed").string(); }

  /// Empty: nothing is missing.
  std::string missing() const {
    const Catalogue catalogue = load_catalogue({root_, root_ / "build/release"});
    const auto found = catalogue.client_missing.find("c");
    return found == catalogue.client_missing.end() ? "" : found->second;
  }

  const std::filesystem::path root_ =
      std::filesystem::temp_directory_path() / ("ti-catalogue-" + std::to_string(::getpid()));
};

TEST_F(CatalogueTest, SaysWhatIsNeededToBuildWhatIsNotBuilt) {
  EXPECT_EQ(missing(),
            "client c is not built: ./run_matrix.sh --with c, which needs no-such-compiler: apt-get install gcc");
}

TEST_F(CatalogueTest, SaysWhyTheBuildFailed) {
  write("build/clients/c/.failed", "no crates: the registry is not reachable\n");
  EXPECT_EQ(missing(), "client c is not built (./run_matrix.sh --with c): no crates: the registry is not reachable");
}

TEST_F(CatalogueTest, WhatIsBuiltDoesWithoutWhatBuiltIt) {
  write("build/clients/c/adapter", "");
  EXPECT_EQ(missing(), "");
}

TEST_F(CatalogueTest, SaysWhatIsNeededToRun) {
  write("build/clients/c/adapter", "");
  std::filesystem::remove(needed());
  EXPECT_EQ(missing(), "client c needs " + needed() + ": apt-get install it");
}

}  // namespace
}  // namespace ti

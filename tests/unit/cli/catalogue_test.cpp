// Why a client cannot be used here, as `unsupported` verdicts and doctor say it.
#include "cli/catalogue.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

namespace ti {
namespace {

class CatalogueTest : public testing::Test {
 protected:
  CatalogueTest() {
    write_client(R"(["{build}/adapter"])");
    write("needed", "");
  }
  ~CatalogueTest() override { std::filesystem::remove_all(root_); }

  void write_client(const std::string& argv) const {
    write("clients/c/client.json", R"({
      "library": "L", "driver": "lines", "binary": "{build}/program", "argv": )" +
                                       argv + R"(, "optional": true,
      "needs": [{"file": ")" + needed() +
                                       R"(", "install": "apt-get install it"}],
      "build_needs": [{"program": "no-such-compiler", "install": "apt-get install gcc"}],
      "tls": ["1.2"], "clients": {"c": {"front_door": "d", "carry": "cache"}}})");
  }

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

TEST_F(CatalogueTest, WhatCannotBeLookedAtIsMissing) {
  write("build/clients/c/adapter", "");
  std::filesystem::remove(needed());
  std::filesystem::create_symlink("needed", needed());
  EXPECT_EQ(missing(), "client c needs " + needed() + ": apt-get install it");
  write("needed.json", "");
  std::filesystem::rename(root_ / "needed.json", needed());
  std::filesystem::remove(root_ / "build/clients/c/adapter");
  std::filesystem::create_symlink("adapter", root_ / "build/clients/c/adapter");
  EXPECT_THAT(missing(), testing::StartsWith("client c is not built"));
}

TEST_F(CatalogueTest, AFolderThatCannotBeLookedIntoCostsOnlyItself) {
  write("build/clients/c/adapter", "");
  std::filesystem::create_symlink("loop", root_ / "clients/loop");
  EXPECT_EQ(missing(), "");
  const Catalogue catalogue = load_catalogue({root_, root_ / "build/release"});
  const auto told = [](const ParseError& error) { return error.text(); };
  EXPECT_THAT(catalogue.errors,
              testing::Contains(testing::ResultOf(told, testing::HasSubstr("clients/loop: cannot be read"))));
}

TEST_F(CatalogueTest, AWordThatOnlyMentionsTheBuildNamesNoFile) {
  write("build/clients/c/adapter", "");
  write("build/clients/c/program", "");
  for (const char* argv :
       {R"(["sh", "-c", "{build}/adapter x"])", R"(["{build}/adapter", "--conf={build}/adapter"])",
        R"(["{build}/adapter", "{build}/a:{build}/b"])", R"(["{build}/adapter", "{build}"])", R"(["{binary}"])"}) {
    write_client(argv);
    EXPECT_EQ(missing(), "") << argv;
  }
}

TEST_F(CatalogueTest, LooksForTheProgramAndWhatAnInterpreterIsGiven) {
  write("build/clients/c/adapter", "");
  for (const char* argv : {R"(["{binary}"])", R"(["{build}/not there"])", R"(["java", "-cp", "{build}/classes", "A"])",
                           R"(["env", "{build}/1.0/node", "a.js"])", R"(["{build}/adapter", "{build}/script.py"])"}) {
    write_client(argv);
    EXPECT_THAT(missing(), testing::StartsWith("client c is not built")) << argv;
  }
}

}  // namespace
}  // namespace ti

// What scenarios ask for, kept beside the results.
#include "report/definitions.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

namespace ti {
namespace {

namespace fs = std::filesystem;

class DefinitionsTest : public testing::Test {
 protected:
  DefinitionsTest() { fs::create_directories(folder_ / "theme"); }
  ~DefinitionsTest() override { fs::remove_all(folder_); }
  void put(const std::string& file, const std::string& text) const { std::ofstream(folder_ / file) << text; }

  fs::path folder_ = fs::temp_directory_path() / ("ti-definitions-" + std::to_string(::getpid()));
};

TEST_F(DefinitionsTest, AreOfTheScenariosThatAreAskedForWithoutComments) {
  put("theme/renew.json", R"({"title": "t", // why
    "policy": {"renew_after": "10s"}, "timeline": [{"at": "0s", "connect": {}}]})");
  put("theme/other.json", R"({"policy": {}, "timeline": []})");
  put("theme/broken.json", "{");
  const Definitions found = definitions_of(folder_, {"renew", "broken", "none"});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.at("renew"), R"({"policy":{"renew_after":"10s"},"timeline":[{"at":"0s","connect":{}}]})");
  put("scenarios.json", definitions_json(found));
  EXPECT_EQ(load_definitions(folder_), found);
}

TEST_F(DefinitionsTest, AreNoneWhereNothingCanBeRead) {
  EXPECT_TRUE(load_definitions(folder_).empty());
  put("scenarios.json", "[1");
  EXPECT_TRUE(load_definitions(folder_).empty());
}

}  // namespace
}  // namespace ti

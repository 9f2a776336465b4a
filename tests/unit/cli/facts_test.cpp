// Whether two results can be of one run, and by what their sources are known.
#include "cli/facts.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "check/versions.hpp"

namespace ti {
namespace {

namespace fs = std::filesystem;

Results some_results() {
  Results results;
  results.run.version = "0.1.0+12";
  results.run.clock = "virtual";
  results.run.sources = {{"clients", "aa"}, {"scenarios", "bb"}};
  results.servers["nginx"] = {{"version", "nginx/1.22.1"}, {"binary_sha256", "cc"}};
  results.clients["openssl"] = {{"version", "3.0.20"}, {"clock", "moves"}};
  return results;
}

TEST(Difference, IsNoneBetweenPartsOfOneRun) {
  Results other = some_results();
  other.run.host = "elsewhere";
  other.run.shard = "2/2";
  other.servers["s_server"] = {{"version", "3"}};
  other.clients.clear();
  EXPECT_EQ(difference(some_results(), other), "");
}

TEST(Difference, NamesWhatAndHow) {
  const auto after = [](auto change) {
    Results other = some_results();
    change(other);
    return difference(some_results(), other);
  };
  EXPECT_EQ(after([](Results& other) { other.run.version = "0.1.0+34"; }),
            "version of ticket-interop: 0.1.0+34 against 0.1.0+12");
  EXPECT_EQ(after([](Results& other) { other.run.clock = "real"; }), "clock: real against virtual");
  EXPECT_EQ(after([](Results& other) { other.run.sources["scenarios"] = "ff"; }), "scenarios (SHA-256): ff against bb");
  EXPECT_EQ(after([](Results& other) { other.run.sources["baseline"] = "ff"; }), "baseline (SHA-256): ff against none");
  EXPECT_EQ(after([](Results& other) { other.servers["nginx"]["binary_sha256"] = "ff"; }),
            "binary_sha256 of server nginx: ff against cc");
  EXPECT_EQ(after([](Results& other) { other.clients["openssl"].erase("version"); }),
            "version of client openssl: none against 3.0.20");
}

TEST(SetAside, AVersionThatTheInstalledLibraryLacksIsUnsupported) {
  Results facts;
  facts.clients["mbedtls"] = {{"version", "Mbed TLS 3.6.4"}, {"tls", "1.2"}};
  facts.clients["openssl"] = {{"version", "OpenSSL 3.5"}};
  const Scenario scenario;
  std::vector<PlannedCell> cells;
  for (const char* id : {"nginx/mbedtls/renew@1.0", "nginx/mbedtls/renew@1.2", "nginx/openssl/renew@1.0"})
    cells.push_back({*CellId::parse(id), nullptr, nullptr, &scenario, {}, {}});
  set_aside_unfit(cells, facts);
  EXPECT_EQ(cells[0].unsupported, "client mbedtls lacks TLS 1.0: Mbed TLS 3.6.4 is what is installed here");
  EXPECT_EQ(cells[1].unsupported, "");
  EXPECT_EQ(cells[2].unsupported, "");
}

TEST(SetAside, ACapabilityThatTheInstalledLibraryLacksIsUnsupportedWhereItIsNeeded) {
  Results facts;
  facts.clients["openssl"] = {{"version", "BoringSSL API 17"}, {lack_of("dhe_rsa"), "this build has no such suite"}};
  facts.clients["python"] = {{"version", "OpenSSL 3.5"}};
  const Scenario plain;
  Scenario of_dhe;
  of_dhe.client_capabilities = {"dhe_rsa"};
  const auto said = [&](const char* id, const Scenario* scenario) {
    std::vector<PlannedCell> cells{{*CellId::parse(id), nullptr, nullptr, scenario, {}, {}}};
    set_aside_unfit(cells, facts);
    return cells.front().unsupported;
  };
  EXPECT_EQ(said("nginx/openssl/renew-dhe-rsa@1.2", &of_dhe),
            "client openssl lacks dhe_rsa: this build has no such suite; BoringSSL API 17 is what is installed here");
  facts.servers["libssl"] = {{"version", "libssl of X"}, {"tls", "1.2"}, {lack_of("dhe_rsa"), "none"}};
  of_dhe.server_capabilities = {"dhe_rsa"};
  EXPECT_EQ(said("libssl/python/renew-dhe-rsa@1.2", &of_dhe),
            "server libssl lacks dhe_rsa: none; libssl of X is what is installed here");
  EXPECT_EQ(said("libssl/python/renew@1.2", &plain), "");
  EXPECT_EQ(said("libssl/python/renew@1.3", &plain),
            "server libssl lacks TLS 1.3: libssl of X is what is installed here");
  EXPECT_EQ(said("nginx/openssl/renew@1.2", &plain), "");
  EXPECT_EQ(said("nginx/python/renew-dhe-rsa@1.2", &of_dhe), "");
}

class Digests : public testing::Test {
 protected:
  Digests() {
    std::string name = (fs::temp_directory_path() / "ti-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    write("one/b.json", "b");
    write("one/deep/a.cpp", "a");
  }
  ~Digests() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  std::string of(const std::string& name) const { return digests({{"it", folder_ / name}}).at("it"); }

  fs::path folder_;
};

TEST_F(Digests, OfAFolderAreOfWhatIsInItWhereverItIs) {
  const std::string before = of("one");
  fs::create_directory(folder_ / "other");
  fs::copy(folder_ / "one", folder_ / "other/place", fs::copy_options::recursive);
  EXPECT_EQ(of("other/place"), before);
  write("one/FORMAT.md", "prose");
  write("one/.b.json.swp", "an editor's");
  write("one/__pycache__/a.pyc", "Python's");
  EXPECT_EQ(of("one"), before);
  write("one/deep/a.cpp", "another");
  EXPECT_NE(of("one"), before);
  write("one/deep/a.cpp", "a");
  EXPECT_EQ(of("one"), before);
  fs::rename(folder_ / "one/deep/a.cpp", folder_ / "one/deep/c.cpp");
  EXPECT_NE(of("one"), before);
}

TEST_F(Digests, OfAFileAreOfItsText) {
  EXPECT_EQ(of("one/b.json"), "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d");
}

}  // namespace
}  // namespace ti

// Who may include whom below harness/, and what each layer must not know (DESIGN: imports go one way).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "sources.hpp"

namespace ti {
namespace {

struct Layer {
  std::set<std::string> may_include;  ///< layers below it, itself included
  std::vector<std::string> unknown;   ///< text that may not stand in its sources
};

const std::vector<std::string> event_loop{"boost/asio", "boost/process"};
const std::vector<std::string> machine{"boost/asio", "boost/process", "<fstream>", "<unistd.h>",
                                       "<thread>",   "_clock::now",   "<ctime>",   "std::getenv("};

const std::vector<std::string> no_files{"boost/asio", "boost/process", "<fstream>", "<filesystem>", "_clock::now"};

const std::map<std::string, Layer>& layers() {
  static const std::map<std::string, Layer> table{
      {"base", {{"base"}, machine}},
      {"wire", {{"base", "wire"}, no_files}},
      {"capture", {{"base", "wire", "capture"}, machine}},
      {"pasted", {{"base", "wire", "pasted"}, no_files}},
      {"model", {{"base", "wire", "model"}, event_loop}},
      {"rules", {{"base", "wire", "model", "rules"}, machine}},
      {"report", {{"base", "wire", "model", "report"}, event_loop}},
      {"exec", {{"base", "exec"}, {"<openssl/", "TLS_"}}},
      {"endpoints", {{"base", "wire", "model", "exec", "endpoints"}, {"CLI/CLI.hpp"}}},
      {"run", {{"base", "wire", "capture", "model", "rules", "report", "exec", "endpoints", "run"}, {"CLI/CLI.hpp"}}},
      {"check", {{"base", "wire", "model", "exec", "endpoints", "run", "check"}, {"CLI/CLI.hpp"}}},
      {"cli",
       {{"base", "wire", "capture", "pasted", "model", "rules", "report", "exec", "endpoints", "run", "check", "cli"},
        {"boost/process"}}},
      {"", {{"cli"}, event_loop}}};
  return table;
}

/// What a source of a layer has that it may not: the include or the text, one entry each.
std::vector<std::string> breaches(const std::string& layer, const std::string& source) {
  const Layer& rules = layers().at(layer);
  std::vector<std::string> found;
  std::istringstream lines(source);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#include \"")) {
      const std::string path = line.substr(10, line.find('"', 10) - 10);
      if (!rules.may_include.contains(path.substr(0, path.find('/')))) found.push_back(path);
    }
    for (const std::string& text : rules.unknown)
      if (line.find(text) != std::string::npos) found.push_back(text);
  }
  return found;
}

/// A way to listen to the whole world; the harness, its clients and its servers stay on loopback.
std::vector<std::string> open_doors(const std::string& source) {
  std::vector<std::string> found;
  for (const char* text : {"INADDR_ANY", "in6addr_any", "address_v4::any", "address_v6::any", "endpoint(tcp::v4()"})
    if (source.find(text) != std::string::npos) found.emplace_back(text);
  return found;
}

using sources::sources_below;
using sources::text_of;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Layers, EverySourceKeepsToItsLayer) {
  const std::filesystem::path harness = where::source() / "harness";
  std::map<std::string, int> seen;
  for (const std::filesystem::path& file : sources_below("harness")) {
    const std::string layer = file.parent_path() == harness ? "" : file.parent_path().filename().string();
    ASSERT_TRUE(layers().contains(layer)) << file << " is in no layer of the design";
    EXPECT_THAT(breaches(layer, text_of(file)), IsEmpty()) << file;
    ++seen[layer];
  }
  for (const auto& [layer, rules] : layers()) EXPECT_GT(seen[layer], 0) << "no source was found in layer " << layer;
}

TEST(Layers, ALayerAboveIsCaught) {
  EXPECT_THAT(breaches("wire", "#include \"model/results.hpp\"\n"), ElementsAre("model/results.hpp"));
  EXPECT_THAT(breaches("wire", "#include \"capture/capture.hpp\"\n"), ElementsAre("capture/capture.hpp"));
  EXPECT_THAT(breaches("exec", "#include \"model/policy.hpp\"\n"), ElementsAre("model/policy.hpp"));
  EXPECT_THAT(breaches("endpoints", "#include \"run/cell.hpp\"\n"), ElementsAre("run/cell.hpp"));
  EXPECT_THAT(breaches("run", "#include \"check/client_check.hpp\"\n"), ElementsAre("check/client_check.hpp"));
  EXPECT_THAT(breaches("run", "#include \"cli/cli.hpp\"\n"), ElementsAre("cli/cli.hpp"));
  EXPECT_THAT(breaches("", "#include \"run/runner.hpp\"\n"), ElementsAre("run/runner.hpp"));
}

TEST(Layers, ASiblingIsCaught) {
  EXPECT_THAT(breaches("rules", "#include \"exec/process.hpp\"\n"), ElementsAre("exec/process.hpp"));
  EXPECT_THAT(breaches("report", "#include \"rules/registry.hpp\"\n"), ElementsAre("rules/registry.hpp"));
  EXPECT_THAT(breaches("exec", "#include \"report/listener.hpp\"\n"), ElementsAre("report/listener.hpp"));
  EXPECT_THAT(breaches("capture", "#include \"pasted/pasted.hpp\"\n"), ElementsAre("pasted/pasted.hpp"));
}

TEST(Layers, TheMachineIsCaughtWhereOnlyDataMayBe) {
  EXPECT_THAT(breaches("wire", "#include <boost/asio/buffer.hpp>\n"), Contains("boost/asio"));
  EXPECT_THAT(breaches("rules", "auto now = std::chrono::system_clock::now();\n"), Contains("_clock::now"));
  EXPECT_THAT(breaches("rules", "#include <chrono>\n"), IsEmpty());
  EXPECT_THAT(breaches("exec", "#include <openssl/ssl.h>\n"), Contains("<openssl/"));
}

TEST(Layers, NothingListensBeyondLoopback) {
  EXPECT_THAT(open_doors("acceptor.bind(tcp::endpoint(tcp::v4(), 0));"), ElementsAre("endpoint(tcp::v4()"));
  EXPECT_THAT(open_doors("address.sin_addr.s_addr = htonl(INADDR_ANY);"), ElementsAre("INADDR_ANY"));
  for (const char* folder : {"harness", "clients"})
    for (const std::filesystem::path& file : sources_below(folder))
      EXPECT_THAT(open_doors(text_of(file)), IsEmpty()) << file;
}

}  // namespace
}  // namespace ti

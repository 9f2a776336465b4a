// The manifests and scenarios of this repository load, and agree with each other and with the manuals.
#include <gmock/gmock.h>

#include "model/fields.hpp"
#include "model/files.hpp"
#include "model/manifest.hpp"
#include "model/scenario.hpp"
#include "where/where.hpp"

namespace ti {
namespace {

const std::filesystem::path source = where::source();

std::vector<std::string> texts(const std::vector<ParseError>& errors) {
  std::vector<std::string> all;
  for (const ParseError& error : errors) all.push_back(error.text());
  return all;
}

bool manual_names(const std::string& manual, const std::string& capability) {
  return manual.find('`' + capability + '`') != std::string::npos;
}

TEST(Repository, EveryServerManifestLoads) {
  std::vector<ParseError> errors;
  const auto servers = load_servers(source / "servers", errors);
  EXPECT_THAT(texts(errors), testing::IsEmpty());
  EXPECT_FALSE(servers.empty());
}

TEST(Repository, EveryClientManifestLoads) {
  std::vector<ParseError> errors;
  const auto clients = load_clients(source / "clients", errors);
  EXPECT_THAT(texts(errors), testing::IsEmpty());
  EXPECT_FALSE(clients.empty());
}

TEST(Repository, EveryScenarioLoads) {
  std::vector<ParseError> errors;
  const auto scenarios = load_scenarios(source / "scenarios", {}, errors);
  EXPECT_THAT(texts(errors), testing::IsEmpty());
  EXPECT_FALSE(scenarios.empty());
}

TEST(Repository, TheManualsNameEveryCapability) {
  const std::string servers = read_file(source / "servers/CONTRACT.md").value();
  const std::string clients = read_file(source / "clients/PROTOCOL.md").value();
  for (const std::string& capability : server_capabilities())
    EXPECT_TRUE(manual_names(servers, capability)) << capability;
  for (const std::string& capability : client_capabilities())
    EXPECT_TRUE(manual_names(clients, capability)) << capability;
}

}  // namespace
}  // namespace ti

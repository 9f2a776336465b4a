// The manifests and scenarios of this repository load, and agree with each other and with the manuals.
#include <gmock/gmock.h>

#include "model/files.hpp"
#include "model/manifest.hpp"
#include "model/scenario.hpp"

namespace ti {
namespace {

const std::filesystem::path source = TI_SOURCE_DIR;

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
  const std::string manual = read_file(source / "servers/CONTRACT.md").value();
  for (const ServerManifest& server : servers) {
    for (const std::string& capability : server.capabilities)
      EXPECT_TRUE(manual_names(manual, capability)) << server.id << ": " << capability;
  }
}

TEST(Repository, EveryClientManifestLoads) {
  std::vector<ParseError> errors;
  const auto clients = load_clients(source / "clients", errors);
  EXPECT_THAT(texts(errors), testing::IsEmpty());
  EXPECT_FALSE(clients.empty());
  const std::string manual = read_file(source / "clients/PROTOCOL.md").value();
  for (const ClientManifest& client : clients) {
    for (const std::string& capability : client.capabilities)
      EXPECT_TRUE(manual_names(manual, capability)) << client.id << ": " << capability;
  }
}

TEST(Repository, EveryScenarioLoadsAndRequiresOnlyWhatTheManualsName) {
  std::vector<ParseError> errors;
  const auto scenarios = load_scenarios(source / "scenarios", errors);
  EXPECT_THAT(texts(errors), testing::IsEmpty());
  EXPECT_FALSE(scenarios.empty());
  const std::string servers = read_file(source / "servers/CONTRACT.md").value();
  const std::string clients = read_file(source / "clients/PROTOCOL.md").value();
  for (const Scenario& scenario : scenarios) {
    for (const std::string& capability : scenario.server_capabilities)
      EXPECT_TRUE(manual_names(servers, capability)) << scenario.id << ": " << capability;
    for (const std::string& capability : scenario.client_capabilities)
      EXPECT_TRUE(manual_names(clients, capability)) << scenario.id << ": " << capability;
  }
}

}  // namespace
}  // namespace ti

// Which cells there are, and in which share of the matrix.
#include "run/matrix.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace ti {
namespace {

using testing::HasSubstr;

class MatrixTest : public testing::Test {
 protected:
  MatrixTest() {
    for (const char* id : {"nginx", "openssl"}) {
      ServerManifest server;
      server.id = id;
      server.tls[Version::tls12];
      server.policy["renew_after"];
      catalogue_.servers.push_back(server);
    }
    for (const char* id : {"curl", "gnutls", "openssl"}) {
      ClientManifest client;
      client.id = id;
      client.tls = {Version::tls12, Version::tls13};
      catalogue_.clients.push_back(client);
    }
    for (const char* id : {"expired", "renew"}) {
      Scenario scenario;
      scenario.id = id;
      scenario.tls = {Version::tls12, Version::tls13};
      scenario.timeline.resize(3);
      catalogue_.scenarios.push_back(scenario);
    }
  }

  std::vector<PlannedCell> planned(const Filter& filter = {}) { return plan(catalogue_, filter, false).value(); }
  std::string refused(const Filter& filter) { return plan(catalogue_, filter, false).error().text(); }

  Catalogue catalogue_;
};

TEST_F(MatrixTest, HoldsEveryCellInOrderOfId) {
  const std::vector<PlannedCell> cells = planned();
  EXPECT_EQ(cells.size(), 2U * 3 * 2 * 2);
  for (std::size_t i = 1; i < cells.size(); ++i) EXPECT_LT(cells[i - 1].id.text(), cells[i].id.text());
}

TEST_F(MatrixTest, ACostlyScenarioRunsOnlyWhenItIsNamedInFull) {
  catalogue_.scenarios[0].only_when_named = true;
  for (const PlannedCell& cell : planned()) EXPECT_EQ(cell.id.scenario, "renew");
  Filter filter;
  filter.scenarios = {"*"};
  for (const PlannedCell& cell : planned(filter)) EXPECT_EQ(cell.id.scenario, "renew");
  filter.scenarios = {"expired"};
  EXPECT_EQ(planned(filter).size(), 12U);
}

TEST_F(MatrixTest, AServerOrClientOfNoOnesUseRunsOnlyWhenItIsNamedInFull) {
  catalogue_.servers[0].only_when_named = true;
  catalogue_.clients[0].only_when_named = true;
  EXPECT_EQ(planned().size(), 1U * 2 * 2 * 2);
  Filter filter;
  filter.servers = {"n*", "openssl"};
  filter.clients = {"*"};
  EXPECT_EQ(planned(filter).size(), 1U * 2 * 2 * 2);
  filter.servers = {"nginx"};
  EXPECT_EQ(planned(filter).size(), 1U * 2 * 2 * 2);
  filter.clients = {"curl"};
  EXPECT_EQ(planned(filter).size(), 1U * 1 * 2 * 2);
}

TEST_F(MatrixTest, AControlRunsAgainstAHandfulUnlessItIsAskedFor) {
  catalogue_.servers[0].control = Control{"rule", "rule", {"gnutls"}};
  EXPECT_EQ(planned().size(), (1U + 3U) * 2 * 2);
  Filter filter;
  filter.servers = {"nginx"};
  EXPECT_EQ(planned(filter).size(), 3U * 2 * 2);
  filter = {};
  filter.clients = {"curl"};
  EXPECT_EQ(planned(filter).size(), 1U * 2 * 2);
  EXPECT_TRUE(no_longer_planned({*CellId::parse("nginx/curl/renew@1.2")}, catalogue_, filter, planned(filter)).empty());
}

TEST_F(MatrixTest, AScriptIsOnlyForAClientThatTakesOne) {
  for (ServerManifest& server : catalogue_.servers) server.tls[Version::tls13];
  catalogue_.scenarios[0].client_script = "lies.script";  // expired
  catalogue_.clients[1].takes_script = true;              // gnutls
  for (const PlannedCell& cell : planned()) {
    const bool fits = cell.id.scenario != "expired" || cell.id.client == "gnutls";
    EXPECT_EQ(cell.unsupported, fits ? "" : "client " + cell.id.client + " takes no script");
  }
}

TEST_F(MatrixTest, FiltersByGlobAndSkipsByCell) {
  Filter filter;
  filter.servers = {"ngin?"};
  filter.clients = {"open*", "curl"};
  filter.tls = {"1.2"};
  filter.skip = {"*/curl/renew@*"};
  std::vector<std::string> ids;
  for (const PlannedCell& cell : planned(filter)) ids.push_back(cell.id.text());
  EXPECT_THAT(ids,
              testing::ElementsAre("nginx/curl/expired@1.2", "nginx/openssl/expired@1.2", "nginx/openssl/renew@1.2"));
}

TEST_F(MatrixTest, WhatTheFilterAsksForAndTheMatrixLacksIsGone) {
  catalogue_.scenarios[0].only_when_named = true;  // expired
  const std::vector<CellId> earlier{
      {"apache", "openssl", "renew", Version::tls12},  {"nginx", "lynx", "renew", Version::tls12},
      {"nginx", "openssl", "expired", Version::tls12}, {"nginx", "openssl", "renew", Version::tls10},
      {"nginx", "openssl", "renew", Version::tls12},   {"nginx", "openssl", "rewound", Version::tls13}};
  const auto gone = [&](const Filter& filter) {
    return no_longer_planned(earlier, catalogue_, filter, planned(filter));
  };
  EXPECT_THAT(gone({}), testing::ElementsAre("apache/openssl/renew@1.2", "nginx/lynx/renew@1.2",
                                             "nginx/openssl/renew@1.0", "nginx/openssl/rewound@1.3"));
  catalogue_.servers[0].only_when_named = true;  // nginx
  EXPECT_THAT(gone({}), testing::ElementsAre("apache/openssl/renew@1.2"));
  catalogue_.servers[0].only_when_named = false;
  const Filter one_server{{"nginx"}, {}, {"renew"}, {"1.2"}, {}};
  EXPECT_THAT(gone(one_server), testing::ElementsAre("nginx/lynx/renew@1.2"));
  const Filter one_client{{}, {"openssl"}, {"re*"}, {}, {"nginx/openssl/renew@1.2"}};
  EXPECT_THAT(gone(one_client),
              testing::ElementsAre("apache/openssl/renew@1.2", "nginx/openssl/renew@1.0", "nginx/openssl/rewound@1.3"));
}

TEST_F(MatrixTest, NamesTheMissingCapability) {
  catalogue_.scenarios[1].policy.values["expire_after"] = std::chrono::seconds(20);
  catalogue_.scenarios[0].client_capabilities = {"offer_saved"};
  catalogue_.clients[0].cannot["offer_saved"] = "it keeps one session only";
  for (const PlannedCell& cell : planned()) {
    if (cell.id.tls == Version::tls13)
      EXPECT_EQ(cell.unsupported, "server " + cell.id.server + " lacks TLS 1.3");
    else if (cell.id.scenario == "renew")
      EXPECT_EQ(cell.unsupported, "server " + cell.id.server + " lacks policy key expire_after");
    else if (cell.id.client == "curl")
      EXPECT_EQ(cell.unsupported, "client curl lacks offer_saved: it keeps one session only");
    else
      EXPECT_EQ(cell.unsupported, "client " + cell.id.client + " lacks offer_saved");
  }
}

TEST_F(MatrixTest, SaysWhyAClientLacksAVersion) {
  for (ServerManifest& server : catalogue_.servers) server.tls[Version::tls13];
  catalogue_.clients[0].tls = {Version::tls13};
  catalogue_.clients[0].cannot["1.2"] = "it has no tickets there";
  Filter filter;
  filter.clients = {"curl"};
  filter.tls = {"1.2"};
  for (const PlannedCell& cell : planned(filter))
    EXPECT_EQ(cell.unsupported, "client curl lacks TLS 1.2: it has no tickets there");
}

TEST_F(MatrixTest, AGlobThatMatchesNothingIsRefusedWithAGuess) {
  Filter filter;
  filter.clients = {"gnutsl"};
  EXPECT_THAT(refused(filter), HasSubstr("no client matches \"gnutsl\"; did you mean \"gnutls\"?"));
}

TEST_F(MatrixTest, FiltersThatLeaveNothingAreRefused) {
  Filter filter;
  filter.skip = {"*"};
  EXPECT_THAT(refused(filter), HasSubstr("leave no cell"));
  filter = {};
  filter.tls = {"1.4"};
  EXPECT_THAT(refused(filter), HasSubstr("1.0, 1.1, 1.2 or 1.3"));
}

TEST_F(MatrixTest, EveryCellIsInOneShard) {
  for (std::size_t count = 1; count <= 30; ++count) {
    std::multiset<std::string> seen;
    for (std::size_t index = 1; index <= count; ++index)
      for (const PlannedCell& cell : take_shard(planned(), {index, count}, {})) seen.insert(cell.id.text());
    EXPECT_EQ(seen.size(), planned().size()) << count;
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), planned().size()) << count;
  }
}

TEST_F(MatrixTest, ShardsAreEvenByWhatIsKnownOfTheCost) {
  std::map<std::string, double> cost;
  double whole = 0;
  Filter filter;
  filter.tls = {"1.2"};
  for (const PlannedCell& cell : planned(filter))
    whole += cost[cell.id.text()] = 10.0 * static_cast<double>(cost.size());
  for (std::size_t index = 1; index <= 2; ++index) {
    double mine = 0;
    for (const PlannedCell& cell : take_shard(planned(filter), {index, 2}, cost)) mine += cost[cell.id.text()];
    EXPECT_NEAR(mine, whole / 2, whole * 0.1);
  }
}

TEST(Shard, IsReadStrictly) {
  const Shard shard = Shard::parse("2/5").value();
  EXPECT_EQ(shard.index, 2U);
  EXPECT_EQ(shard.count, 5U);
  for (const char* wrong : {"", "2", "0/5", "6/5", "2/0", "a/b", "1/2/3", "-1/2", " 1/2", "1/2x"}) {
    const Result<Shard> parsed = Shard::parse(wrong);
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_THAT(parsed.error().text(), HasSubstr("want I/N"));
  }
}

}  // namespace
}  // namespace ti

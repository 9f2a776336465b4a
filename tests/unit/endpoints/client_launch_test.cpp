// How a client is started: by its manifest's words, with what they stand for filled in.
#include <gmock/gmock.h>

#include "endpoints/client.hpp"
#include "endpoints/server.hpp"
#include "model/fields.hpp"

namespace ti {
namespace {

using testing::ElementsAre;

struct ClientLaunch : testing::Test {
  ClientLaunch() {
    client.id = "c";
    client.folder = "/s/c";
    client.adapter_folder = "/s/model";
    client.binary = "{build}/p";
    client.argv = {"{binary}", "--source={source}", "{x}x{X}"};
    client.env = {{"LD_LIBRARY_PATH", "{source}/lib"}, {"HOME", "/h"}};
    context.clients = "/b";
    context.optional_clients = "/o";
  }

  asio::io_context loop;
  RunContext context{loop.get_executor(), nullptr, {}, {}, {}, {}, {}};
  ClientManifest client;
};

TEST_F(ClientLaunch, FillsInArgumentsAndEnvironment) {
  client.argv.pop_back();
  const Launch launch = client_launch(client, context, client_argv(client, context), "/f");
  EXPECT_THAT(launch.argv, ElementsAre("/b/model/p", "--source=/s/c"));
  EXPECT_EQ(launch.env.at("LD_LIBRARY_PATH"), "/s/c/lib");
  EXPECT_EQ(launch.env.at("HOME"), "/h");
  EXPECT_EQ(launch.env.at("TMPDIR"), "/f");
  EXPECT_EQ(launch.cwd, "/f");
}

TEST_F(ClientLaunch, AnOptionalClientIsWhereBuildShPutIt) {
  client.optional = true;
  client.argv.pop_back();
  EXPECT_EQ(client_argv(client, context).front(), "/o/model/p");
}

TEST_F(ClientLaunch, AnUnknownVariableIsAnError) { EXPECT_THROW(client_argv(client, context), HarnessError); }

TEST(ServerVersion, IsAskedInTheEnvironmentInWhichItServes) {
  asio::io_context loop;
  RunContext context{loop.get_executor(), nullptr, {}, {}, {}, {}, {}};
  context.servers = "/b";
  ServerManifest server;
  server.id = "s";
  server.binary = "p";
  server.version = {"{binary}", "-V"};
  server.env = {{"LD_LIBRARY_PATH", "/mine"}, {"D", "{dir}"}};
  const Launch launch = version_launch(server, context, "/f").value();
  EXPECT_THAT(launch.argv, ElementsAre("/b/s/p", "-V"));
  EXPECT_EQ(launch.env.at("LD_LIBRARY_PATH") + launch.env.at("D"), "/mine/f");
  server.version = {"{tls}"};
  EXPECT_FALSE(version_launch(server, context, "/f"));
}

TEST(ServerEnvironment, IsToldByFragmentsAndTakesTheHook) {
  asio::io_context loop;
  RunContext context{loop.get_executor(), nullptr, {}, {}, {}, {}, {}};
  context.servers = "/b";
  ServerManifest server;
  server.id = "s";
  server.env = {{"A", "manifest"}, {"RENEW", "manifest"}};
  server.tls[Version::tls12].env = {{"TLS", "1.2"}};
  server.policy["renew_after"].any.env = {{"RENEW", "{value}"}};
  ServerOrder order{&server, {}, Version::tls12, ""};
  order.policy.values["renew_after"] = std::chrono::seconds(10);
  const auto plain = prepare(order, context, "/f").value().launch.env;
  EXPECT_EQ(plain.at("A") + plain.at("RENEW") + plain.at("TLS"), "manifest101.2");
  EXPECT_FALSE(plain.contains("LD_PRELOAD"));
  server.hook = true;
  const auto hooked = prepare(order, context, "/f").value().launch.env;
  EXPECT_EQ(hooked.at("LD_PRELOAD"), "/b/hook/ticket_hook.so");
  EXPECT_EQ(hooked.at("TICKET_HOOK_KEYLOG"), "/f/keys.log");
}

TEST(ServerConfiguration, MayBeForOneVersionAlone) {
  ServerManifest server;
  server.id = "s";
  server.argv = {"s"};
  server.files["conf"] = "{policy}";
  server.tls = {{Version::tls12, {}}, {Version::tls13, {}}};
  server.policy["tickets"].values["off"].config = "off;";
  server.policy["tickets"].values["off"].config_at = {{Version::tls13, "none;"}};
  asio::io_context loop;
  const RunContext context{loop.get_executor(), nullptr, {}, {}, {}, {}, {}};
  ServerOrder order;
  order.manifest = &server;
  order.policy.values["tickets"] = std::string("off");
  order.tls = Version::tls12;
  EXPECT_EQ(prepare(order, context, "/f").value().files.at("conf"), "off;\n");
  order.tls = Version::tls13;
  EXPECT_EQ(prepare(order, context, "/f").value().files.at("conf"), "off;\nnone;\n");
}

TEST(ServerConfiguration, NamesNoSecurityLevelToALibraryThatHasNone) {
  ServerManifest server;
  server.id = "s";
  server.argv = {"s", "{ciphers}"};
  server.tls = {{Version::tls12, {}}};
  asio::io_context loop;
  const RunContext context{loop.get_executor(), nullptr, {}, {}, {}, {}, {}};
  ServerOrder order;
  order.manifest = &server;
  order.tls = Version::tls12;
  EXPECT_EQ(prepare(order, context, "/f").value().launch.argv.back(), "ALL:@SECLEVEL=0");
  server.build.emplace();
  server.build->has_security_levels = false;
  EXPECT_EQ(prepare(order, context, "/f").value().launch.argv.back(), "ALL");
}

}  // namespace
}  // namespace ti

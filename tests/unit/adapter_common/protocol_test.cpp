#include "common/serve.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

using namespace ti::adapter;
using nlohmann::json;

namespace {

class FakeAdapter : public Adapter {
 public:
  explicit FakeAdapter(Hello hello = {.library = "Fake", .version = "7"}) : hello_(std::move(hello)) {}

  Hello hello() const override { return hello_; }

  void configure(const Settings& settings) override {
    if (settings.ciphers) throw Unimplemented{"configure.ciphers"};
    if (settings.ca == "missing.pem") throw Failure{Stage::protocol, "no such file", "ENOENT"};
    configured.push_back(settings);
  }

  void connect(const ConnectOrder& order, ConnectResult& result) override {
    orders.push_back(order);
    result = next;
    if (failure) throw *failure;
  }

  std::vector<Settings> configured;
  std::vector<ConnectOrder> orders;
  ConnectResult next;
  std::optional<Failure> failure;

 private:
  Hello hello_;
};

std::vector<json> talk(Adapter& adapter, const std::vector<std::string>& lines) {
  std::string input;
  for (const auto& line : lines) input += line + "\n";
  std::istringstream commands(input);
  std::ostringstream output;
  EXPECT_TRUE(serve(adapter, commands, output));
  std::istringstream answers(output.str());
  std::vector<json> parsed;
  for (std::string line; std::getline(answers, line);) parsed.push_back(json::parse(line));
  EXPECT_EQ(parsed.size(), lines.size());
  return parsed;
}

json configure_command() {
  return {{"do", "configure"},      {"tls", "1.2"},       {"server_name", "localhost"}, {"ca", "ca.pem"},
          {"certificate", nullptr}, {"ciphers", nullptr}, {"keylog", nullptr}};
}

json connect_command() {
  return {{"do", "connect"}, {"connection", 1},   {"host", "127.0.0.1"},
          {"port", 4433},    {"offer", "latest"}, {"request", nullptr}};
}

json with(json command, const char* field, json value) {
  command[field] = std::move(value);
  return command;
}

json after_configure(Adapter& adapter, const json& command) {
  return talk(adapter, {configure_command().dump(), command.dump()}).back();
}

json protocol_error(const std::string& text) {
  return {{"ok", false}, {"error", {{"stage", "protocol"}, {"text", text}, {"code", nullptr}}}};
}

json unimplemented(const std::string& what) { return {{"ok", false}, {"unimplemented", what}}; }

}  // namespace

TEST(AdapterProtocol, SaysWhoItIs) {
  FakeAdapter adapter;
  json hello = talk(adapter, {R"({"do":"hello","protocol":1})"}).front();
  EXPECT_GT(hello["time"].get<double>(), 1.7e9);
  hello.erase("time");
  EXPECT_EQ(hello, json::parse(R"({"ok":true,"protocol":1,"library":"Fake","version":"7","carry":"cache"})"));
}

TEST(AdapterProtocol, NamesTheVersionsThatTheLibraryHasIfItKnowsThem) {
  FakeAdapter adapter(Hello{.library = "Fake", .version = "7", .carry = Carry::cache, .tls = {Tls::v1_2, Tls::v1_3}});
  const json hello = talk(adapter, {R"({"do":"hello","protocol":1})"}).front();
  EXPECT_EQ(hello["tls"], json({"1.2", "1.3"}));
}

TEST(AdapterProtocol, NamesWhatTheLibraryLacks) {
  FakeAdapter adapter(Hello{.library = "Fake", .version = "7", .cannot = {{"dhe_rsa", "no such suite"}}});
  const json hello = talk(adapter, {R"({"do":"hello","protocol":1})"}).front();
  EXPECT_EQ(hello["cannot"], json::parse(R"({"dhe_rsa": "no such suite"})"));
}

TEST(AdapterProtocol, RefusesWhatIsNotACommand) {
  FakeAdapter adapter;
  const auto not_an_object = protocol_error("the line is not a JSON object");
  const auto says_nothing = protocol_error("the object does not say what to do");
  EXPECT_EQ(talk(adapter, {"", "{", "[1]", "\"hello\"", "\xff", "{}", R"({"do":1})"}),
            (std::vector<json>{not_an_object, not_an_object, not_an_object, not_an_object, not_an_object, says_nothing,
                               says_nothing}));
}

TEST(AdapterProtocol, AnswersTheUnknownWithUnimplemented) {
  FakeAdapter adapter;
  EXPECT_EQ(talk(adapter, {R"({"do":"renegotiate"})", R"({"do":"hello","protocol":2})",
                           R"({"do":"hello","protocol":1,"colour":"red"})"}),
            (std::vector<json>{unimplemented("renegotiate"), unimplemented("hello.protocol 2"),
                               unimplemented("hello.colour")}));
}

TEST(AdapterProtocol, GoesOnAfterAnError) {
  FakeAdapter adapter;
  const auto answers = talk(adapter, {"nonsense", R"({"do":"hello","protocol":1})"});
  EXPECT_EQ(answers[1]["ok"], true);
}

TEST(AdapterProtocol, HandsOverTheSettings) {
  FakeAdapter adapter;
  auto command = with(configure_command(), "certificate", {{"cert", "c.pem"}, {"key", "k.pem"}});
  command["keylog"] = "keys";
  command["tls"] = "1.3";
  EXPECT_EQ(talk(adapter, {command.dump()}).front(), json({{"ok", true}}));
  ASSERT_EQ(adapter.configured.size(), 1u);
  const Settings& settings = adapter.configured.front();
  EXPECT_EQ(settings.tls, Tls::v1_3);
  EXPECT_EQ(settings.server_name, "localhost");
  EXPECT_EQ(settings.ca, "ca.pem");
  EXPECT_EQ(settings.certificate->cert, "c.pem");
  EXPECT_EQ(settings.certificate->key, "k.pem");
  EXPECT_EQ(settings.keylog, "keys");
  EXPECT_FALSE(settings.ciphers);
}

TEST(AdapterProtocol, RefusesSettingsItCannotHonour) {
  FakeAdapter adapter;
  EXPECT_EQ(
      talk(adapter,
           {with(configure_command(), "tls", "1.4").dump(), with(configure_command(), "ciphers", {"AES128-SHA"}).dump(),
            with(configure_command(), "session_timeout", 5).dump(),
            with(configure_command(), "ciphers", "AES128-SHA").dump(),
            with(configure_command(), "ciphers", json::array()).dump(), with(configure_command(), "ca", nullptr).dump(),
            with(configure_command(), "ca", "missing.pem").dump()}),
      (std::vector<json>{
          unimplemented("configure.tls 1.4"),
          unimplemented("configure.ciphers"),
          unimplemented("configure.session_timeout"),
          protocol_error("configure.ciphers has the wrong type: \"AES128-SHA\""),
          protocol_error("configure.ciphers is empty"),
          protocol_error("configure.ca is missing"),
          {{"ok", false}, {"error", {{"stage", "protocol"}, {"text", "no such file"}, {"code", "ENOENT"}}}}}));
  EXPECT_TRUE(adapter.configured.empty());
}

TEST(AdapterProtocol, ConnectsOnlyOnceConfigured) {
  FakeAdapter adapter;
  const auto refused = protocol_error("connect before configure");
  EXPECT_EQ(talk(adapter,
                 {connect_command().dump(), with(configure_command(), "tls", "1.4").dump(), connect_command().dump()}),
            (std::vector<json>{refused, unimplemented("configure.tls 1.4"), refused}));
  EXPECT_TRUE(adapter.orders.empty());
}

TEST(AdapterProtocol, HandsOverTheOrder) {
  FakeAdapter adapter;
  auto command = with(connect_command(), "offer", 3);
  command["connection"] = 4;
  command["request"] = "GET /";
  command["read"] = "none";
  after_configure(adapter, command);
  ASSERT_EQ(adapter.orders.size(), 1u);
  const ConnectOrder& got = adapter.orders.front();
  EXPECT_EQ(got.connection, 4);
  EXPECT_EQ(got.host, "127.0.0.1");
  EXPECT_EQ(got.port, 4433);
  EXPECT_EQ(got.offer.kind, Offer::Kind::saved);
  EXPECT_EQ(got.offer.after, 3);
  EXPECT_EQ(got.request, "GET /");
  EXPECT_FALSE(got.read_response);
  EXPECT_FALSE(got.session);
}

TEST(AdapterProtocol, RefusesOrdersItCannotHonour) {
  FakeAdapter adapter;
  const std::vector<std::pair<json, json>> cases{
      {with(connect_command(), "offer", "oldest"), unimplemented("connect.offer \"oldest\"")},
      {with(connect_command(), "offer", 0), protocol_error("connect.offer is out of range: 0")},
      {with(connect_command(), "offer", nullptr), protocol_error("connect.offer is missing")},
      {with(connect_command(), "read", "half"), unimplemented("connect.read half")},
      {with(connect_command(), "session", "QUJD"), unimplemented("connect.session")},
      {with(connect_command(), "clock_offset_s", 15), unimplemented("connect.clock_offset_s")},
      {with(connect_command(), "port", 65536), protocol_error("connect.port is out of range: 65536")},
      {with(connect_command(), "port", "443"), protocol_error("connect.port has the wrong type: \"443\"")},
      {with(connect_command(), "early_data", true), unimplemented("connect.early_data")}};
  for (const auto& [command, answer] : cases) EXPECT_EQ(after_configure(adapter, command), answer) << command;
  EXPECT_TRUE(adapter.orders.empty());
}

TEST(AdapterProtocol, ReportsWhatTheLibraryToldAndNullForTheRest) {
  FakeAdapter adapter;
  adapter.next = {.resumed = false,
                  .version = "1.2",
                  .cipher = "AES128-SHA",
                  .session_id = std::string("\x01\xfe"),
                  .tickets_received = std::nullopt,
                  .response_bytes = 12,
                  .session = std::nullopt};
  EXPECT_EQ(after_configure(adapter, connect_command()),
            json::parse(R"({"ok":true,"resumed":false,"version":"1.2","cipher":"AES128-SHA","session_id":"01fe",
                            "tickets_received":null,"response_bytes":12,"session":null})"));
}

TEST(AdapterProtocol, ReportsAFailureWithWhatWasKnownBefore) {
  FakeAdapter adapter;
  adapter.next.resumed = true;
  adapter.failure = Failure{Stage::read, "error:0A0000F4:SSL routines::unexpected message", "0A0000F4"};
  const auto answer = after_configure(adapter, connect_command());
  EXPECT_EQ(answer["ok"], false);
  EXPECT_EQ(answer["resumed"], true);
  EXPECT_EQ(answer["version"], nullptr);
  EXPECT_EQ(
      answer["error"],
      json({{"stage", "read"}, {"text", "error:0A0000F4:SSL routines::unexpected message"}, {"code", "0A0000F4"}}));
}

TEST(AdapterProtocol, SurvivesLibraryTextThatIsNotUtf8) {
  FakeAdapter adapter;
  adapter.failure = Failure{Stage::handshake, "caf\xe9"};
  EXPECT_EQ(after_configure(adapter, connect_command())["error"]["text"], "caf\xef\xbf\xbd");
}

TEST(AdapterProtocol, CarriesAnExportedSessionInBase64) {
  FakeAdapter adapter({.library = "Fake", .version = "7", .carry = Carry::exported});
  adapter.next.session = std::string("\0\xff\x10", 3);
  EXPECT_EQ(after_configure(adapter, with(connect_command(), "session", "QUJD"))["session"], "AP8Q");
  EXPECT_EQ(adapter.orders.back().session, "ABC");
  after_configure(adapter, with(connect_command(), "session", nullptr));
  EXPECT_FALSE(adapter.orders.back().session);
}

TEST(AdapterProtocol, LoadsNoSessionWhenToldToOfferNone) {
  FakeAdapter adapter({.library = "Fake", .version = "7", .carry = Carry::exported});
  auto command = with(connect_command(), "session", "QUJD");
  command["offer"] = "none";
  EXPECT_EQ(after_configure(adapter, command)["ok"], true);
  EXPECT_FALSE(adapter.orders.back().session);
}

TEST(AdapterProtocol, RefusesASessionThatIsNotBase64) {
  FakeAdapter adapter({.library = "Fake", .version = "7", .carry = Carry::exported});
  EXPECT_EQ(after_configure(adapter, with(connect_command(), "session", "QU!D")),
            protocol_error("connect.session is not base64"));
}

TEST(AdapterRun, LeavesWith89ForArgumentsItDoesNotKnow) {
  const auto make = []() -> std::unique_ptr<Adapter> { return std::make_unique<FakeAdapter>(); };
  const char* unknown[] = {"adapter", "back-door", nullptr};
  const char* too_many[] = {"adapter", "front", "front", nullptr};
  const char* too_few[] = {"adapter", nullptr};
  EXPECT_EQ(run(2, unknown, {{"front", make}}), 89);
  EXPECT_EQ(run(3, too_many, {{"front", make}}), 89);
  EXPECT_EQ(run(1, too_few, {{"front", make}}), 89);
}

TEST(AdapterServe, SaysWhenAnAnswerCannotBeWritten) {
  FakeAdapter adapter;
  std::istringstream commands("{}\n");
  std::ostringstream answers;
  answers.setstate(std::ios::badbit);
  EXPECT_FALSE(serve(adapter, commands, answers));
}

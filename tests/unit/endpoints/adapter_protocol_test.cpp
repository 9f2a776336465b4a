// What adapters are told, what they answer, and what is no answer.
#include "endpoints/adapter_protocol.hpp"

#include <gmock/gmock.h>

#include "endpoints/line_client.hpp"

namespace ti {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Optional;

AdapterAnswer::Connected connected(const std::string& line) { return AdapterAnswer(line).connected(); }

ClientWord word(const std::string& fields) { return connected(R"({"ok": true, )" + fields + "}").word; }

std::string complaint(const std::string& line) {
  try {
    connected(line);
  } catch (const AdapterBreach& breach) {
    return breach.what();
  }
  return "no complaint";
}

TEST(Lines, AreThoseOfTheProtocol) {
  EXPECT_EQ(hello_line(), R"({"do":"hello","protocol":1})");
  ConnectOrder order;
  order.port = 4433;
  EXPECT_EQ(line_of(order), R"({"do":"connect","connection":1,"host":"127.0.0.1","port":4433,"offer":"latest",)"
                            R"("request":"GET / HTTP/1.0\r\n\r\n","read":"all"})");
  ConfigureOrder configure;
  configure.tls = Version::tls12;
  configure.ca = "ca.pem";
  EXPECT_EQ(line_of(configure), R"({"do":"configure","tls":"1.2","server_name":"localhost","ca":"ca.pem",)"
                                R"("certificate":null,"ciphers":null,"keylog":null})");
}

TEST(Lines, SayWhatIsAskedForAlone) {
  ConnectOrder order;
  order.fresh = true;
  order.send_request = order.read_response = false;
  EXPECT_THAT(line_of(order), AllOf(HasSubstr(R"("offer":"none")"), HasSubstr(R"("request":null)"),
                                    HasSubstr(R"("read":"none")"), Not(HasSubstr("session"))));
  order.offer_connection = 3;
  order.clock_offset_s = 1.5;
  order.session = "";
  EXPECT_THAT(line_of(order),
              AllOf(HasSubstr(R"("offer":3)"), HasSubstr(R"("clock_offset_s":1.5)"), HasSubstr(R"("session":null)")));
  ConfigureOrder configure;
  EXPECT_THAT(line_of(configure), Not(HasSubstr("script")));
  configure.script = "lies.script";
  configure.ciphers = {{"A", "B"}};
  configure.certificate = "c.pem";
  configure.key = "k.pem";
  EXPECT_THAT(line_of(configure), AllOf(HasSubstr(R"("script":"lies.script")"), HasSubstr(R"("ciphers":["A","B"])"),
                                        HasSubstr(R"("certificate":{"cert":"c.pem","key":"k.pem"})")));
}

TEST(Lines, OfACellSayWhatItsManifestNeeds) {
  ClientManifest manifest;
  EXPECT_THAT(line_of(completed({}, manifest, 5, "s")), AllOf(Not(HasSubstr("clock")), Not(HasSubstr("session"))));
  manifest.capabilities = {"own_clock"};
  manifest.carry = Carry::session_export;
  EXPECT_THAT(line_of(completed({}, manifest, 5, "s")),
              AllOf(HasSubstr(R"("clock_offset_s":5)"), HasSubstr(R"("session":"s")")));
}

TEST(Lines, OfAScenarioSayWhatItAsks) {
  Connect connect;
  EXPECT_FALSE(connect_order(connect, 1, 7).fresh);
  connect.offer = "none";
  connect.read_response = false;
  const ConnectOrder order = connect_order(connect, 2, 7);
  EXPECT_TRUE(order.fresh);
  EXPECT_FALSE(order.read_response);
  EXPECT_EQ(order.connection, 2U);
  EXPECT_EQ(order.port, 7);
}

TEST(Lines, CanBeMadeWrong) {
  EXPECT_EQ(with_field(hello_line(), "x", "y"), R"({"do":"hello","protocol":1,"x":"y"})");
  EXPECT_THAT(with_field(line_of(ConnectOrder{}), "read", "some"), HasSubstr(R"("read":"some")"));
}

TEST(ConnectAnswer, TakesCountsAsTheyAre) {
  const ClientWord told = word(R"("tickets_received": 0, "response_bytes": 9223372036854775807)");
  EXPECT_THAT(told.tickets_received, Optional(0U));
  EXPECT_THAT(told.response_bytes, Optional(std::size_t{9223372036854775807U}));
  EXPECT_FALSE(word(R"("tickets_received": null)").tickets_received);
  EXPECT_FALSE(word(R"("resumed": false)").response_bytes);
}

TEST(ConnectAnswer, WhatIsNoCountIsNoAnswer) {
  for (const char* key : {"tickets_received", "response_bytes"})
    for (const char* value :
         {"-1", "1.5", "1e30", "9223372036854775808", "18446744073709551616", "true", "\"1\"", "[]"})
      EXPECT_THAT(complaint(R"({"ok": true, ")" + std::string(key) + "\": " + value + "}"),
                  AllOf(HasSubstr("its answer is not as clients/PROTOCOL.md says"), HasSubstr(value)))
          << key;
}

TEST(ConnectAnswer, NorIsAFieldOfAnotherKind) {
  for (const char* line : {R"({"ok": true, "resumed": 1})", R"({"ok": true, "version": 1.2})", R"({"resumed": true})",
                           R"({"ok": 1})", R"({"ok": false})", R"({"ok": false, "error": {"stage": "read"}})"})
    EXPECT_THAT(complaint(line), HasSubstr("not as clients/PROTOCOL.md says")) << line;
  for (const char* line : {"", "ok", "[1]", "{\"ok\": true"})
    EXPECT_THROW(AdapterAnswer answer(line), AdapterBreach) << line;
}

TEST(ConnectAnswer, HoldsTheSessionAndTheError) {
  EXPECT_EQ(connected(R"({"ok": true, "session": "QUJD"})").session, "QUJD");
  EXPECT_THAT(connected(R"({"ok": true, "session": null})").session, IsEmpty());
  const ClientWord failed =
      connected(R"({"ok": false, "error": {"stage": "handshake", "text": "no", "code": 42}})").word;
  EXPECT_TRUE(failed.answered);
  EXPECT_FALSE(failed.ok);
  EXPECT_EQ(failed.error_stage + " " + failed.error_text + " " + failed.error_code, "handshake no 42");
}

TEST(Refusal, IsToldFromAnError) {
  const AdapterAnswer refusal(R"({"ok": false, "unimplemented": "read"})");
  EXPECT_TRUE(refusal.is_refusal());
  EXPECT_THROW(refusal.want_implemented(), AdapterRefused);
  EXPECT_THROW(refusal.connected(), AdapterRefused);
  const AdapterAnswer error(R"({"ok": false, "error": {"stage": "protocol", "text": "what?"}})");
  EXPECT_FALSE(error.is_refusal());
  EXPECT_NO_THROW(error.want_implemented());
  EXPECT_TRUE(error.is_error_at("protocol"));
  EXPECT_FALSE(error.is_error_at("read"));
  EXPECT_FALSE(AdapterAnswer(R"({"ok": false, "error": {"stage": "protocol", "text": ""}})").is_error_at("protocol"));
  EXPECT_FALSE(AdapterAnswer(R"({"unimplemented": "read"})").is_refusal());
  EXPECT_FALSE(AdapterAnswer(R"({"ok": false, "unimplemented": 1})").is_refusal());
}

TEST(HelloAnswer, SaysWhoItIs) {
  const auto hello = AdapterAnswer(R"({"ok": true, "protocol": 1, "library": "L", "version": "1.0", "carry": "cache",)"
                                   R"( "time": 12.5, "tls": ["1.2", "1.3"], "cannot": {"dhe_rsa": "no suite"}})")
                         .hello();
  EXPECT_TRUE(hello.speaks_protocol);
  EXPECT_EQ(hello.library + " " + hello.version + " " + hello.carry, "L 1.0 cache");
  EXPECT_THAT(hello.time_s, Optional(12.5));
  EXPECT_THAT(hello.tls, ElementsAre(Version::tls12, Version::tls13));
  EXPECT_EQ(hello.cannot.at("dhe_rsa"), "no suite");
}

TEST(HelloAnswer, LeavesOutWhatItDoesNotSay) {
  const auto hello = AdapterAnswer(R"({"ok": true, "protocol": 2, "library": 7, "time": "noon"})").hello();
  EXPECT_FALSE(hello.speaks_protocol);
  EXPECT_THAT(hello.library, IsEmpty());
  EXPECT_FALSE(hello.time_s);
  EXPECT_THAT(hello.tls, IsEmpty());
}

TEST(HelloAnswer, IsNoneWithoutOkOrWithVersionsThatAreNone) {
  for (const char* line :
       {R"({"ok": false})", R"({"library": "L"})", R"({"ok": true, "tls": []})", R"({"ok": true, "tls": ["1.4"]})",
        R"({"ok": true, "tls": [1.2]})", R"({"ok": true, "cannot": ["dhe_rsa"]})",
        R"({"ok": true, "cannot": {"dhe_rsa": 1}})", R"({"ok": true, "cannot": {"fly": "why"}})"})
    EXPECT_THROW(AdapterAnswer(line).hello(), AdapterBreach) << line;
}

}  // namespace
}  // namespace ti

// check-client against an adapter that does all as it should, and against one for each thing that it could do wrong.
#include <gmock/gmock.h>

#include "check/client_check.hpp"
#include "run_test.hpp"

namespace ti {

namespace {

using testing::HasSubstr;

class CheckClientTest : public RunTest {
 protected:
  CheckClientTest() {
    tools_.servers = {&honest_};
    tools_.libfaketime = mode_.libfaketime;
  }

  /// An adapter of the folder fakes/, pinned to the two versions that differ most.
  static ClientManifest python(std::vector<std::string> words) {
    ClientManifest manifest;
    manifest.id = words.back();
    manifest.library = "Python ssl";
    manifest.argv = {"python3", "-B"};
    words.front() = (source() / "tests/component/fakes" / words.front()).string();
    manifest.argv.insert(manifest.argv.end(), words.begin(), words.end());
    manifest.tls = {Version::tls12, Version::tls13};
    manifest.capabilities = {"offer_saved", "dhe_rsa", "rsa_kx", "keylog", "warm"};
    return manifest;
  }

  ClientReport report(ClientManifest manifest, std::string only = "*") {
    tools_.only = std::move(only);
    return run(check_client(std::move(manifest), tools_, context_));
  }

  const ServerManifest honest_ = parse_server_manifest(source() / "servers/openssl").value();
  CheckTools tools_;
};

std::string in_words(const ClientReport& report) {
  std::string text;
  for (const CheckResult& check : report.checks)
    if (check.state == CheckState::failed || check.state == CheckState::impossible)
      text += check.name + ": " + check.note + "\n";
  for (const CapabilityResult& capability : report.capabilities)
    if (!capability.holds()) text += capability.name + ": " + capability.note + "\n";
  return text;
}

TEST_F(CheckClientTest, FindsNothingWrongWithTheExampleInPython) {
  const ClientReport seen = report(python({"example_adapter.py"}));
  EXPECT_TRUE(seen.holds()) << in_words(seen);
  for (const CheckResult& check : seen.checks) EXPECT_EQ(check.state, CheckState::ok) << check.name << check.note;
  for (const CapabilityResult& capability : seen.capabilities)
    EXPECT_EQ(capability.observed, capability.declared) << capability.name << ": " << capability.note;
}

TEST_F(CheckClientTest, FindsNothingWrongWithTheExampleInCpp) {
  ClientManifest manifest;
  manifest.id = "example";
  manifest.library = "OpenSSL";
  manifest.argv = {where::example_adapter()};
  manifest.tls = {Version::tls10, Version::tls11, Version::tls12, Version::tls13};
  manifest.capabilities = {"offer_saved", "dhe_rsa", "rsa_kx", "warm"};
  const ClientReport seen = report(manifest);
  EXPECT_TRUE(seen.holds()) << in_words(seen);
  for (const CheckResult& check : seen.checks) EXPECT_EQ(check.state, CheckState::ok) << check.name << check.note;
  for (const CapabilityResult& capability : seen.capabilities)
    EXPECT_EQ(capability.observed, capability.declared) << capability.name << ": " << capability.note;
}

TEST_F(CheckClientTest, SaysWhichServerItLacks) {
  tools_.servers.clear();
  const ClientReport seen = report(python({"example_adapter.py"}), "carry");
  EXPECT_EQ(seen.checks.front().state, CheckState::impossible);
  EXPECT_FALSE(seen.holds());
  EXPECT_THAT(seen.checks.front().note, HasSubstr("no TLS version in common"));
}

TEST_F(CheckClientTest, LearnsWhatACommandCanDo) {
  const ClientManifest manifest = run(manifest_of_command({where::example_adapter()}, {"warm"}, context_));
  EXPECT_EQ(manifest.carry, Carry::cache);
  EXPECT_EQ(manifest.tls, (std::set{Version::tls10, Version::tls11, Version::tls12, Version::tls13}));
  EXPECT_EQ(manifest.capabilities, std::set<std::string>{"warm"});
}

TEST_F(CheckClientTest, ACommandThatIsNoAdapterHasNoVersions) {
  const ClientManifest manifest = run(manifest_of_command({"/bin/true"}, {}, context_));
  EXPECT_TRUE(manifest.tls.empty());
  const ClientReport seen = report(manifest, "hello");
  EXPECT_FALSE(seen.holds());
}

TEST_F(CheckClientTest, WhatIsDeclaredAndCannotBeSeenDoesNotHold) {
  ClientManifest manifest = python({"example_adapter.py"});
  manifest.tls = {Version::tls13};
  const ClientReport seen = report(manifest, "dhe_rsa");
  EXPECT_FALSE(seen.capabilities.front().observed);
  EXPECT_FALSE(seen.holds());
}

TEST_F(CheckClientTest, TellsAnotherVersionThanItsManifestHasSeen) {
  ClientManifest manifest = python({"example_adapter.py"});
  manifest.seen = "OpenSSL 0.9.6";
  const ClientReport seen = report(manifest, "hello");
  EXPECT_TRUE(seen.holds()) << in_words(seen);
  EXPECT_THAT(seen.checks.front().note, HasSubstr("its manifest was written by OpenSSL 0.9.6"));
}

/// What the manifest says that the client cannot do is not held against it.
TEST_F(CheckClientTest, HoldsNoDeclaredInabilityAgainstIt) {
  for (const auto& [misdeed, cannot, check] :
       {std::tuple{"ClosesWithoutNotice", "close_notify", "whole connection"},
        std::tuple{"LosesSessions", "resume", "carry"}, std::tuple{"FailsToResume", "resume", "carry"},
        std::tuple{"FailsToResume", "resume", "offer none"}}) {
    ClientManifest manifest = python({"bad_adapter.py", misdeed});
    EXPECT_FALSE(report(manifest, check).holds()) << misdeed;
    manifest.cannot[cannot] = "the library's way";
    const ClientReport seen = report(manifest, check);
    EXPECT_TRUE(seen.holds()) << misdeed << in_words(seen);
    EXPECT_EQ(seen.checks.front().state, CheckState::excused) << misdeed;
    EXPECT_THAT(seen.checks.front().note, HasSubstr(std::string("it cannot ") + cannot + ": the library's way"));
  }
}

/// A setting that is neither declared nor refused must have its effect.
TEST_F(CheckClientTest, SeesASettingThatIsIgnoredWithoutAWord) {
  for (const auto& [misdeed, capability] :
       {std::pair{"IgnoresItsCertificate", "client_certificate"}, std::pair{"IgnoresTheCiphers", "ciphers"},
        std::pair{"WritesNoKeyLog", "keylog"}, std::pair{"OffersTheNewestForSaved", "offer_saved"},
        std::pair{"IgnoresItsClock", "own_clock"}}) {
    ClientManifest manifest = python({"bad_adapter.py", misdeed});
    manifest.capabilities.clear();
    const ClientReport seen = report(manifest, capability);
    EXPECT_TRUE(seen.capabilities.front().ignored) << misdeed << seen.capabilities.front().note;
    EXPECT_FALSE(seen.holds()) << misdeed;
  }
}

/// A misdeed and the check that must see it. What is written to stderr is seen after whatever check.
struct Misdeed {
  const char* name;
  const char* seen_by;
  const char* words;
};

class MisdeedTest : public CheckClientTest, public testing::WithParamInterface<Misdeed> {};

TEST_P(MisdeedTest, IsSeen) {
  const Misdeed& misdeed = GetParam();
  ClientManifest manifest = python({"bad_adapter.py", misdeed.name});
  manifest.capabilities.insert({"client_certificate", "ciphers"});
  const ClientReport seen = report(manifest, misdeed.seen_by);
  EXPECT_FALSE(seen.holds());
  EXPECT_THAT(in_words(seen), HasSubstr(misdeed.words));
}

INSTANTIATE_TEST_SUITE_P(
    Each, MisdeedTest,
    testing::Values(Misdeed{"SaysAnotherCarry", "hello", "it says its carry is export"},
                    Misdeed{"SaysNoVersion", "hello", "hello does not say its version"},
                    Misdeed{"SaysTheWrongTime", "hello", "hello does not say the time"},
                    Misdeed{"TakesAnyArgument", "unknown arguments", "it exited with 0"},
                    Misdeed{"ObeysUnknownCommands", "unknown commands", "an unknown command is answered"},
                    Misdeed{"IgnoresUnknownFields", "unknown commands", "an unknown field of hello is answered"},
                    Misdeed{"TakesAnyOffer", "unknown commands", "connect with offer nonsense"},
                    Misdeed{"TakesAnyRead", "unknown commands", "connect with read nonsense"},
                    Misdeed{"DiesOfBrokenLines", "broken lines", "exited with 1"},
                    Misdeed{"AnswersBrokenLinesWithAList", "broken lines", "it answers []"},
                    Misdeed{"AppliesWhatItRefuses", "refusals change nothing", "after a refused configure"},
                    Misdeed{"ExitsInError", "end of input", "it exited with 3"},
                    Misdeed{"TalksOnAtTheEnd", "end of input", "it says unasked: bye"},
                    Misdeed{"SaysItResumed", "whole connection", "it says resumed: true"},
                    Misdeed{"SaysAnotherVersion", "whole connection", "it says version 1.1"},
                    Misdeed{"SaysAnotherCipher", "whole connection", "it says cipher ECDHE-RSA-AES128-SHA"},
                    Misdeed{"CountsTooManyTickets", "whole connection", "it says that it received 99 tickets"},
                    Misdeed{"CountsTooFewBytes", "whole connection", "it says that it received 1 bytes"},
                    Misdeed{"SaysAnotherSessionId", "carry", "it says session_id deadbeef"},
                    Misdeed{"ClosesWithoutNotice", "whole connection", "it does not send close_notify"},
                    Misdeed{"SendsNoRequest", "whole connection", "it does not send the request"},
                    Misdeed{"AlwaysReads", "short connections", "it says that it received"},
                    Misdeed{"AlwaysAsks", "short connections", "it sends a request"},
                    Misdeed{"ConnectsTwice", "whole connection", "2 TCP connections"},
                    Misdeed{"OffersOlderVersions", "version bounds", "its ClientHello offers 0x030"},
                    Misdeed{"FailsAtTheWrongStage", "version bounds", "it fails at stage close"},
                    Misdeed{"TakesNewerVersionsForOld", "version bounds",
                            "pinned to 1.0 its ClientHello offers 0x0303"},
                    Misdeed{"LosesSessions", "carry", "it offers no ticket"},
                    Misdeed{"LosesSessionsOfTls12", "carry", "TLS 1.2: it offers no ticket"},
                    Misdeed{"KeepsTheFirstSession", "carry", "where it should offer that of connection 3"},
                    Misdeed{"FailsToResume", "carry", "the certificate is empty"},
                    Misdeed{"ForgetsBeforeItStartsAfresh", "offer none", "it offers no ticket"},
                    Misdeed{"ForgetsWhereThereAreNoTickets", "offer none", "it offers no ticket"},
                    Misdeed{"OffersAlways", "offer none", "it offers a ticket"},
                    Misdeed{"TrustsEveryone", "strange CA", "it says that all went well"},
                    Misdeed{"TakesAnyName", "other server name", "it says that all went well"},
                    Misdeed{"SaysAllWentWell", "dead port", "it says that all went well"},
                    Misdeed{"FailsWithoutAWord", "dead port", "it fails without a word"},
                    Misdeed{"LivesInRealTime", "clock", "it says that all went well"},
                    Misdeed{"LivesInRealTime", "ticket age", "its clock was moved on by 100 s"},
                    Misdeed{"Chatters", "carry", "connecting"},
                    Misdeed{"OffersTheNewestForSaved", "offer_saved", "it offers another ticket"},
                    Misdeed{"IgnoresItsCertificate", "client_certificate", "it shows none"},
                    Misdeed{"HasFewCiphers", "dhe_rsa", "the server has only DHE-RSA-AES256-SHA"},
                    Misdeed{"HasFewCiphers", "rsa_kx", "the server has only AES128-SHA"},
                    Misdeed{"IgnoresTheCiphers", "ciphers", "told to offer two others"},
                    Misdeed{"WritesNoKeyLog", "keylog", "does not open the connection"},
                    Misdeed{"RemembersAcrossConfigure", "warm", "it still offers a ticket"}),
    [](const auto& info) {
      std::string name = std::string(info.param.name) + "_" + info.param.seen_by;
      std::replace(name.begin(), name.end(), ' ', '_');
      return name;
    });

}  // namespace

}  // namespace ti

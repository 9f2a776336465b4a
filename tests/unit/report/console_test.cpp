// What a person sees of a run, at times that the test makes.
#include "report/console.hpp"

#include <gmock/gmock.h>

namespace ti {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// Written keeps what is printed to a stream.
class Written {
 public:
  ~Written() {
    std::fclose(file_);
    std::free(text_);
  }
  std::FILE* file() { return file_; }
  std::string text() {
    std::fflush(file_);
    return {text_, size_};
  }
  /// What has really been handed on, without our asking for it.
  std::string flushed() const { return {text_, size_}; }

 private:
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::FILE* file_ = ::open_memstream(&text_, &size_);
};

CellResult ended(const std::string& scenario, Outcome outcome, const std::string& reason = "") {
  CellResult cell;
  cell.id = {"nginx", "openssl", scenario, Version::tls12};
  cell.verdict.outcome = outcome;
  cell.verdict.reason = reason;
  return cell;
}

/// As a cell is marked that ended as was to be expected.
CellResult expected(CellResult cell) {
  cell.expected = cell.verdict.outcome;
  return cell;
}

std::string id(const std::string& scenario) { return ended(scenario, Outcome::pass).id.text(); }

class ConsoleTest : public testing::Test {
 protected:
  Console console(bool terminal = false, bool quiet = false) {
    return {out_.file(), progress_.file(), {terminal, false, quiet}, "reports/x y", [this] { return now_; }};
  }

  Results facts_;
  Written out_;
  Written progress_;
  Console::Time now_{};
};

TEST_F(ConsoleTest, ProgressIsOfTheCellsThatRun) {
  Console run = console();
  run.expect({{id("a"), 10}, {id("b"), 10}, {id("c"), 10}, {id("d"), 10}});
  run.run_started(facts_, 104, 0);
  for (int i = 0; i < 100; ++i) run.cell_ended(expected(ended("u" + std::to_string(i), Outcome::unsupported)));
  EXPECT_EQ(progress_.text(), "");
  now_ += 10s;
  run.cell_ended(ended("a", Outcome::pass));
  EXPECT_EQ(progress_.text(), "1 of 4 cells, 0.1/s, about 30 s left, 0 unexpected, 0 known\n");
}

TEST_F(ConsoleTest, WhatIsLeftIsWeighedByItsCost) {
  Console run = console();
  run.expect({{id("a"), 30}, {id("b"), 5}, {id("c"), 5}});
  run.run_started(facts_, 3, 0);
  now_ += 60s;
  run.cell_ended(ended("a", Outcome::fail));
  EXPECT_EQ(progress_.text(), "1 of 3 cells, 0.0/s, about 20 s left, 1 unexpected, 0 known\n");
}

TEST_F(ConsoleTest, ProgressIsShownWhileNoCellEnds) {
  Console run = console();
  run.expect({{id("a"), 10}});
  run.run_started(facts_, 1, 0);
  now_ += 4900ms;
  run.tick();
  EXPECT_EQ(progress_.text(), "");
  now_ += 100ms;
  run.tick();
  run.tick();
  EXPECT_EQ(progress_.text(), "0 of 1 cells, none ended yet after 5 s, 0 unexpected, 0 known\n");
}

TEST_F(ConsoleTest, ATerminalsLineIsDrawnAnewSeveralTimesASecond) {
  Console run = console(true);
  run.expect({{id("a"), 10}, {id("b"), 10}});
  run.run_started(facts_, 2, 0);
  now_ += 200ms;
  run.cell_ended(ended("a", Outcome::pass));
  EXPECT_EQ(progress_.text(), "\r\033[K1 of 2 cells, 5.0/s, about 0 s left, 0 unexpected, 0 known");
}

TEST_F(ConsoleTest, QuietIsQuiet) {
  Console run = console(true, true);
  run.expect({{id("a"), 10}, {id("b"), 10}});
  run.run_started(facts_, 2, 0);
  now_ += 60s;
  run.cell_ended(ended("a", Outcome::pass));
  EXPECT_EQ(progress_.text() + out_.text(), "");
}

TEST_F(ConsoleTest, ThePlanIsToldAtOnceAlsoThroughAPipe) {
  Console run = console();
  facts_.run.clock = "virtual";
  facts_.run.shard = "1/2";
  facts_.run.plan.cells = 7;
  run.expect({{id("a"), 10}});
  run.run_started(facts_, 4, 0);
  EXPECT_EQ(out_.flushed(),
            "4 cells (shard 1/2 of 7), 1 of them to be run: 0 servers, 0 clients, 0 scenarios, virtual clock\n");
}

TEST_F(ConsoleTest, AResumedRunIsToldAsAWhole) {
  Console run = console();
  run.expect({{id("c"), 10}, {id("d"), 10}});
  run.run_started(facts_, 5, 3);
  run.cell_recalled(ended("a", Outcome::pass));
  run.cell_recalled(ended("b", Outcome::fail, "it broke"));
  run.cell_recalled(expected(ended("u", Outcome::unsupported, "client openssl lacks x")));
  now_ += 5s;
  run.cell_ended(ended("c", Outcome::pass));
  EXPECT_EQ(progress_.text(), "3 of 4 cells, 0.2/s, about 5 s left, 1 unexpected, 0 known\n");
  run.cell_ended(ended("d", Outcome::pass));
  run.run_ended({}, false);
  EXPECT_THAT(out_.text(),
              AllOf(HasSubstr("3 ended before"), HasSubstr("openssl  3 pass, 1 UNEXPECTED\n"), HasSubstr("it broke"),
                    HasSubstr("\n1 unexpected, 0 known: 3 pass, 1 fail, 1 unsupported in 5 s;")));
}

TEST_F(ConsoleTest, CellsThatWereNotTriedForOneReasonAreToldOnce) {
  Console run = console();
  run.expect({});
  run.run_started(facts_, 1000, 0);
  run.cell_ended(ended("first", Outcome::error, "client x did not come up: no such file"));
  CellResult late = ended("late", Outcome::error, "it was late");
  late.connections.emplace_back();
  run.cell_ended(late);
  late.id.scenario = "later";
  run.cell_ended(late);
  for (int i = 0; i < 997; ++i) run.cell_ended(ended(std::to_string(i), Outcome::error, "client x is set aside"));
  run.run_ended({}, false);
  EXPECT_THAT(out_.text(), HasSubstr("\nunexpected:\n997 cells  error  client x is set aside\n"
                                     "nginx/openssl/first@1.2  error  client x did not come up: no such file\n"
                                     "nginx/openssl/late@1.2  error  it was late\n"
                                     "nginx/openssl/later@1.2  error  it was late\n"));
  EXPECT_THAT(out_.text(), HasSubstr("1,000 unexpected, 0 known: 1000 error in 0 s"));
}

CellResult against(CellResult cell, Outcome before, const std::string& rule = "") {
  cell.expected = before;
  cell.baseline = BaselineVerdict{before, rule.empty() ? std::nullopt : std::optional(Side::server), rule};
  return cell;
}

TEST_F(ConsoleTest, EveryCellThatTheBaselineSaysOtherwiseOfIsToldAlsoWhenQuiet) {
  Console run = console(false, true);
  facts_.run.sources["baseline"] = "00";
  run.run_started(facts_, 500, 0);
  CellResult failed = ended("old", Outcome::fail, "as before");
  failed.verdict.rule = "rule-a";
  failed.verdict.fault = Side::server;
  for (int i = 0; i < 300; ++i) run.cell_ended(against(failed, Outcome::fail, "rule-a"));
  failed.id.scenario = "changed";
  run.cell_ended(against(failed, Outcome::fail, "rule-b"));
  run.cell_ended(against(ended("gone", Outcome::unsupported, "lacks x"), Outcome::pass));
  run.cell_ended(against(ended("mended", Outcome::pass), Outcome::fail, "rule-a"));
  run.cell_ended(ended("new", Outcome::inconclusive, "not seen"));
  run.cell_ended(against(ended("same", Outcome::pass), Outcome::pass));
  run.run_ended({}, false);
  EXPECT_THAT(
      out_.text(),
      AllOf(HasSubstr(
                "/changed@1.2  fail server  rule-a  as before [unexpected: the baseline says fail server rule-b]\n"),
            HasSubstr("/gone@1.2  unsupported  lacks x [unexpected: the baseline says pass]\n"),
            HasSubstr("/mended@1.2  pass [unexpected: the baseline says fail server rule-a]\n"),
            HasSubstr("/new@1.2  inconclusive  not seen [unexpected: the baseline lacks it]\n"),
            Not(HasSubstr("/old@1.2")), Not(HasSubstr("same"))));
}

TEST_F(ConsoleTest, WithoutABaselineNothingIsSaidOfOne) {
  Console run = console();
  run.run_started(facts_, 1, 0);
  run.cell_ended(ended("new", Outcome::fail, "it broke"));
  run.run_ended({}, false);
  EXPECT_THAT(out_.text(), AllOf(HasSubstr("it broke\n"), Not(HasSubstr("baseline"))));
}

TEST_F(ConsoleTest, AConsoleThatCannotBeWrittenStopsNothing) {
  std::FILE* full = std::fopen("/dev/full", "w");
  ASSERT_TRUE(full);
  std::setvbuf(full, nullptr, _IONBF, 0);
  Console run(full, full, {true, false, false}, "out");
  run.expect({{id("a"), 10}});
  EXPECT_NO_THROW(run.run_started(facts_, 1, 0));
  EXPECT_NO_THROW(run.cell_ended(ended("a", Outcome::fail, "it broke")));
  EXPECT_NO_THROW(run.run_ended({}, true));
  std::fclose(full);
}

TEST_F(ConsoleTest, AStoppedRunSaysHowToGoOn) {
  Console run = console();
  run.run_started(facts_, 1, 0);
  run.run_ended({}, true);
  EXPECT_THAT(out_.text(), AllOf(HasSubstr("stopped: 0 unexpected, 0 known: no cell in 0 s"),
                                 HasSubstr("to go on: ticket-interop run --resume 'reports/x y'\n")));
}

TEST_F(ConsoleTest, AnEmptyShareIsToldAlsoWhenQuiet) {
  Console run = console(false, true);
  facts_.run.shard = "9/10";
  facts_.run.plan.cells = 4;
  run.run_started(facts_, 0, 0);
  EXPECT_EQ(out_.flushed(), "shard 9/10 is empty: there are only 4 cells to share out\n");
}

TEST_F(ConsoleTest, WhatIsUnexpectedComesFirstAndWhole) {
  Console run = console();
  run.run_started(facts_, 1012, 0);
  CellResult known = expected(ended("a", Outcome::fail, "the old ticket"));
  known.known = true;
  known.known_link = "KNOWN.md#a";
  known.known_note = "It keeps the old one";
  known.verdict.fault = Side::client;
  known.verdict.rule = "rule-a";
  for (int i = 0; i < 300; ++i) run.cell_ended(known);
  CellResult broke = ended("z", Outcome::fail, "it broke");
  broke.verdict.fault = Side::server;
  broke.verdict.rule = "rule-b";
  for (int i = 0; i < 712; ++i) {
    broke.id.scenario = "z" + std::to_string(i);
    run.cell_ended(broke);
  }
  run.run_ended({}, false);
  const std::string said = out_.text();
  std::size_t lines = 0;
  for (std::size_t at = said.find("rule-b  it broke"); at != std::string::npos;
       at = said.find("rule-b  it broke", at + 1))
    ++lines;
  EXPECT_EQ(lines, 712U);
  EXPECT_THAT(
      said,
      AllOf(HasSubstr("\nnew findings:\n  nginx (server) breaks rule-b below TLS 1.3: it broke. Seen in 712 cells:"),
            HasSubstr("\nknown findings:\n"
                      "  300 cells: client openssl, rule-a: It keeps the old one (KNOWN.md#a)\n"),
            Not(HasSubstr("the old ticket")),
            HasSubstr("\n712 unexpected, 300 known: 1012 fail in 0 s; results in reports/x y\n")));
  EXPECT_LT(said.rfind("it broke"), said.find("KNOWN.md"));
}

TEST_F(ConsoleTest, WhatIsKnownBySameWordsIsOneLineAndTheSmallestAreCounted) {
  Console run = console();
  run.run_started(facts_, 30, 0);
  CellResult known = expected(ended("a", Outcome::fail, "the old ticket"));
  known.known = true;
  known.verdict.fault = Side::client;
  for (int i = 0; i < 10; ++i) {
    known.known_link = "KNOWN.md#" + std::to_string(i);
    known.known_note = "note " + std::to_string(i);
    known.verdict.rule = "rule-" + std::to_string(i);
    for (const Version version : {Version::tls12, Version::tls13}) {
      known.id.tls = version;
      run.cell_ended(known);
    }
  }
  run.run_ended({}, false);
  const std::string said = out_.text();
  EXPECT_THAT(said, AllOf(HasSubstr("  2 cells: client openssl, rule-4: note 4 (KNOWN.md#4)\n"),
                          HasSubstr("  10 cells: 5 other findings\n"), Not(HasSubstr("note 5"))));
}

TEST_F(ConsoleTest, ControlsAreCountedApart) {
  Console run = console();
  run.run_started(facts_, 3, 0);
  run.cell_ended(ended("a", Outcome::pass));
  CellResult control = expected(ended("b", Outcome::fail, "twice"));
  control.control = Caught::caught;
  run.cell_ended(control);
  control = ended("c", Outcome::pass);
  control.control = Caught::missed;
  run.cell_ended(control);
  run.run_ended({}, false);
  EXPECT_THAT(out_.text(), AllOf(HasSubstr("nginx/openssl/c@1.2  pass [the control's fault was not found]\n"),
                                 HasSubstr("\n1 unexpected, 0 known, 1 of 2 controls caught: 2 pass in 0 s"),
                                 Not(HasSubstr("twice"))));
}

TEST_F(ConsoleTest, ProgressThroughAPipeGrowsSeldom) {
  Console run = console();
  run.expect({{id("a"), 10}});
  run.run_started(facts_, 1, 0);
  for (int s = 0; s < 3600; ++s) {
    now_ += 1s;
    run.tick();
  }
  const std::string said = progress_.text();
  EXPECT_LE(std::count(said.begin(), said.end(), '\n'), 13);
}

TEST_F(ConsoleTest, WhatWasTestedIsTold) {
  Console run = console();
  facts_.servers["nginx"] = {{"version", "nginx/1.22.1"}, {"library_version", "OpenSSL 3.5.4"}};
  facts_.clients["gnutls"] = {{"version", "GnuTLS 3.8.9"}, {"seen", "3.7.9"}};
  facts_.clients["openssl"] = {{"version", "OpenSSL 3.0.19"}, {"seen", "3.0.19"}};
  facts_.clients["openssl-export"] = facts_.clients["openssl"];
  run.run_started(facts_, 1, 0);
  run.cell_ended(ended("a", Outcome::pass));
  run.run_ended({}, false);
  EXPECT_THAT(out_.text(),
              HasSubstr("\ntested:\n"
                        "  GnuTLS 3.8.9 (ANOTHER VERSION than 3.7.9, by which its manifest was written): gnutls\n"
                        "  OpenSSL 3.0.19: openssl, openssl-export\n"
                        "  nginx/1.22.1 with OpenSSL 3.5.4: nginx\n"));
}

TEST(Versions, AreTheOneOfTheManifestOnlyAsAWhole) {
  EXPECT_FALSE(is_other_version("OpenSSL 3.0.1 14 Dec 2021", "3.0.1"));
  EXPECT_TRUE(is_other_version("OpenSSL 3.0.19", "3.0.1"));
  EXPECT_TRUE(is_other_version("OpenSSL 3.5.4", "3.0.1"));
}

TEST(Counted, HasItsPlural) {
  EXPECT_EQ(counted(1, "server"), "1 server");
  EXPECT_EQ(counted(0, "server"), "0 servers");
  EXPECT_EQ(counted(5414, "cell"), "5,414 cells");
  EXPECT_EQ(counted(1234567, "cell"), "1,234,567 cells");
}

}  // namespace
}  // namespace ti

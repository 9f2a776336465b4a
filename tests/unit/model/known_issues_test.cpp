#include <gmock/gmock.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "model/results.hpp"
#include "model/version_range.hpp"
#include "where/where.hpp"

namespace ti {
namespace {

using testing::HasSubstr;

TEST(VersionRange, ComparesNumbersAndLetters) {
  EXPECT_TRUE(in_version_range("<3.1", "3.0.20"));
  EXPECT_FALSE(in_version_range("<3.1", "3.1.0"));
  EXPECT_TRUE(in_version_range("<3.10", "3.9"));
  EXPECT_TRUE(in_version_range("=3.0", "3.0.0"));
  EXPECT_TRUE(in_version_range("3.0.0", "3.0"));
  EXPECT_TRUE(in_version_range(">=1.0.1 <1.0.2", "1.0.1e"));
  EXPECT_FALSE(in_version_range(">=1.0.1 <1.0.2", "1.0.2"));
  EXPECT_TRUE(in_version_range("<1.0.0k", "1.0.0j"));
  EXPECT_FALSE(in_version_range("<1.0.0k", "1.0.0k"));
  EXPECT_TRUE(in_version_range(">1.0.0", "1.0.0a"));
  EXPECT_TRUE(in_version_range("<=0.9.8za", "0.9.8z"));
  EXPECT_TRUE(in_version_range("<3.0.0", "3.0.0-beta1"));
  EXPECT_TRUE(in_version_range("=1.0.2k", "1.0.2k-fips"));
  EXPECT_TRUE(in_version_range("=3.0.20", "3.0.20-1~deb12u2"));
}

TEST(VersionRange, FindsTheVersionInAProgramsLine) {
  EXPECT_TRUE(in_version_range("=3.0.20", "OpenSSL 3.0.20 7 Apr 2026 (Library: OpenSSL 3.0.22)"));
  EXPECT_TRUE(in_version_range(">=1.22", "nginx version: nginx/1.22.1"));
  EXPECT_FALSE(in_version_range(">=0", "BoringSSL"));
  EXPECT_FALSE(in_version_range(">=0", ""));
  EXPECT_TRUE(in_version_range("", ""));
}

TEST(VersionRange, KnowsWhatIsNoRange) {
  for (const char* good : {"", "3", "=3.0", "<1.0.1e", ">=1.0 <=2.0", "<3.0.0-beta1"})
    EXPECT_TRUE(is_version_range(good)) << good;
  for (const char* bad : {"<", "three", "~3.0", "==3", "<3.0!", "< 3.0"}) EXPECT_FALSE(is_version_range(bad)) << bad;
}

CellResult failing() {
  CellResult cell;
  cell.id = {"nginx", "openssl-callback", "renew", Version::tls12};
  cell.verdict.outcome = Outcome::fail;
  cell.verdict.rule = "rfc5077-3.3-one-ticket";
  return cell;
}

bool covers(const KnownIssue& issue, const CellResult& cell) {
  return speaks_of(issue, cell.id, "1.22.1", "3.0.20") && explains(issue, cell.verdict);
}

TEST(KnownIssues, SpeakOfOtherBuildsByTheirVersion) {
  KnownIssue issue;
  issue.rule = "rfc5077-3.3-one-ticket";
  issue.server = "nginx";
  issue.client = "openssl-callback";
  issue.client_versions = ">=3.0 <3.1";
  CellResult cell = failing();
  cell.id.server = "nginx=1.22.1";
  cell.id.client = "openssl-callback=mine";
  EXPECT_TRUE(covers(issue, cell));
  issue.client_versions = "<3.0";
  EXPECT_FALSE(covers(issue, cell));
  issue.client_versions = "";
  issue.client = "openssl";
  EXPECT_FALSE(covers(issue, cell));
}

TEST(KnownIssues, CoverAFailureOfTheirRuleAndPlace) {
  KnownIssue issue;
  issue.rule = "rfc5077-3.3-one-ticket";
  EXPECT_TRUE(covers(issue, failing()));
  issue.client = "openssl*";
  issue.tls = {Version::tls11, Version::tls12};
  issue.server_versions = "<1.23";
  issue.client_versions = ">=3.0 <3.1";
  EXPECT_TRUE(covers(issue, failing()));

  const auto with = [&](auto change) {
    KnownIssue changed = issue;
    change(changed);
    return covers(changed, failing());
  };
  EXPECT_FALSE(with([](KnownIssue& i) { i.server = "openssl"; }));
  EXPECT_FALSE(with([](KnownIssue& i) { i.client = "gnutls"; }));
  EXPECT_FALSE(with([](KnownIssue& i) { i.scenario = "young"; }));
  EXPECT_FALSE(with([](KnownIssue& i) { i.rule = "rfc5077-3.3-promise"; }));
  EXPECT_TRUE(with([](KnownIssue& i) { i.rule = "rfc5077-*"; }));
  EXPECT_FALSE(with([](KnownIssue& i) { i.tls = {Version::tls13}; }));
  EXPECT_FALSE(with([](KnownIssue& i) { i.server_versions = ">1.23"; }));
  EXPECT_FALSE(with([](KnownIssue& i) { i.client_versions = "<3.0.20"; }));
}

TEST(KnownIssues, CoverNothingButFailures) {
  KnownIssue issue;
  issue.rule = "*";
  for (const Outcome outcome : {Outcome::pass, Outcome::unsupported, Outcome::inconclusive, Outcome::error}) {
    CellResult cell = failing();
    cell.verdict.outcome = outcome;
    EXPECT_FALSE(covers(issue, cell)) << name(outcome);
  }
}

TEST(KnownIssues, TheRepositorysListLoads) {
  const auto issues = load_known_issues(where::source() / "reports/known_issues.json");
  EXPECT_TRUE(issues) << issues.error().text();
}

struct File {
  explicit File(const std::string& text) { std::ofstream(path) << text; }
  ~File() { std::filesystem::remove(path); }
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("ti-known-" + std::to_string(::getpid()));
};

std::string complaint(const std::string& text) {
  const File file(text);
  const auto issues = load_known_issues(file.path);
  return issues ? "no complaint" : issues.error().text();
}

TEST(KnownIssues, EveryFieldIsRead) {
  const File file(R"([ // why
    { "server": "s*", "client": "c", "scenario": "x", "rule": "r", "tls": ["1.2"], "server_versions": "<3",
      "client_versions": ">=1.0.1", "link": "https://example.org", "note": "n" } ])");
  const auto issues = load_known_issues(file.path);
  ASSERT_TRUE(issues) << issues.error().text();
  const KnownIssue& issue = issues->at(0);
  EXPECT_EQ(issue.server + issue.client + issue.scenario + issue.rule, "s*cxr");
  EXPECT_THAT(issue.tls, testing::ElementsAre(Version::tls12));
  EXPECT_EQ(issue.server_versions, "<3");
  EXPECT_EQ(issue.client_versions, ">=1.0.1");
  EXPECT_EQ(issue.link, "https://example.org");
  EXPECT_EQ(issue.note, "n");
}

TEST(KnownIssues, AListOfScenariosIsAnIssueEach) {
  const File file(
      R"([ { "scenario": ["chain", "*renew*"], "rule": "r", "link": "l" }, { "rule": "s", "link": "l" } ])");
  const auto issues = load_known_issues(file.path);
  ASSERT_TRUE(issues) << issues.error().text();
  ASSERT_EQ(issues->size(), 3U);
  EXPECT_EQ(issues->at(0).scenario + issues->at(0).rule, "chainr");
  EXPECT_EQ(issues->at(1).scenario + issues->at(1).rule, "*renew*r");
  EXPECT_EQ(issues->at(2).scenario + issues->at(2).rule, "*s");
}

TEST(KnownIssues, ComplainOfWhatIsWrong) {
  EXPECT_THAT(complaint(R"([{"rule": "x"}])"), HasSubstr("\"link\" is missing"));
  EXPECT_THAT(complaint(R"([{"link": "x"}])"), HasSubstr("\"rule\" is missing"));
  EXPECT_THAT(complaint(R"([{"rule": "x", "link": "x", "sever": "x"}])"), HasSubstr("did you mean \"server\"?"));
  EXPECT_THAT(complaint(R"([{"rule": "x", "link": "x", "client_versions": "old"}])"), HasSubstr("must be a range"));
}

}  // namespace
}  // namespace ti

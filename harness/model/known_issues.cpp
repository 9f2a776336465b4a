#include <algorithm>

#include "base/text.hpp"
#include "model/build.hpp"
#include "model/fields.hpp"
#include "model/files.hpp"
#include "model/results.hpp"
#include "model/version_range.hpp"

namespace ti {

namespace {

std::string read_range(const JsonValue& value) {
  if (!is_version_range(value.string()))
    value.fail("\"" + value.name() + "\" must be a range such as \"<3.1\" or \">=1.0.1 <1.0.2\", found \"" +
               value.string() + '"');
  return value.string();
}

/// One issue for each glob of its scenarios, so that of each is known whether it was seen again.
std::vector<KnownIssue> read_known_issue(const JsonValue& value) {
  value.allow({"server", "client", "scenario", "rule", "tls", "server_versions", "client_versions", "link", "note"});
  KnownIssue issue;
  if (const auto* server = value.find("server")) issue.server = server->string();
  if (const auto* client = value.find("client")) issue.client = client->string();
  std::vector<std::string> scenarios{issue.scenario};
  if (const auto* scenario = value.find("scenario"))
    scenarios = scenario->kind() == JsonValue::Kind::array ? scenario->strings() : std::vector{scenario->string()};
  issue.rule = value.at("rule").string();
  if (const auto* tls = value.find("tls")) issue.tls = read_versions(*tls);
  if (const auto* versions = value.find("server_versions")) issue.server_versions = read_range(*versions);
  if (const auto* versions = value.find("client_versions")) issue.client_versions = read_range(*versions);
  issue.link = value.at("link").string();
  if (const auto* note = value.find("note")) issue.note = note->string();
  std::vector<KnownIssue> issues(scenarios.size(), issue);
  for (std::size_t i = 0; i < scenarios.size(); ++i) issues[i].scenario = scenarios[i];
  return issues;
}

}  // namespace

Result<std::vector<KnownIssue>> load_known_issues(const std::filesystem::path& file) {
  const Result<std::string> text = read_file(file);
  if (!text) return text.error();
  return read_json(*text, file.string(), [](const JsonValue& list) {
    std::vector<KnownIssue> issues;
    for (const JsonValue& item : list.items())
      for (KnownIssue& issue : read_known_issue(item)) issues.push_back(std::move(issue));
    return issues;
  });
}

namespace {

/// An issue of a server or client is one of its builds', too: its versions tell of which.
bool names(const std::string& glob, const std::string& id) {
  return glob_match(glob, id) || glob_match(glob, without_build(id));
}

}  // namespace

bool speaks_of(const KnownIssue& issue, const CellId& cell, const std::string& server_version,
               const std::string& client_version) {
  return names(issue.server, cell.server) && names(issue.client, cell.client) &&
         glob_match(issue.scenario, cell.scenario) &&
         (issue.tls.empty() || std::find(issue.tls.begin(), issue.tls.end(), cell.tls) != issue.tls.end()) &&
         in_version_range(issue.server_versions, server_version) &&
         in_version_range(issue.client_versions, client_version);
}

bool explains(const KnownIssue& issue, const Verdict& verdict) {
  return verdict.outcome == Outcome::fail && glob_match(issue.rule, verdict.rule);
}

}  // namespace ti

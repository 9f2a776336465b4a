// Versions side by side: what changed between which.
#include "report/history.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "model/files.hpp"
#include "model/json_schema.hpp"
#include "where/where.hpp"

namespace ti {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// A run of one cell of gnutls at that version, with a server that told its own.
Results run_of(const std::string& version, Outcome outcome, const std::string& started = "2026-01-01T00:00:00Z") {
  Results results;
  results.run.started = started;
  CellResult cell;
  cell.id = *CellId::parse("nginx/gnutls=" + version + "/renew@1.2");
  cell.verdict.outcome = outcome;
  if (outcome == Outcome::fail) {
    cell.verdict.fault = Side::client;
    cell.verdict.rule = "expect-offered";
  }
  results.clients[cell.id.client]["version"] = "GnuTLS " + version;
  results.servers["nginx"]["version"] = "nginx version: nginx/1.22.1";
  results.cells = {cell};
  return results;
}

std::string text_of(const std::vector<Results>& runs) {
  History history;
  for (const Results& run : runs) history.add(run);
  return history.text();
}

TEST(History, TellsBetweenWhichVersionsACellBrokeWhateverTheOrderOfRuns) {
  EXPECT_EQ(text_of({run_of("3.10.0", Outcome::fail), run_of("3.8.9", Outcome::fail), run_of("3.7.9", Outcome::pass)}),
            "client gnutls: 3.7.9, 3.8.9, 3.10.0\n"
            "  broken between 3.7.9 and 3.8.9 (fail client expect-offered), still in 3.10.0: 1 cell: "
            "nginx/gnutls/renew@1.2\n");
}

TEST(History, TellsWhatWasFixedAndWhatAlwaysFailed) {
  EXPECT_THAT(text_of({run_of("3.7.9", Outcome::fail), run_of("3.8.9", Outcome::pass)}),
              HasSubstr("  fixed between 3.7.9 and 3.8.9 (pass): 1 cell"));
  EXPECT_THAT(text_of({run_of("3.7.9", Outcome::fail), run_of("3.8.9", Outcome::fail)}),
              HasSubstr("  fails since 3.7.9 or before, still in 3.8.9 (fail client expect-offered): 1 cell"));
  EXPECT_THAT(text_of({run_of("3.7.9", Outcome::pass), run_of("3.8.9", Outcome::pass)}),
              HasSubstr("  pass from 3.7.9 to 3.8.9: 1 cell"));
}

TEST(History, TheLaterRunOfOneVersionCounts) {
  const Results first = run_of("3.7.9", Outcome::fail);
  const Results later = run_of("3.7.9", Outcome::pass, "2026-01-02T00:00:00Z");
  const Results other = run_of("3.8.9", Outcome::pass);
  for (const auto& runs : {std::vector{first, later, other}, std::vector{later, first, other}})
    EXPECT_THAT(text_of(runs), Not(HasSubstr("fail")));
}

TEST(History, ControlsHaveNone) {
  Results caught = run_of("3.8.9", Outcome::fail);
  caught.cells[0].control = Caught::caught;
  EXPECT_THAT(text_of({run_of("3.7.9", Outcome::pass), caught}), Not(HasSubstr("fail")));
}

TEST(History, OneVersionIsNoHistory) {
  EXPECT_EQ(text_of({run_of("3.7.9", Outcome::fail)}), "no server or client was seen at two versions\n");
}

TEST(History, JsonKeepsItsSchema) {
  History history;
  history.add(run_of("3.7.9", Outcome::pass));
  history.add(run_of("3.8.9", Outcome::fail));
  const auto json = nlohmann::json::parse(history.json());
  Schema schema(nlohmann::json::parse(read_file(where::source() / "reports/history.schema.json").value()));
  EXPECT_THAT(schema.complaints(json), IsEmpty());
  EXPECT_EQ(json["histories"][0]["courses"][0]["cells"][0], "nginx/gnutls/renew@1.2");
}

}  // namespace
}  // namespace ti

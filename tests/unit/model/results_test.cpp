#include "model/results.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "model/cell_line.hpp"
#include "model/files.hpp"
#include "model/findings.hpp"
#include "model/json_schema.hpp"
#include "where/where.hpp"

namespace ti {
namespace {

using nlohmann::json;
using testing::HasSubstr;

CellResult failing_cell() {
  CellResult cell;
  cell.id = {"nginx", "openssl", "renew", Version::tls12};
  cell.verdict.outcome = Outcome::fail;
  cell.verdict.fault = Side::server;
  cell.verdict.rule = "rfc5077-3.3-one-ticket";
  cell.verdict.reason = "a second \"NewSessionTicket\" came";
  cell.verdict.at = Place{2, 5};
  cell.verdict.breaches = {{"rfc5077-3.3-one-ticket", Severity::must, Side::server, "twice", {2, 5}},
                           {"witness-resumed", Severity::witness, Side::client, "says so", {2, std::nullopt}}};
  cell.verdict.consequences = {{"the client sent unexpected_message", {2, 9}}};
  cell.known = true;
  cell.known_link = "https://example.org/1";
  cell.expected = Outcome::fail;
  ConnectionSummary connection;
  connection.at_s = 15;
  connection.handshake = "resumed";
  connection.resumed_by = "ticket";
  connection.version = "1.2";
  connection.cipher = "TLS_DHE_RSA_WITH_AES_256_CBC_SHA";
  connection.offered = "aa";
  connection.new_tickets = {{"bb", 0, 192}, {"cc", 4294967295, 192}};
  connection.messages = {{Side::client, "ClientHello", 200, 1.5, false, "offers A"},
                         {Side::server, "Encrypted", 40, 2.25, true, ""}};
  connection.problems = {{Side::server, 1, "a protected record cannot be opened"}};
  connection.client = {true,         false,       true,          "1.2",     "DHE-RSA-AES256-SHA", "00ff", 2,
                       std::nullopt, "handshake", "bad message", "14092072"};
  connection.server.decisions = {{false, "aabb", 15, 2}, {true, "ccdd", std::nullopt, -1}};
  connection.server.errors = {"an error"};
  ConnectionSummary failed;
  failed.at_s = 25.5;
  failed.handshake = "failed";
  cell.connections = {connection, failed};
  cell.duration_ms = 12.3456;
  cell.evidence = Evidence{"c.pcapng", "", "trace.txt", {"server.log"}};
  return cell;
}

CellResult passing_cell() {
  CellResult cell;
  cell.id = {"nginx", "openssl", "young", Version::tls13};
  return cell;
}

CellResult cell_of(const std::string& client, Outcome outcome) {
  CellResult cell;
  cell.id = {"nginx", client, "renew", Version::tls12};
  cell.verdict.outcome = outcome;
  return cell;
}

std::vector<std::string> keys(const json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

TEST(CellId, IsTextAndBack) {
  const CellId id{"nginx", "openssl", "renew", Version::tls12};
  EXPECT_EQ(id.text(), "nginx/openssl/renew@1.2");
  EXPECT_EQ(CellId::parse("nginx/openssl/renew@1.2"), id);
  for (const char* wrong :
       {"", "nginx/openssl/renew", "nginx/openssl@1.2", "a/b/c/d@1.2", "a//c@1.2", "a/b/c@1.4", "a/b/c@"})
    EXPECT_EQ(CellId::parse(wrong), std::nullopt) << wrong;
}

TEST(CellJson, HoldsEveryFieldOfTheContract) {
  const std::string text = cell_json(failing_cell());
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const json cell = json::parse(text);
  EXPECT_EQ(cell["id"], "nginx/openssl/renew@1.2");
  EXPECT_EQ(cell["server"], "nginx");
  EXPECT_EQ(cell["client"], "openssl");
  EXPECT_EQ(cell["scenario"], "renew");
  EXPECT_EQ(cell["tls"], "1.2");
  EXPECT_EQ(cell["verdict"], "fail");
  EXPECT_EQ(cell["fault"], "server");
  EXPECT_EQ(cell["rule"], "rfc5077-3.3-one-ticket");
  EXPECT_EQ(cell["reason"], "a second \"NewSessionTicket\" came");
  EXPECT_EQ(cell["expected"], "fail");
  EXPECT_EQ(cell["at"], json({{"connection", 2}, {"message", 5}}));
  EXPECT_EQ(cell["duration_ms"], 12.346);
  EXPECT_EQ(cell["evidence"],
            json({{"capture", "c.pcapng"}, {"keylog", nullptr}, {"trace", "trace.txt"}, {"logs", {"server.log"}}}));
  const json& connection = cell["connections"][0];
  EXPECT_THAT(keys(connection),
              testing::UnorderedElementsAre("at_s", "handshake", "resumed_by", "version", "cipher", "offered",
                                            "new_tickets", "messages", "problems", "witness"));
  EXPECT_EQ(connection["at_s"], 15);
  EXPECT_EQ(connection["new_tickets"][1], json({{"sha256", "cc"}, {"lifetime_s", 4294967295U}, {"bytes", 192}}));
  EXPECT_EQ(connection["messages"][0], json({{"from", "client"},
                                             {"type", "ClientHello"},
                                             {"bytes", 200},
                                             {"at_ms", 1.5},
                                             {"sealed", false},
                                             {"note", "offers A"}}));
  EXPECT_EQ(connection["problems"][0],
            json({{"from", "server"}, {"before_message", 1}, {"what", "a protected record cannot be opened"}}));
  EXPECT_FALSE(cell["connections"][1].contains("problems"));
  EXPECT_EQ(connection["witness"]["client"]["error"]["code"], "14092072");
  EXPECT_EQ(connection["witness"]["server"]["decisions"][0],
            json({{"op", "decrypt"}, {"key", "aabb"}, {"age_s", 15}, {"result", 2}}));
}

TEST(CellJson, SaysNullWhereTheContractDoes) {
  const json cell = json::parse(cell_json(passing_cell()));
  for (const char* field : {"fault", "rule", "at", "evidence"}) EXPECT_TRUE(cell.at(field).is_null()) << field;
  const json connection = json::parse(cell_json(failing_cell()))["connections"][1];
  for (const char* field : {"resumed_by", "offered", "version", "cipher"})
    EXPECT_TRUE(connection.at(field).is_null()) << field;
  EXPECT_EQ(connection["new_tickets"], json::array());
}

TEST(CellJson, IsTheSameAfterReadingBack) {
  for (const CellResult& cell : {failing_cell(), passing_cell()}) {
    const std::string text = cell_json(cell);
    const auto back = parse_cell(text);
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(cell_json(*back), text);
    EXPECT_EQ(back->id, cell.id);
  }
}

TEST(CellJson, TakesAnyBytesFromAPeer) {
  CellResult cell = failing_cell();
  cell.connections[0].client.error_text = std::string("\xff\xfe caf\xc3\xa9 \x01\n\\ \xed\xa0\x80", 17);
  cell.connections[0].client.cipher = std::string(1, '\0');
  cell.verdict.reason = "\xc3";
  const std::string text = cell_json(cell);
  EXPECT_THAT(text, HasSubstr("caf\xc3\xa9"));
  const json parsed = json::parse(text);
  EXPECT_EQ(parsed["reason"], "\xef\xbf\xbd");
  EXPECT_TRUE(parse_cell(text));
}

TEST(CellJson, NeverWritesANumberThatIsNotJson) {
  CellResult cell = passing_cell();
  cell.duration_ms = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(json::parse(cell_json(cell))["duration_ms"].is_null());
}

TEST(ParseCell, NamesWhatIsMissingOrWrong) {
  json cell = json::parse(cell_json(failing_cell()));
  const auto complaint = [](const json& text) {
    const auto result = parse_cell(text.dump());
    return result ? "no complaint" : result.error().text();
  };
  json without = cell;
  without.erase("verdict");
  EXPECT_EQ(complaint(without), "cell:1: \"verdict\" is missing in the file");
  json other = cell;
  other["server"] = "apache";
  EXPECT_THAT(complaint(other), HasSubstr("\"server\" is not that of the cell's id nginx/openssl/renew@1.2"));
  json unknown = cell;
  unknown["verdict"] = "flaky";
  EXPECT_THAT(complaint(unknown), HasSubstr("\"flaky\" is not a verdict"));
  json future = cell;
  future["invented_later"] = 1;
  EXPECT_EQ(complaint(future), "no complaint");
}

TEST(Pairs, AFailureOutweighsAnErrorAndAnErrorAPass) {
  const std::vector<CellResult> cells = {
      cell_of("a", Outcome::pass),        cell_of("a", Outcome::fail),        cell_of("a", Outcome::error),
      cell_of("b", Outcome::pass),        cell_of("b", Outcome::error),       cell_of("c", Outcome::pass),
      cell_of("c", Outcome::unsupported), cell_of("d", Outcome::unsupported), cell_of("c", Outcome::inconclusive),
      cell_of("e", Outcome::unsupported), cell_of("e", Outcome::inconclusive)};
  const auto pairs = pairs_of(cells);
  ASSERT_EQ(pairs.size(), 5U);
  EXPECT_EQ(pairs[0].verdict(), Outcome::fail);
  EXPECT_EQ(pairs[1].verdict(), Outcome::error);
  EXPECT_EQ(pairs[2].verdict(), Outcome::pass);
  EXPECT_EQ(pairs[3].verdict(), Outcome::unsupported);
  EXPECT_EQ(pairs[4].verdict(), Outcome::error);
  EXPECT_EQ(pairs[0].server, "nginx");
  EXPECT_EQ(pairs[0].client, "a");
  EXPECT_EQ(totals_of(cells).counts.at(Outcome::pass), 3U);
}

TEST(Plan, IsNamedByAllItsCellsAndNothingElse) {
  const PlanFacts plan = plan_of({"a/b/c@1.2", "a/b/d@1.2"});
  EXPECT_EQ(plan.cells, 2U);
  EXPECT_EQ(plan.sha256, "7f06abda42e12919c0dfd2899b48106ae3509be356abcaaae821eff4807f3145");
  EXPECT_EQ(plan, plan_of({"a/b/d@1.2", "a/b/c@1.2"}));
  EXPECT_NE(plan, plan_of({"a/b/c@1.2"}));
  EXPECT_NE(plan, plan_of({"a/b/c@1.2", "a/b/d@1.3"}));
}

Results some_results() {
  Results results;
  results.run = {
      "r1", "2026-01-01T00:00:00Z", "2026-01-01T00:00:09Z", "virtual", "0.1.0", "host", {"run", "--quiet"}, "2/5", 3};
  results.run.plan = {15, "0123"};
  results.run.sources = {{"scenarios", "abcd"}, {"clients", "ef01"}};
  results.servers["nginx"] = {{"version", "nginx/1.22.1"}, {"binary_sha256", "ab"}};
  results.clients["openssl"] = {{"version", "3.0.20"}, {"library", "OpenSSL"}};
  results.scenarios["renew"] = {"A title", {"RFC 5077 3.3"}};
  results.cells = {failing_cell(), passing_cell()};
  group_cells(results);
  return results;
}

TEST(ResultsJson, HoldsEverySectionOfTheContract) {
  const json document = json::parse(results_json(some_results()));
  EXPECT_EQ(document["schema"], "ticket-interop/results/2");
  EXPECT_EQ(document["run"]["argv"], json({"run", "--quiet"}));
  EXPECT_EQ(document["run"]["plan"], json({{"cells", 15}, {"sha256", "0123"}}));
  EXPECT_EQ(document["run"]["sources"], json({{"clients", "ef01"}, {"scenarios", "abcd"}}));
  EXPECT_EQ(document["servers"]["nginx"]["binary_sha256"], "ab");
  EXPECT_EQ(document["scenarios"]["renew"]["spec"], json({"RFC 5077 3.3"}));
  EXPECT_EQ(document["cells"].size(), 2U);
  EXPECT_EQ(document["pairs"][0]["verdict"], "fail");
  const json totals = {{"pass", 1}, {"fail", 1}, {"unsupported", 0}, {"inconclusive", 0}, {"error", 0}};
  EXPECT_EQ(document["pairs"][0]["cells"], totals);
  EXPECT_EQ(document["totals"], totals);
}

TEST(ResultsJson, IsTheSameAfterReadingBack) {
  const std::string text = results_json(some_results());
  const auto back = parse_results(text, "results.json");
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(results_json(*back), text);
}

TEST(ResultsJson, IsTheSameHoweverItIsLaidOut) {
  const std::string text = results_json(some_results());
  for (const int indent : {-1, 2}) {
    const auto back = parse_results(json::parse(text).dump(indent), "results.json");
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(results_json(*back), text);
  }
}

TEST(ResultsJson, NamesTheLineOfWhatIsWrongInACellOrBehindThem) {
  const std::string right = results_json(some_results());
  const auto error_of = [&](const std::string& what, const std::string& by) {
    std::string text = right;
    text.replace(text.find(what), what.size(), by);
    const auto back = parse_results(text, "r.json");
    return back ? "" : back.error().text();
  };
  const std::string what = "\"duration_ms\":";
  const auto line = 1 + std::count(right.begin(), right.begin() + static_cast<std::ptrdiff_t>(right.find(what)), '\n');
  EXPECT_THAT(error_of(what, "\"duration\":"), testing::StartsWith("r.json:" + std::to_string(line) + ":"));
  EXPECT_THAT(error_of("\"totals\":{", "\"totals\":["), testing::StartsWith("r.json:"));
}

TEST(ResultsJson, HasItsFindingsAndEachFailingCellNamesItsOwn) {
  const json document = json::parse(results_json(some_results()));
  ASSERT_EQ(document["findings"].size(), 1U);
  EXPECT_EQ(document["findings"][0]["id"], document["cells"][0]["finding"]);
  EXPECT_EQ(document["findings"][0]["state"], "known");
  EXPECT_EQ(document["findings"][0]["links"], json({{{"link", "https://example.org/1"}, {"note", nullptr}}}));
  EXPECT_FALSE(document["cells"][1].contains("finding"));
}

TEST(ResultsJson, OfAnEarlierProgramIsGroupedWhenItIsRead) {
  json earlier = json::parse(results_json(some_results()));
  const json findings = earlier["findings"];
  earlier.erase("findings");
  earlier["cells"][0].erase("finding");
  const auto back = parse_results(earlier.dump(), "results.json");
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(json::parse(results_json(*back))["findings"], findings);
}

TEST(ResultsJson, RefusesAnotherSchema) {
  const auto result = parse_results(R"({"schema": "ticket-interop/results/3"})", "r.json");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().text(),
            "r.json:1: this is \"ticket-interop/results/3\"; what can be read is \"ticket-interop/results/2\" and "
            "\"ticket-interop/results/1\"");
}

TEST(CellLine, HasNoMessagesAndIsTheSameAfterReadingBack) {
  for (const CellResult& cell : {failing_cell(), passing_cell()}) {
    const std::string line = cell_line(cell);
    const auto back = parse_cell(line);
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(cell_line(*back), line);
    EXPECT_EQ(back->verdict.reason, cell.verdict.reason);
    EXPECT_EQ(back->connections.size(), cell.connections.size());
  }
  const json line = json::parse(cell_line(failing_cell()));
  EXPECT_FALSE(line.contains("findings"));
  EXPECT_FALSE(line["connections"][0].contains("messages"));
  EXPECT_EQ(line["connections"][0]["new_tickets"], json({"bb", "cc"}));
  EXPECT_EQ(line["evidence"], json::parse(cell_json(failing_cell()))["evidence"]);
}

TEST(CellLine, IsNeverLongerThanItMayBe) {
  CellResult cell = failing_cell();
  for (int i = 0; i < 720; ++i) cell.connections.push_back(cell.connections[0]);
  cell.verdict.reason.clear();
  for (int i = 0; i < 500; ++i) cell.verdict.reason += "\xc3\xa9";
  const std::string line = cell_line(cell);
  EXPECT_LE(line.size(), most_of_a_cell);
  const json parsed = json::parse(line);
  EXPECT_GT(parsed["connections"].size(), 0U);
  EXPECT_EQ(parsed["connections"].size() + parsed["connections_left_out"].get<std::size_t>(), cell.connections.size());
  EXPECT_THAT(parsed["reason"].get<std::string>(), testing::EndsWith("\xc3\xa9..."));
  EXPECT_EQ(cell_line(*parse_cell(line)), line) << "what was left out stays counted";
}

json results_schema_file() { return json::parse(read_file(where::source() / "reports/results.schema.json").value()); }

TEST(ResultsSchema, HoldsForWhatIsWritten) {
  Schema schema(results_schema_file());
  EXPECT_THAT(schema.complaints(json::parse(results_json(some_results()))), testing::IsEmpty());
}

TEST(CellSchema, HoldsForAWholeCellAndRefusesOneWithoutMessages) {
  Schema schema(json::parse(read_file(where::source() / "reports/cell.schema.json").value()));
  for (const CellResult& cell : {failing_cell(), passing_cell()}) {
    EXPECT_THAT(schema.complaints(json::parse(cell_json(cell))), testing::IsEmpty());
    EXPECT_THAT(schema.complaints(json::parse(cell_details(cell))), testing::IsEmpty());
    EXPECT_EQ(cell_json(*parse_cell(cell_details(cell))), cell_json(cell)) << "the times of messages come back";
  }
  EXPECT_THAT(schema.complaints(json::parse(cell_line(failing_cell()))), testing::Not(testing::IsEmpty()));
}

TEST(ResultsSchema, RefusesEveryCellThatLacksAFieldOfTheContract) {
  Schema schema(results_schema_file());
  const json good = json::parse(results_json(some_results()));
  for (const char* field : {"id", "server", "client", "scenario", "tls", "verdict", "fault", "rule", "reason",
                            "expected", "at", "connections", "duration_ms", "evidence"}) {
    json bad = good;
    bad["cells"][0].erase(field);
    EXPECT_THAT(schema.complaints(bad), testing::ElementsAre("$/cells/0 lacks " + std::string(field)));
  }
  json bad = good;
  bad["cells"][0]["connections"][0]["handshake"] = "reused";
  EXPECT_THAT(schema.complaints(bad), testing::SizeIs(1));
  bad = good;
  bad["totals"].erase("error");
  EXPECT_THAT(schema.complaints(bad), testing::SizeIs(1));
}

}  // namespace
}  // namespace ti

#include "cli/decode_report.hpp"

#include <gmock/gmock.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "model/files.hpp"
#include "model/json_schema.hpp"
#include "where/where.hpp"

namespace ti {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// What a report writes to the file that it is given.
class Paper {
 public:
  ~Paper() { std::fclose(file_); }
  std::FILE* file() { return file_; }

  std::string text() {
    std::string text(static_cast<std::size_t>(std::ftell(file_)), '\0');
    std::rewind(file_);
    text.resize(std::fread(text.data(), 1, text.size(), file_));
    return text;
  }

 private:
  std::FILE* file_ = std::tmpfile();
};

JudgedConnection passing(std::size_t number) {
  JudgedConnection connection{"a.pcap", "192.0.2.1:40000", "192.0.2.2:443", {}, {}};
  connection.summary.at_s = 65;
  connection.summary.handshake = "full";
  connection.summary.version = "1.2";
  connection.summary.messages = {{Side::client, "ClientHello", 200, 65'250, false, "asks for a ticket"}};
  connection.judgement.number = number;
  return connection;
}

JudgedConnection failing(std::size_t number) {
  JudgedConnection connection = passing(number);
  Judgement& judgement = connection.judgement;
  judgement.outcome = JudgementOutcome::fail;
  judgement.reason = judgement.verdict.reason = "it does";
  judgement.verdict.outcome = Outcome::fail;
  judgement.verdict.fault = Side::server;
  judgement.verdict.rule = "a-rule";
  judgement.verdict.at = Place{number, 0};
  judgement.verdict.breaches = {{"a-rule", Severity::must, Side::server, "it does", {number, 0}},
                                {"b-rule", Severity::should, Side::client, "so does he", {number, 0}}};
  judgement.verdict.consequences = {{"the client sent an alert", {number, 0}}};
  return connection;
}

JudgedConnection given_up(std::size_t number) {
  JudgedConnection connection = passing(number);
  connection.judgement.outcome = JudgementOutcome::given_up;
  connection.judgement.reason = "the client left";
  connection.summary.handshake = "failed";
  return connection;
}

void tell(DecodeReport& report) {
  DecodeTally tally;
  for (const JudgedConnection& connection : {passing(1), failing(2), given_up(3)}) {
    tally.add(connection.judgement);
    report.connection(connection);
  }
  report.note("5 records could not be opened");
  report.end(tally, {"412 packets of QUIC", "3 DTLS connections"});
}

TEST(DecodeReport, text_tells_each_connection_and_sums_up) {
  Paper paper;
  tell(*text_report(paper.file(), false, false));
  const std::string text = paper.text();
  EXPECT_THAT(text, HasSubstr("connection 1  at 1 min 05.0 s  192.0.2.1:40000 -> 192.0.2.2:443  full  TLS 1.2"));
  EXPECT_THAT(text, HasSubstr("1 min 05.2 s  ClientHello"));
  EXPECT_THAT(text, HasSubstr("  fail, fault: server, rule: a-rule, at connection 2 message 0\n    it does\n"));
  EXPECT_THAT(text, HasSubstr("also: b-rule (client, should) at connection 2 message 0: so does he"));
  EXPECT_THAT(text, HasSubstr("  given up\n    the client left\n"));
  EXPECT_THAT(text, HasSubstr("not judged: 412 packets of QUIC, 3 DTLS connections\n"));
  EXPECT_THAT(text, HasSubstr("3 connections: 1 pass, 1 fail (server), 1 given up\n"));
  EXPECT_THAT(text, HasSubstr("\nverdict: fail, fault: server, rule: a-rule, at connection 2 message 0\n  it does\n"));
}

TEST(DecodeReport, json_is_as_its_schema_says) {
  Schema schema(nlohmann::json::parse(read_file(where::source() / "reports/decode.schema.json").value()));
  Paper paper;
  tell(*json_report(paper.file()));
  const auto document = nlohmann::json::parse(paper.text());
  EXPECT_THAT(schema.complaints(document), IsEmpty());
  EXPECT_EQ(document["connections"].size(), 3u);
  EXPECT_EQ(document["verdict"], "fail");
  EXPECT_EQ(document["summary"]["counts"]["fail (server)"], 1);

  auto wrong = document;
  wrong["connections"][0]["verdict"] = "fine";
  wrong["connections"][1].erase("reason");
  EXPECT_EQ(schema.complaints(wrong).size(), 2u);

  Paper empty;
  json_report(empty.file())->end({}, {});
  EXPECT_THAT(schema.complaints(nlohmann::json::parse(empty.text())), IsEmpty());
}

TEST(DecodeTally, a_pass_is_not_undone_by_what_is_only_a_note) {
  DecodeTally tally;
  for (const JudgedConnection& connection : {given_up(1), passing(2)}) tally.add(connection.judgement);
  EXPECT_EQ(tally.decisive()->outcome, JudgementOutcome::pass);
  EXPECT_FALSE(tally.failed());
}

}  // namespace
}  // namespace ti

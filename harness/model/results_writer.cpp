#include "model/cell_line.hpp"
#include "model/findings.hpp"
#include "model/json_writer.hpp"
#include "model/results.hpp"

namespace ti {

namespace {

template <class T>
void optional_field(JsonWriter& json, std::string_view name, const std::optional<T>& what) {
  json.key(name);
  what ? json.value(*what) : json.null();
}

void strings_field(JsonWriter& json, std::string_view name, const auto& texts) {
  json.key(name).begin_array();
  for (const std::string& text : texts) json.value(text);
  json.end_array();
}

void place_field(JsonWriter& json, const std::optional<Place>& place) {
  json.key("at");
  if (!place) {
    json.null();
    return;
  }
  json.begin_object().field("connection", place->connection);
  optional_field(json, "message", place->message);
  json.end_object();
}

void write_tickets(JsonWriter& json, const std::vector<TicketSummary>& tickets) {
  json.key("new_tickets").begin_array();
  for (const TicketSummary& ticket : tickets) {
    json.begin_object();
    json.field("sha256", ticket.sha256).field("lifetime_s", ticket.lifetime_s).field("bytes", ticket.bytes);
    json.end_object();
  }
  json.end_array();
}

/// Where the times of messages stand.
enum class Times : std::uint8_t { within, behind };

void write_messages(JsonWriter& json, const std::vector<MessageSummary>& messages, Times times) {
  json.key("messages").begin_array();
  for (const MessageSummary& message : messages) {
    json.begin_object();
    json.field("from", name(message.from)).field("type", message.type).field("bytes", message.bytes);
    if (times == Times::within) json.field("at_ms", message.at_ms);
    json.field("sealed", message.sealed);
    if (!message.note.empty()) json.field("note", message.note);
    json.end_object();
  }
  json.end_array();
  if (times == Times::within) return;
  json.key("messages_at_ms").begin_array();
  for (const MessageSummary& message : messages) json.value(message.at_ms);
  json.end_array();
}

void write_problems(JsonWriter& json, const std::vector<ProblemSummary>& problems) {
  if (problems.empty()) return;
  json.key("problems").begin_array();
  for (const ProblemSummary& problem : problems) {
    json.begin_object().field("from", name(problem.from)).field("before_message", problem.before_message);
    json.field("what", problem.what).end_object();
  }
  json.end_array();
}

void write_client_word(JsonWriter& json, const ClientWord& client) {
  json.key("client").begin_object().field("answered", client.answered).field("ok", client.ok);
  optional_field(json, "resumed", client.resumed);
  optional_field(json, "version", client.version);
  optional_field(json, "cipher", client.cipher);
  optional_field(json, "session_id", client.session_id);
  optional_field(json, "tickets_received", client.tickets_received);
  json.key("error");
  if (client.error_stage.empty() && client.error_text.empty() && client.error_code.empty()) {
    json.null();
  } else {
    json.begin_object();
    json.field("stage", client.error_stage).field("text", client.error_text).field("code", client.error_code);
    json.end_object();
  }
  json.end_object();
}

void write_server_word(JsonWriter& json, const ServerWord& server) {
  json.key("server").begin_object();
  json.key("decisions").begin_array();
  for (const TicketDecision& decision : server.decisions) {
    json.begin_object().field("op", decision.encrypt ? "encrypt" : "decrypt").field("key", decision.key);
    optional_field(json, "age_s", decision.age);
    json.field("result", decision.result).end_object();
  }
  json.end_array();
  strings_field(json, "errors", server.errors);
  json.end_object();
}

void write_connection(JsonWriter& json, const ConnectionSummary& connection, Times times) {
  json.begin_object().field("at_s", connection.at_s).field("handshake", connection.handshake);
  json.field_or_null("resumed_by", connection.resumed_by);
  json.field_or_null("version", connection.version);
  json.field_or_null("cipher", connection.cipher);
  json.field_or_null("offered", connection.offered);
  write_tickets(json, connection.new_tickets);
  write_messages(json, connection.messages, times);
  write_problems(json, connection.problems);
  json.key("witness").begin_object();
  write_client_word(json, connection.client);
  write_server_word(json, connection.server);
  json.end_object().end_object();
}

void write_findings(JsonWriter& json, const Verdict& verdict) {
  json.key("findings").begin_array();
  for (const Breach& finding : verdict.breaches) {
    json.begin_object().field("rule", finding.rule).field("severity", name(finding.severity));
    json.field("actor", name(finding.actor)).field("reason", finding.reason);
    place_field(json, finding.at);
    json.end_object();
  }
  json.end_array();
  json.key("consequences").begin_array();
  for (const Consequence& consequence : verdict.consequences) {
    json.begin_object().field("what", consequence.what);
    place_field(json, consequence.at);
    json.end_object();
  }
  json.end_array();
}

void write_evidence(JsonWriter& json, const std::optional<Evidence>& evidence) {
  json.key("evidence");
  if (!evidence) {
    json.null();
    return;
  }
  json.begin_object().field_or_null("capture", evidence->capture).field_or_null("keylog", evidence->keylog);
  json.field_or_null("trace", evidence->trace);
  strings_field(json, "logs", evidence->logs);
  json.end_object();
}

void write_baseline(JsonWriter& json, const std::optional<BaselineVerdict>& baseline) {
  if (!baseline) return;
  json.key("baseline").begin_object().field("verdict", name(baseline->outcome));
  json.field_or_null("fault", baseline->fault ? name(*baseline->fault) : "");
  json.field_or_null("rule", baseline->rule).end_object();
}

/// What both forms of a cell begin with.
void write_verdict(JsonWriter& json, const CellResult& cell) {
  const Verdict& verdict = cell.verdict;
  json.begin_object().field("id", cell.id.text()).field("server", cell.id.server).field("client", cell.id.client);
  json.field("scenario", cell.id.scenario).field("tls", name(cell.id.tls));
  json.field("verdict", name(verdict.outcome));
  json.field_or_null("fault", verdict.fault ? name(*verdict.fault) : "");
  json.field_or_null("rule", verdict.rule);
}

/// How the verdict stands against what was to be expected.
void write_standing(JsonWriter& json, const CellResult& cell) {
  json.field("expected", name(cell.expected)).field("known", cell.known);
  if (!cell.known_link.empty()) json.field("known_link", cell.known_link);
  if (cell.control) json.field("control", *cell.control == Caught::caught ? "caught" : "missed");
  if (!cell.finding.empty()) json.field("finding", cell.finding);
  write_baseline(json, cell.baseline);
  place_field(json, cell.verdict.at);
}

void write_cell(JsonWriter& json, const CellResult& cell, Times times) {
  write_verdict(json, cell);
  json.field_or_null("reason", cell.verdict.reason);
  write_standing(json, cell);
  json.key("connections").begin_array();
  for (const ConnectionSummary& connection : cell.connections) write_connection(json, connection, times);
  json.end_array();
  write_findings(json, cell.verdict);
  strings_field(json, "exercised", cell.verdict.exercised);
  json.field("duration_ms", cell.duration_ms);
  write_evidence(json, cell.evidence);
  json.end_object();
}

/// So much of a SHA-256 tells the tickets of a cell apart.
std::string_view short_digest(std::string_view sha256) { return sha256.substr(0, 8); }

std::string short_connection(const ConnectionSummary& connection, Version usual) {
  JsonWriter json;
  json.begin_object().field("at_s", connection.at_s).field("handshake", connection.handshake);
  if (!connection.resumed_by.empty()) json.field("resumed_by", connection.resumed_by);
  if (connection.version != name(usual)) json.field_or_null("version", connection.version);
  if (!connection.offered.empty()) json.field("offered", short_digest(connection.offered));
  if (!connection.new_tickets.empty()) {
    json.key("new_tickets").begin_array();
    for (const TicketSummary& ticket : connection.new_tickets) json.value(short_digest(ticket.sha256));
    json.end_array();
  }
  return json.end_object().take();
}

/// The text, or its beginning: never half a character.
std::string beginning_of(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

/// A cell in few bytes, its reason cut to so many.
std::string line_with_reason(const CellResult& cell, std::size_t most_of_reason) {
  JsonWriter json;
  write_verdict(json, cell);
  json.field_or_null("reason", beginning_of(cell.verdict.reason, most_of_reason));
  write_standing(json, cell);
  json.field("duration_ms", cell.duration_ms);
  write_evidence(json, cell.evidence);
  std::string line = json.take() + ",\"connections\":[";
  const std::string end = "]}";
  const std::string room_for_end = "],\"connections_left_out\":1000000}";
  std::size_t told = 0;
  for (const ConnectionSummary& connection : cell.connections) {
    const std::string each = (told > 0 ? "," : "") + short_connection(connection, cell.id.tls);
    const bool last = told + 1 == cell.connections.size();
    if (connection.handshake.empty()) break;  // left out before
    if (line.size() + each.size() + (last ? end : room_for_end).size() > most_of_a_cell) break;
    line += each;
    ++told;
  }
  const std::size_t left_out = cell.connections.size() - told;
  return line + (left_out == 0 ? end : "],\"connections_left_out\":" + std::to_string(left_out) + "}");
}

void write_texts(JsonWriter& json, const Facts& facts) {
  json.begin_object();
  for (const auto& [fact, text] : facts) json.field(fact, text);
  json.end_object();
}

void write_run(JsonWriter& json, const RunFacts& run) {
  json.key("run").begin_object().field("id", run.id).field("started", run.started).field("finished", run.finished);
  json.field("clock", run.clock);
  strings_field(json, "argv", run.argv);
  json.field("version", run.version).field("host", run.host).field_or_null("shard", run.shard);
  json.field("planned", run.planned);
  json.key("plan").begin_object().field("cells", run.plan.cells).field("sha256", run.plan.sha256).end_object();
  json.key("sources");
  write_texts(json, run.sources);
  json.end_object();
}

void write_facts(JsonWriter& json, std::string_view name, const std::map<std::string, Facts>& all) {
  json.key(name).begin_object();
  for (const auto& [id, facts] : all) {
    json.key(id);
    write_texts(json, facts);
  }
  json.end_object();
}

void write_scenarios(JsonWriter& json, const std::map<std::string, ScenarioFacts>& scenarios) {
  json.key("scenarios").begin_object();
  for (const auto& [id, scenario] : scenarios) {
    json.key(id).begin_object().field("title", scenario.title);
    strings_field(json, "spec", scenario.spec);
    json.end_object();
  }
  json.end_object();
}

void write_finding(JsonWriter& json, const Finding& finding) {
  json.new_line().begin_object().field("id", finding.id).field("state", name(finding.state));
  json.field("side", name(finding.side)).field("subject", finding.subject);
  strings_field(json, "versions", finding.versions);
  json.field("rule", finding.rule).field("wire", finding.wire);
  json.field("cells", finding.cells).field("unexpected", finding.unexpected).field("known", finding.known);
  json.key("links").begin_array();
  for (const auto& [link, note] : finding.links)
    json.begin_object().field("link", link).field_or_null("note", note).end_object();
  json.end_array();
  strings_field(json, "servers", finding.servers);
  strings_field(json, "clients", finding.clients);
  strings_field(json, "scenarios", finding.scenarios);
  json.key("tls").begin_array();
  for (const Version version : finding.tls) json.value(name(version));
  json.end_array();
  json.field("example", finding.example).field("reason", finding.reason);
  place_field(json, finding.at);
  json.field("text", in_words(finding)).end_object();
}

void write_findings(JsonWriter& json, const std::vector<Finding>& findings) {
  json.key("findings").begin_array();
  for (const Finding& finding : findings) write_finding(json, finding);
  json.end_array();
}

void write_counts(JsonWriter& json, std::string_view key, const Totals& totals) {
  json.key(key).begin_object();
  for (const Outcome outcome :
       {Outcome::pass, Outcome::fail, Outcome::unsupported, Outcome::inconclusive, Outcome::error}) {
    const auto found = totals.counts.find(outcome);
    json.field(name(outcome), found == totals.counts.end() ? 0 : found->second);
  }
  json.end_object();
}

void write_pairs(JsonWriter& json, const std::vector<PairSummary>& pairs) {
  json.key("pairs").begin_array();
  for (const PairSummary& pair : pairs) {
    json.new_line().begin_object().field("server", pair.server).field("client", pair.client);
    json.field("verdict", name(pair.verdict()));
    write_counts(json, "cells", pair.totals);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

std::string cell_json(const CellResult& cell) {
  JsonWriter json;
  write_cell(json, cell, Times::within);
  return json.take();
}

std::string cell_details(const CellResult& cell) {
  JsonWriter json;
  write_cell(json, cell, Times::behind);
  return json.take();
}

std::string cell_line(const CellResult& cell) {
  constexpr std::size_t usual = 300, least = 40;
  std::string line = line_with_reason(cell, usual);
  return line.size() <= most_of_a_cell ? line : line_with_reason(cell, least);
}

std::string ResultsDocument::head() const {
  JsonWriter json;
  json.begin_object().field("schema", small_results_schema).new_line();
  write_run(json, facts_.run);
  json.new_line();
  write_facts(json, "servers", facts_.servers);
  json.new_line();
  write_facts(json, "clients", facts_.clients);
  json.new_line();
  write_scenarios(json, facts_.scenarios);
  json.new_line();
  write_findings(json, facts_.findings);
  json.new_line().key("cells").begin_array();
  return json.take();
}

std::string ResultsDocument::cell(const CellId& id, Outcome outcome, std::string_view line) {
  const bool first = totals_.counts.empty();
  totals_.add(outcome);
  pairs_[{id.server, id.client}].add(outcome);
  return (first ? "\n" : ",\n") + std::string(line);
}

std::string ResultsDocument::tail() const {
  std::vector<PairSummary> pairs;
  for (const auto& [pair, totals] : pairs_) pairs.push_back({pair.first, pair.second, totals});
  JsonWriter json;
  json.begin_object();
  write_pairs(json, pairs);
  json.new_line();
  write_counts(json, "totals", totals_);
  json.end_object();
  return "],\n" + json.take().substr(1) + '\n';  // a document of its own, without the brace that head() began with
}

std::string results_json(const Results& results) {
  ResultsDocument document(results);
  std::string text = document.head();
  for (const CellResult& cell : results.cells) text += document.cell(cell.id, cell.verdict.outcome, cell_line(cell));
  return text + document.tail();
}

}  // namespace ti

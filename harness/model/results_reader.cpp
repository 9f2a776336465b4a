#include <algorithm>

#include "base/text.hpp"
#include "model/cell_line.hpp"
#include "model/fields.hpp"
#include "model/files.hpp"
#include "model/findings.hpp"
#include "model/results.hpp"

namespace ti {

namespace {

std::string text_or_empty(const JsonValue& value) { return value.is_null() ? "" : value.string(); }

/// The text of a member that may be missing, or null.
std::string text_if_any(const JsonValue& object, std::string_view name) {
  const JsonValue* member = object.find(name);
  return member ? text_or_empty(*member) : "";
}

std::optional<std::string> optional_text(const JsonValue& value) {
  return value.is_null() ? std::nullopt : std::optional(value.string());
}

Side read_side(const JsonValue& value) { return value.word({"client", "server"}) == 0 ? Side::client : Side::server; }

Outcome read_outcome(const JsonValue& value) {
  const auto outcome = outcome_of(value.string());
  if (!outcome) value.fail("\"" + value.string() + "\" is not a verdict");
  return *outcome;
}

std::optional<Place> read_place(const JsonValue& value) {
  if (value.is_null()) return std::nullopt;
  Place place{value.at("connection").count(), std::nullopt};
  if (!value.at("message").is_null()) place.message = value.at("message").count();
  return place;
}

Place read_known_place(const JsonValue& value) { return read_place(value).value_or(Place{}); }

ClientWord read_client_word(const JsonValue& value) {
  ClientWord client;
  client.answered = value.at("answered").boolean();
  client.ok = value.at("ok").boolean();
  if (!value.at("resumed").is_null()) client.resumed = value.at("resumed").boolean();
  client.version = optional_text(value.at("version"));
  client.cipher = optional_text(value.at("cipher"));
  client.session_id = optional_text(value.at("session_id"));
  if (!value.at("tickets_received").is_null()) client.tickets_received = value.at("tickets_received").count();
  if (const JsonValue& error = value.at("error"); !error.is_null()) {
    client.error_stage = error.at("stage").string();
    client.error_text = error.at("text").string();
    client.error_code = error.at("code").string();
  }
  return client;
}

ServerWord read_server_word(const JsonValue& value) {
  ServerWord server;
  for (const JsonValue& item : value.at("decisions").items()) {
    TicketDecision decision;
    decision.encrypt = item.at("op").word({"encrypt", "decrypt"}) == 0;
    decision.key = item.at("key").string();
    if (!item.at("age_s").is_null()) decision.age = item.at("age_s").integer();
    decision.result = static_cast<int>(item.at("result").integer());
    server.decisions.push_back(std::move(decision));
  }
  server.errors = value.at("errors").strings();
  return server;
}

MessageSummary read_message(const JsonValue& value) {
  const JsonValue* note = value.find("note");
  const JsonValue* at_ms = value.find("at_ms");
  return {read_side(value.at("from")),   value.at("type").string(),    value.at("bytes").count(),
          at_ms ? at_ms->number() : 0.0, value.at("sealed").boolean(), note ? note->string() : ""};
}

std::vector<MessageSummary> read_messages(const JsonValue& connection) {
  std::vector<MessageSummary> messages;
  const JsonValue* there = connection.find("messages");
  if (!there) return messages;
  for (const JsonValue& message : there->items()) messages.push_back(read_message(message));
  if (const JsonValue* times = connection.find("messages_at_ms")) {
    if (times->items().size() != messages.size()) times->fail("there must be one time for each message");
    for (std::size_t i = 0; i < messages.size(); ++i) messages[i].at_ms = times->items()[i].number();
  }
  return messages;
}

/// With its facts, or of a short connection the beginning of its digest alone.
TicketSummary read_ticket(const JsonValue& value) {
  if (value.kind() == JsonValue::Kind::string) return {value.string(), 0, 0};
  return {value.at("sha256").string(), static_cast<std::uint32_t>(value.at("lifetime_s").count()),
          value.at("bytes").count()};
}

/// A connection that says nothing of its version has that of its cell.
ConnectionSummary read_connection(const JsonValue& value, Version usual) {
  ConnectionSummary connection;
  connection.at_s = value.at("at_s").number();
  value.at("handshake").word({"full", "resumed", "failed"});
  connection.handshake = value.at("handshake").string();
  connection.resumed_by = text_if_any(value, "resumed_by");
  connection.version = value.find("version") ? text_if_any(value, "version") : std::string(name(usual));
  connection.cipher = text_if_any(value, "cipher");
  connection.offered = text_if_any(value, "offered");
  if (const JsonValue* tickets = value.find("new_tickets"))
    for (const JsonValue& ticket : tickets->items()) connection.new_tickets.push_back(read_ticket(ticket));
  connection.messages = read_messages(value);
  if (const JsonValue* problems = value.find("problems"))
    for (const JsonValue& problem : problems->items())
      connection.problems.push_back(
          {read_side(problem.at("from")), problem.at("before_message").count(), problem.at("what").string()});
  if (const JsonValue* witness = value.find("witness")) {
    connection.client = read_client_word(witness->at("client"));
    connection.server = read_server_word(witness->at("server"));
  }
  return connection;
}

Breach read_breach(const JsonValue& value) {
  static constexpr Severity severities[] = {Severity::must, Severity::should, Severity::witness, Severity::expect};
  return {value.at("rule").string(), severities[value.at("severity").word({"must", "should", "witness", "expect"})],
          read_side(value.at("actor")), value.at("reason").string(), read_known_place(value.at("at"))};
}

Verdict read_verdict(const JsonValue& value) {
  Verdict verdict;
  verdict.outcome = read_outcome(value.at("verdict"));
  if (!value.at("fault").is_null()) verdict.fault = read_side(value.at("fault"));
  verdict.rule = text_or_empty(value.at("rule"));
  verdict.reason = text_or_empty(value.at("reason"));
  verdict.at = read_place(value.at("at"));
  if (const auto* findings = value.find("findings")) {
    for (const JsonValue& item : findings->items()) verdict.breaches.push_back(read_breach(item));
  }
  if (const auto* exercised = value.find("exercised"))
    for (const JsonValue& item : exercised->items()) verdict.exercised.push_back(item.string());
  if (const auto* consequences = value.find("consequences")) {
    for (const JsonValue& item : consequences->items())
      verdict.consequences.push_back({item.at("what").string(), read_known_place(item.at("at"))});
  }
  return verdict;
}

/// Whether it could be a name of a server, client or scenario, a build included: of it files are named.
bool is_name(std::string_view id) {
  return id != "." && id != ".." && std::ranges::all_of(id, [](unsigned char c) { return c > ' ' && c < 0x7f; });
}

CellId read_id(const JsonValue& value) {
  const auto id = CellId::parse(value.at("id").string());
  if (!id) value.at("id").fail("\"" + value.at("id").string() + "\" is not a cell (server/client/scenario@tls)");
  for (const std::string& part : {id->server, id->client, id->scenario})
    if (!is_name(part)) value.at("id").fail("\"" + part + "\" cannot be an id of a server, client or scenario");
  for (const auto& [field, text] : {std::pair<std::string_view, std::string_view>{"server", id->server},
                                    {"client", id->client},
                                    {"scenario", id->scenario},
                                    {"tls", name(id->tls)}}) {
    if (value.at(field).string() != text)
      value.at(field).fail("\"" + std::string(field) + "\" is not that of the cell's id " + id->text());
  }
  return *id;
}

BaselineVerdict read_baseline(const JsonValue& value) {
  const JsonValue& fault = value.at("fault");
  return {read_outcome(value.at("verdict")), fault.is_null() ? std::nullopt : std::optional(read_side(fault)),
          text_or_empty(value.at("rule"))};
}

Evidence read_evidence(const JsonValue& value) {
  const JsonValue* logs = value.find("logs");
  return {text_if_any(value, "capture"), text_if_any(value, "keylog"), text_if_any(value, "trace"),
          logs ? logs->strings() : std::vector<std::string>{}};
}

/// Empty connections in the place of those that a line had no room for.
void leave_out(CellResult& cell, const JsonValue& count) {
  constexpr std::size_t most = 1000000;
  if (count.count() > most) count.fail("no cell has so many connections");
  cell.connections.resize(cell.connections.size() + count.count());
}

CellResult read_cell(const JsonValue& value) {
  CellResult cell;
  cell.id = read_id(value);
  cell.verdict = read_verdict(value);
  cell.expected = read_outcome(value.at("expected"));
  if (const auto* finding = value.find("finding")) cell.finding = finding->string();
  if (const auto* known = value.find("known")) cell.known = known->boolean();
  if (const auto* control = value.find("control"))
    cell.control = control->word({"caught", "missed"}) == 0 ? Caught::caught : Caught::missed;
  if (const auto* link = value.find("known_link")) cell.known_link = text_or_empty(*link);
  if (const auto* baseline = value.find("baseline")) cell.baseline = read_baseline(*baseline);
  for (const JsonValue& item : value.at("connections").items())
    cell.connections.push_back(read_connection(item, cell.id.tls));
  cell.duration_ms = value.at("duration_ms").number();
  if (const JsonValue& evidence = value.at("evidence"); !evidence.is_null()) cell.evidence = read_evidence(evidence);
  if (const JsonValue* left_out = value.find("connections_left_out")) leave_out(cell, *left_out);
  return cell;
}

Facts read_texts(const JsonValue& value) {
  Facts facts;
  for (const JsonValue& fact : value.members()) facts.emplace(fact.name(), fact.string());
  return facts;
}

RunFacts read_run(const JsonValue& value) {
  RunFacts run;
  run.id = value.at("id").string();
  run.started = value.at("started").string();
  run.finished = value.at("finished").string();
  run.clock = value.at("clock").string();
  run.version = value.at("version").string();
  run.host = value.at("host").string();
  run.argv = value.at("argv").strings();
  if (const auto* shard = value.find("shard")) run.shard = text_or_empty(*shard);
  if (const auto* planned = value.find("planned")) run.planned = planned->count();
  if (const auto* plan = value.find("plan")) run.plan = {plan->at("cells").count(), plan->at("sha256").string()};
  if (const auto* sources = value.find("sources")) run.sources = read_texts(*sources);
  return run;
}

std::map<std::string, Facts> read_facts(const JsonValue& value) {
  std::map<std::string, Facts> all;
  for (const JsonValue& member : value.members()) all.emplace(member.name(), read_texts(member));
  return all;
}

std::set<std::string> string_set(const JsonValue& value) {
  const std::vector<std::string> texts = value.strings();
  return {texts.begin(), texts.end()};
}

Finding read_finding(const JsonValue& value) {
  static constexpr FindingState states[] = {FindingState::fresh, FindingState::known, FindingState::baseline,
                                            FindingState::control};
  Finding finding;
  finding.id = value.at("id").string();
  finding.state = states[value.at("state").word({"new", "known", "baseline", "control"})];
  finding.side = read_side(value.at("side"));
  finding.subject = value.at("subject").string();
  finding.versions = string_set(value.at("versions"));
  finding.rule = value.at("rule").string();
  finding.wire = value.at("wire").string();
  finding.cells = value.at("cells").count();
  finding.unexpected = value.at("unexpected").count();
  finding.known = value.at("known").count();
  for (const JsonValue& link : value.at("links").items())
    finding.links.emplace(link.at("link").string(), text_or_empty(link.at("note")));
  finding.servers = string_set(value.at("servers"));
  finding.clients = string_set(value.at("clients"));
  finding.scenarios = string_set(value.at("scenarios"));
  for (const JsonValue& tls : value.at("tls").items()) finding.tls.insert(read_version(tls, tls.string()));
  finding.example = value.at("example").string();
  finding.reason = value.at("reason").string();
  finding.at = read_place(value.at("at"));
  return finding;
}

ScenarioFacts read_scenario(const JsonValue& value) { return {value.at("title").string(), value.at("spec").strings()}; }

void check_schema(const JsonValue& schema) {
  const std::string& text = schema.string();
  if (text == small_results_schema || text == results_schema) return;
  schema.fail("this is \"" + text + "\"; what can be read is \"" + std::string(small_results_schema) + "\" and \"" +
              std::string(results_schema) + '"');
}

/// `cells`: those that were read already.
Results read_results(const JsonValue& file, std::vector<CellResult> cells) {
  check_schema(file.at("schema"));
  Results results;
  results.run = read_run(file.at("run"));
  results.servers = read_facts(file.at("servers"));
  results.clients = read_facts(file.at("clients"));
  for (const JsonValue& member : file.at("scenarios").members())
    results.scenarios.emplace(member.name(), read_scenario(member));
  results.cells = std::move(cells);
  for (const JsonValue& item : file.at("cells").items()) results.cells.push_back(read_cell(item));
  if (const JsonValue* findings = file.find("findings"))
    for (const JsonValue& item : findings->items()) results.findings.push_back(read_finding(item));
  else
    group_cells(results);
  return results;
}

/// A document apart from its cells: these are on a line each where this program wrote them, and read one after the
/// other they need no tree of all of them.
struct Apart {
  std::string rest;  ///< the document without its cells, each line where it was
  std::vector<CellResult> cells;
};

/// Nothing where it is laid out in another way, or a cell is wrong, so that it must be read as a whole.
std::optional<Apart> take_apart(std::string_view json) {
  constexpr std::string_view begin = "\n\"cells\":[\n", end = "],\n\"pairs\":[";
  const std::size_t from = json.find(begin);
  const std::size_t to = json.find(end, from);
  if (to == std::string_view::npos || from + begin.size() >= to) return std::nullopt;
  Apart apart;
  for (std::size_t at = from + begin.size(); at < to;) {
    const std::size_t next = std::min(json.find('\n', at), to);
    std::string_view line = json.substr(at, next - at);
    if (line.ends_with(',')) line.remove_suffix(1);
    Result<CellResult> cell = parse_cell(line);
    if (!cell) return std::nullopt;
    apart.cells.push_back(std::move(*cell));
    at = next + 1;
  }
  apart.rest = json.substr(0, from + begin.size());
  apart.rest.append(apart.cells.size() - 1, '\n');
  apart.rest += json.substr(to);
  return apart;
}

}  // namespace

Result<CellResult> parse_cell(std::string_view json) { return read_json(json, "cell", read_cell); }

Result<Results> parse_results(std::string_view json, const std::string& where) {
  std::optional<Apart> apart = take_apart(json);
  if (!apart) return read_json(json, where, [](const JsonValue& file) { return read_results(file, {}); });
  return read_json(apart->rest, where,
                   [&](const JsonValue& file) { return read_results(file, std::move(apart->cells)); });
}

Result<Results> load_results(const std::filesystem::path& file_or_folder) {
  const bool is_folder = std::filesystem::is_directory(file_or_folder);
  const std::filesystem::path file = is_folder ? file_or_folder / "results.json" : file_or_folder;
  const Result<std::string> text = read_file(file);
  if (!text) return text.error();
  return parse_results(*text, file.string());
}

}  // namespace ti

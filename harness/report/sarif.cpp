#include <algorithm>
#include <set>

#include "model/findings.hpp"
#include "model/json_writer.hpp"
#include "report/console.hpp"
#include "report/escape.hpp"
#include "report/formats.hpp"

namespace ti {

namespace {

constexpr const char* schema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
constexpr const char* not_judged = "not-judged";  ///< instead of a rule, of what is unexpected and no fail
constexpr const char* fingerprint = "ticketInteropFinding/v1";

/// Where to look: the cell by name, and the file that tells of it.
void write_locations(JsonWriter& json, const std::string& cell, const CellResult* example) {
  const bool traced = example && example->evidence && !example->evidence->trace.empty();
  json.key("locations").begin_array().begin_object();
  json.key("physicalLocation").begin_object().key("artifactLocation").begin_object();
  json.field("uri", traced ? uri_path(example->evidence->trace) : "results.json").end_object();
  json.key("region").begin_object().field("startLine", 1).end_object().end_object();
  json.key("logicalLocations").begin_array().begin_object();
  json.field("fullyQualifiedName", cell).field("kind", "cell").end_object().end_array();
  json.end_object().end_array();
}

void write_rules(JsonWriter& json, const Results& results) {
  std::set<std::string> rules{not_judged};
  for (const Finding& finding : results.findings) rules.insert(finding.rule);
  json.key("rules").begin_array();
  for (const std::string& rule : rules) json.new_line().begin_object().field("id", rule).end_object();
  json.end_array();
}

void write_suppressions(JsonWriter& json, const Finding& finding) {
  if (finding.state == FindingState::fresh) return;
  std::string justification;
  for (const auto& [link, note] : finding.links)
    justification += (justification.empty() ? "" : "; ") + (note.empty() ? link : note + " (" + link + ")");
  if (justification.empty()) justification = std::string(name(finding.state));
  json.key("suppressions").begin_array().begin_object();
  json.field("kind", "external").field("justification", justification).end_object().end_array();
}

void write_finding(JsonWriter& json, const Finding& finding, const CellResult* example) {
  json.new_line().begin_object().field("ruleId", finding.rule);
  json.field("level", finding.state == FindingState::fresh ? "error" : "note").field("kind", "fail");
  json.key("message").begin_object().field("text", in_words(finding)).end_object();
  write_locations(json, finding.example, example);
  json.key("partialFingerprints").begin_object().field(fingerprint, finding.id).end_object();
  json.field("occurrenceCount", std::max<std::size_t>(finding.cells, 1));
  write_suppressions(json, finding);
  json.key("properties").begin_object().field("state", name(finding.state)).field("side", name(finding.side));
  json.field("subject", finding.subject).field("cells", finding.cells).field("unexpected", finding.unexpected);
  json.end_object().end_object();
}

/// What is unexpected and of no finding: not judged, no longer supported, passed against the baseline.
void write_other(JsonWriter& json, const CellResult& cell) {
  json.new_line().begin_object().field("ruleId", not_judged).field("level", "warning");
  json.key("message").begin_object().field("text", failure_line(cell)).end_object();
  write_locations(json, cell.id.text(), &cell);
  json.key("partialFingerprints").begin_object().field(fingerprint, cell.id.text()).end_object().end_object();
}

}  // namespace

std::string sarif(const Results& results) {
  JsonWriter json;
  json.begin_object().field("$schema", schema).field("version", "2.1.0").key("runs").begin_array().begin_object();
  json.key("tool").begin_object().key("driver").begin_object().field("name", "ticket-interop");
  json.field("version", results.run.version);
  write_rules(json, results);
  json.end_object().end_object().new_line().key("results").begin_array();
  for (const Grouped& group : grouped(results)) {
    if (group.finding) {
      const auto is_example = [&](const CellResult* cell) { return cell->id.text() == group.finding->example; };
      const auto example = std::ranges::find_if(group.cells, is_example);
      write_finding(json, *group.finding, example == group.cells.end() ? nullptr : *example);
      continue;
    }
    for (const CellResult* cell : group.cells)
      if (is_unexpected(*cell)) write_other(json, *cell);
  }
  json.end_array().end_object().end_array().end_object();
  return json.take() + '\n';
}

}  // namespace ti

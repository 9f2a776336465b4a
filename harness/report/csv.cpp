#include <fmt/format.h>

#include "model/findings.hpp"
#include "report/escape.hpp"
#include "report/formats.hpp"

namespace ti {

namespace {

std::string row_of(const std::vector<std::string>& fields) {
  std::string row;
  for (const std::string& field : fields) row += (row.empty() ? "" : ",") + csv_field(field);
  return row + "\r\n";
}

std::string number(const std::optional<std::size_t>& value) { return value ? std::to_string(*value) : ""; }

}  // namespace

std::string csv(const Results& results) {
  std::string text =
      row_of({"cell", "server", "client", "scenario", "tls", "verdict", "expected", "unexpected", "known", "finding",
              "finding_state", "fault", "rule", "reason", "connection", "message", "known_link", "duration_ms"});
  for (const Grouped& group : grouped(results))
    for (const CellResult* cell : group.cells) {
      const Verdict& verdict = cell->verdict;
      const CellId& id = cell->id;
      const bool placed = verdict.at && verdict.at->connection > 0;
      text += row_of({id.text(), id.server, id.client, id.scenario, std::string(name(id.tls)),
                      std::string(name(verdict.outcome)), std::string(name(cell->expected)),
                      is_unexpected(*cell) ? "yes" : "no", cell->known ? "yes" : "no", cell->finding,
                      group.finding ? std::string(name(group.finding->state)) : "",
                      verdict.fault ? std::string(name(*verdict.fault)) : "", verdict.rule, verdict.reason,
                      placed ? std::to_string(verdict.at->connection) : "", placed ? number(verdict.at->message) : "",
                      cell->known_link, fmt::format("{:.3f}", cell->duration_ms)});
    }
  return text;
}

}  // namespace ti

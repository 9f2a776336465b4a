#include "report/case_report.hpp"

#include <fmt/format.h>

#include "report/escape.hpp"
#include "report/ladder.hpp"

namespace ti {

namespace {

std::string fact(const std::map<std::string, Facts>& sides, const std::string& id, const std::string& name) {
  const auto side = sides.find(id);
  if (side == sides.end()) return "";
  const auto found = side->second.find(name);
  return found == side->second.end() ? "" : found->second;
}

/// "openssl: OpenSSL, 3.0.19 (SHA-256 ...)".
std::string told(const std::map<std::string, Facts>& sides, const std::string& id) {
  std::string text = "`" + shown(id) + "`";
  for (const char* name : {"title", "library", "version", "library_version"})
    if (const std::string what = fact(sides, id, name); !what.empty()) text += ", " + markdown_text(what);
  if (const std::string digest = fact(sides, id, "binary_sha256"); !digest.empty())
    text += ", SHA-256 `" + shown(digest) + "`";
  return text;
}

std::string connections_table(const CellResult& cell) {
  std::string text = "| connection | at | handshake | version | new tickets |\n| --- | --- | --- | --- | --- |\n";
  std::size_t number = 0;
  constexpr std::size_t most = 40;
  for (const ConnectionSummary& connection : cell.connections) {
    if (++number > most) break;
    const std::string by = connection.resumed_by.empty() ? "" : " by " + connection.resumed_by;
    text += fmt::format("| {} | {:g} s | {}{} | {} | {} |\n", number, connection.at_s, connection.handshake, by,
                        markdown_text(connection.version), connection.new_tickets.size());
  }
  if (cell.connections.size() > most) text += fmt::format("\nand {} more\n", cell.connections.size() - most);
  return text;
}

/// Text that nothing in it can end.
std::string fenced(const std::string& text) { return "~~~~~~~~text\n" + text + "~~~~~~~~\n"; }

}  // namespace

std::string case_report(const CellResult& cell, const Results& results, const CaseNotes& notes) {
  const Verdict& verdict = cell.verdict;
  const auto scenario = results.scenarios.find(cell.id.scenario);
  std::string text = "# " +
                     (verdict.reason.empty() ? "`" + shown(cell.id.text()) + "`: " + std::string(name(verdict.outcome))
                                             : markdown_text(verdict.reason)) +
                     "\n\n";
  if (verdict.fault) text += fmt::format("- **fault:** the {}\n", name(*verdict.fault));
  if (!verdict.rule.empty()) {
    text += "- **rule:** `" + shown(verdict.rule) + "`";
    if (!notes.sentence.empty()) text += fmt::format(": {} ({})", markdown_text(notes.sentence), notes.section);
    text += '\n';
  }
  if (verdict.at) text += "- **where:** " + place_text(*verdict.at) + "\n";
  text += "- **server:** " + told(results.servers, cell.id.server) + "\n";
  text += "- **client:** " + told(results.clients, cell.id.client) + "\n";
  text += fmt::format("- **TLS version:** {}\n", name(cell.id.tls));
  if (scenario != results.scenarios.end()) {
    text += "- **scenario:** `" + shown(cell.id.scenario) + "`, " + markdown_text(scenario->second.title) + "\n";
    if (!notes.definition.empty()) text += "\n" + fenced(shown(notes.definition) + "\n");
  }
  text += fmt::format("\nSeen by ticket-interop {}, cell `{}`.\n\n", markdown_text(results.run.version),
                      shown(cell.id.text()));
  text += "## What each connection was\n\n" + connections_table(cell);
  text += "\n## Messages\n\n" + fenced(ladder(cell, false));
  text += "\n## Again\n\n";
  for (const std::string& line : notes.again) text += line + "\n";
  text += "\n## Files\n\n";
  for (const auto& [file, what] : notes.files) text += fmt::format("- `{}`: {}\n", file, what);
  return text;
}

}  // namespace ti

#include <fmt/format.h>

#include <algorithm>

#include "model/findings.hpp"
#include "model/json_writer.hpp"
#include "report/counts.hpp"
#include "report/diff.hpp"
#include "report/escape.hpp"

namespace ti {

namespace {

constexpr std::string_view diff_schema = "ticket-interop/diff/1";
constexpr std::size_t most_lines = 50;  ///< of one kind, in a text for people; JSON has all

std::string counts_of(const std::map<ChangeKind, std::size_t>& cells) {
  std::string text;
  for (const auto& [kind, count] : cells)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", in_groups(count), name(kind));
  return text;
}

std::string head_of(const Diff& diff) {
  std::map<ChangeKind, std::size_t> kinds;
  std::size_t regressions = 0;
  for (const CellChange& change : diff.cells) {
    ++kinds[change.kind];
    if (change.regression) ++regressions;
  }
  const std::string changes = counts_of(kinds);
  return fmt::format("{} in {} compared{}{}", counted(regressions, "regression"), counted(diff.compared, "cell"),
                     changes.empty() ? "" : ": ", changes.empty() ? "; nothing changed" : changes);
}

std::string text_of(const FindingChange& change) {
  const Finding& finding = change.finding;
  const std::string what = change.before == 0 ? "new" : change.now == 0 ? "gone" : "changed";
  return fmt::format("{}: {} {}, {}: {} -> {}: {} ({}, {})", what, name(finding.side), finding.subject, finding.rule,
                     change.before, counted(change.now, "cell"), finding.reason, finding.example, finding.id);
}

std::string text_of(const CellChange& change) {
  std::string text = fmt::format("{}: {}", name(change.kind), change.cell);
  if (!change.before.empty()) text += " (was " + change.before + ")";
  if (!change.was.empty() && !change.is.empty())
    text += fmt::format("  {} -> {}", change.was, change.is);
  else
    text += "  " + change.was + change.is;
  if (!change.reason.empty()) text += "  " + change.reason;
  if (change.kind != ChangeKind::fixed && !change.regression && !change.is.empty() && change.is != "pass")
    text += " [no regression]";
  return text;
}

std::string text_of(const VersionChange& change) {
  return fmt::format("{} {}: {} -> {}", change.side, change.id, change.was.empty() ? "not told" : change.was,
                     change.is.empty() ? "not told" : change.is);
}

std::string text_of(const PairChange& change) {
  return fmt::format("{} with {}: {}", change.client, change.server, counts_of(change.cells));
}

/// A list under a heading: of what is no regression at most so many lines.
template <class List>
std::string section(const std::string& heading, const List& list, const std::string& bullet, auto escape) {
  if (list.empty()) return {};
  std::string text = heading;
  std::size_t told = 0;
  for (const auto& item : list) {
    bool must = false;
    if constexpr (requires { item.regression; }) must = item.regression;
    if (!must && told >= most_lines) {
      text += fmt::format("{}and {} more (--json has all)\n", bullet, list.size() - told);
      break;
    }
    text += bullet + escape(text_of(item)) + '\n';
    ++told;
  }
  return text;
}

void write_cell(JsonWriter& json, const CellChange& change) {
  json.new_line().begin_object().field("cell", change.cell).field_or_null("before", change.before);
  json.field("change", name(change.kind)).field("regression", change.regression);
  json.field_or_null("was", change.was).field_or_null("is", change.is).field_or_null("reason", change.reason);
  json.field_or_null("finding", change.finding).end_object();
}

void write_finding(JsonWriter& json, const FindingChange& change) {
  const Finding& finding = change.finding;
  json.new_line().begin_object().field("id", finding.id).field("side", name(finding.side));
  json.field("subject", finding.subject).field("rule", finding.rule);
  json.field("before", change.before).field("now", change.now).field("example", finding.example);
  json.field("text", in_words(finding)).end_object();
}

void write_pair(JsonWriter& json, const PairChange& change) {
  json.new_line().begin_object().field("server", change.server).field("client", change.client);
  json.key("cells").begin_object();
  for (const auto& [kind, count] : change.cells) json.field(name(kind), count);
  json.end_object().end_object();
}

}  // namespace

std::string diff_text(const Diff& diff) {
  std::string text = shown(head_of(diff)) + '\n';
  text += section("\nversions:\n", diff.versions, "  ", shown);
  text += section("\nfindings:\n", diff.findings, "  ", shown);
  text += section("\npairs:\n", diff.pairs, "  ", shown);
  return text + section("\ncells:\n", diff.cells, "  ", shown);
}

std::string diff_markdown(const Diff& diff) {
  std::string text = "# " + markdown_text(head_of(diff)) + "\n";
  text += section("\n## Versions\n\n", diff.versions, "- ", markdown_text);
  text += section("\n## Findings\n\n", diff.findings, "- ", markdown_text);
  text += section("\n## Pairs\n\n", diff.pairs, "- ", markdown_text);
  text += section("\n## Cells\n\n", diff.cells, "- ", markdown_text);
  constexpr std::size_t most_bytes = 1000000;  // GitHub takes no summary above 1 MiB
  if (text.size() <= most_bytes) return text;
  text.resize(text.rfind('\n', most_bytes) + 1);
  return text + "\nThe rest is left out: a summary holds no more; --json has all.\n";
}

std::string diff_json(const Diff& diff) {
  JsonWriter json;
  json.begin_object().field("schema", diff_schema).field("summary", head_of(diff));
  json.field("regressions", std::ranges::count_if(diff.cells, &CellChange::regression));
  json.field("compared", diff.compared).key("versions").begin_array();
  for (const VersionChange& change : diff.versions) {
    json.begin_object().field("side", change.side).field("id", change.id);
    json.field_or_null("was", change.was).field_or_null("is", change.is).end_object();
  }
  json.end_array().key("findings").begin_array();
  for (const FindingChange& change : diff.findings) write_finding(json, change);
  json.end_array().key("pairs").begin_array();
  for (const PairChange& change : diff.pairs) write_pair(json, change);
  json.end_array().key("cells").begin_array();
  for (const CellChange& change : diff.cells) write_cell(json, change);
  json.end_array().end_object();
  return json.take() + '\n';
}

}  // namespace ti

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "model/findings.hpp"
#include "report/console.hpp"
#include "report/escape.hpp"
#include "report/formats.hpp"
#include "report/pair_table.hpp"

namespace ti {

namespace {

constexpr std::size_t most_bytes = 1000000;  ///< GitHub takes no summary above 1 MiB
constexpr std::size_t longest_line = 4000;

/// Page takes lines while there is room, and counts those that it could not take.
class Page {
 public:
  /// Gives whether the line was taken.
  bool line(const std::string& text) {
    if (full_ || text_.size() + text.size() + 1 > most_bytes) {
      full_ = true;
      ++left_out_;
      return false;
    }
    text_ += text + '\n';
    return true;
  }
  void heading(const std::string& text) { line("\n## " + text + "\n"); }
  std::string take() {
    if (left_out_ > 0) text_ += fmt::format("\n{} left out: a summary holds no more.\n", counted(left_out_, "line"));
    return std::move(text_);
  }

 private:
  std::string text_;
  std::size_t left_out_ = 0;
  bool full_ = false;
};

/// Text of any length, made one for a line.
std::string short_text(const std::string& text) {
  const std::string safe = text.size() > longest_line ? text.substr(0, longest_line) + "..." : text;
  return markdown_text(safe);
}

void write_new_findings(Page& page, const Results& results) {
  const auto fresh = [](const Finding& finding) { return finding.state == FindingState::fresh; };
  if (std::ranges::none_of(results.findings, fresh)) return;
  page.heading("New findings");
  for (const Finding& finding : results.findings)
    if (fresh(finding))
      page.line(fmt::format("- **{} {}, {}** - {}", name(finding.side), short_text(finding.subject),
                            short_text(finding.rule), short_text(in_words(finding))));
}

void write_other_findings(Page& page, const Results& results) {
  const auto known = [](const Finding& finding) { return finding.state != FindingState::fresh; };
  if (std::ranges::none_of(results.findings, known)) return;
  page.heading("Known findings");
  page.line("| cells | side | whose | rule | example | why |\n| ---: | --- | --- | --- | --- | --- |");
  for (const Finding& finding : results.findings) {
    if (!known(finding)) continue;
    std::string why;
    for (const auto& [link, note] : finding.links)
      why += (why.empty() ? "" : "; ") + (note.empty() ? link : note + " (" + link + ")");
    if (why.empty()) why = std::string(name(finding.state)) + ": " + finding.reason;
    page.line(fmt::format("| {} | {} | {} | {} | {} | {} |", finding.cells, name(finding.side),
                          short_text(finding.subject), short_text(finding.rule), short_text(finding.example),
                          short_text(why)));
  }
}

/// What is unexpected and of no finding.
void write_others(Page& page, const Results& results) {
  bool begun = false;
  for (const CellResult& cell : results.cells) {
    if (!is_unexpected(cell) || !cell.finding.empty()) continue;
    if (!std::exchange(begun, true)) page.heading("Unexpected, and no finding");
    page.line("- " + short_text(failure_line(cell)));
  }
}

void write_unexpected(Page& page, const Results& results) {
  bool begun = false;
  for (const CellResult& cell : results.cells) {
    if (!is_unexpected(cell) || cell.finding.empty()) continue;
    if (!std::exchange(begun, true)) page.heading("Cells of new findings");
    page.line("- " + short_text(failure_line(cell)));
  }
}

void write_pairs(Page& page, const Results& results) {
  PairCountsOf pairs;
  std::set<std::string> servers;
  for (const CellResult& cell : results.cells) {
    add_cell(pairs, cell);
    servers.insert(cell.id.server);
  }
  std::erase_if(servers, [&](const std::string& server) {
    return std::ranges::none_of(pairs, [&](const auto& row) {
      const auto found = row.second.find(server);
      return found != row.second.end() && found->second.ran();
    });
  });
  page.heading("Clients and servers");
  std::string head = "| |", rule = "| --- |";
  for (const std::string& server : servers) {
    head += " " + short_text(server) + " |";
    rule += " --- |";
  }
  page.line(head + "\n" + rule);
  for (const auto& [client, row] : pairs) {
    if (std::ranges::none_of(row, [](const auto& pair) { return pair.second.ran(); })) continue;
    std::string line = "| " + short_text(client) + " |";
    for (const std::string& server : servers) {
      const auto found = row.find(server);
      line += " " + (found == row.end() ? "-" : words_of(found->second)) + " |";
    }
    page.line(line);
  }
}

}  // namespace

std::string markdown(const Results& results) {
  Page page;
  page.line("# " + short_text(totals_line(results)));
  write_new_findings(page, results);
  write_other_findings(page, results);
  write_others(page, results);
  write_pairs(page, results);
  write_unexpected(page, results);
  return page.take();
}

}  // namespace ti

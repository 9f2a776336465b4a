#include "report/pair_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

namespace ti {

namespace {

std::size_t count_of(const Totals& totals, Outcome outcome) {
  const auto found = totals.counts.find(outcome);
  return found == totals.counts.end() ? 0 : found->second;
}

const char* colour_of(const PairCounts& pair) {
  if (pair.unexpected > 0) return "\033[31m";
  return pair.known > 0 ? "\033[33m" : "\033[32m";
}

void add(PairCounts& sum, const PairCounts& part) {
  for (const auto& [outcome, count] : part.totals.counts) sum.totals.counts[outcome] += count;
  sum.known += part.known;
  sum.unexpected += part.unexpected;
}

/// The same with one column for all servers.
PairCountsOf summed(const PairCountsOf& pairs) {
  PairCountsOf sums;
  for (const auto& [client, servers] : pairs)
    for (const auto& [server, pair] : servers) add(sums[client]["all servers"], pair);
  return sums;
}

/// The servers and the clients of the pairs that ran.
struct Axes {
  std::set<std::string> servers;
  std::set<std::string> clients;
};

Axes axes_of(const PairCountsOf& pairs) {
  Axes axes;
  for (const auto& [client, servers] : pairs)
    for (const auto& [server, pair] : servers)
      if (pair.ran()) {
        axes.servers.insert(server);
        axes.clients.insert(client);
      }
  return axes;
}

}  // namespace

void add_cell(PairCountsOf& pairs, const CellResult& cell) {
  const bool unexpected = is_unexpected(cell);
  if (cell.control && !unexpected) return;
  PairCounts& pair = pairs[cell.id.client][cell.id.server];
  pair.totals.add(cell.verdict.outcome);
  if (unexpected) ++pair.unexpected;
  if (cell.known && !unexpected) ++pair.known;
}

std::string words_of(const PairCounts& pair) {
  std::string text;
  const auto add = [&](std::size_t count, const char* what) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, what);
  };
  add(count_of(pair.totals, Outcome::pass), "pass");
  add(pair.known, "known");
  add(pair.unexpected, "UNEXPECTED");
  return text.empty() ? "-" : text;
}

bool PairCounts::ran() const {
  return std::ranges::any_of(totals.counts,
                             [](const auto& count) { return count.first != Outcome::unsupported && count.second > 0; });
}

std::string pair_table(const PairCountsOf& pairs, std::size_t most_columns, bool colour) {
  const Axes axes = axes_of(pairs);
  if (axes.servers.size() > most_columns) return pair_table(summed(pairs), most_columns, colour);
  std::size_t names = 0;
  for (const std::string& client : axes.clients) names = std::max(names, client.size());
  std::vector<std::string> lines{std::string(names, ' ')};
  for (const std::string& client : axes.clients) lines.push_back(fmt::format("{:<{}}", client, names));
  for (const std::string& server : axes.servers) {
    std::size_t width = server.size();
    const auto pair_of = [&](const std::string& client) {
      const auto found = pairs.at(client).find(server);
      return found == pairs.at(client).end() ? PairCounts{} : found->second;
    };
    for (const std::string& client : axes.clients) width = std::max(width, words_of(pair_of(client)).size());
    lines[0] += fmt::format("  {:<{}}", server, width);
    std::size_t row = 0;
    for (const std::string& client : axes.clients) {
      const PairCounts pair = pair_of(client);
      const bool coloured = colour && pair.ran();
      lines[++row] += fmt::format("  {}{:<{}}{}", coloured ? colour_of(pair) : "", words_of(pair), width,
                                  coloured ? "\033[0m" : "");
    }
  }
  std::string text;
  for (std::string& line : lines) text += line.erase(line.find_last_not_of(' ') + 1) + "\n";
  return text;
}

}  // namespace ti

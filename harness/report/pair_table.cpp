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

PairCounts pair_at(const PairCountsOf& pairs, const std::string& client, const std::string& server) {
  const auto found = pairs.at(client).find(server);
  return found == pairs.at(client).end() ? PairCounts{} : found->second;
}

std::string words_at(const PairCountsOf& pairs, const std::string& client, const std::string& server) {
  return words_of(pair_at(pairs, client, server));
}

/// "openssl, -export" of openssl and openssl-export, "gnutls-callback, -export": front doors of one library.
std::string joined(const std::string& names, const std::string& client) {
  return names + ", " + client.substr(client.find('-'));
}

bool is_of_one_library(const std::string& first, const std::string& client) {
  const std::size_t dash = client.find('-');
  return dash != std::string::npos && first.substr(0, first.find('-')) == client.substr(0, dash);
}

/// The clients by lines: front doors of one library that fare alike with every server share a line.
struct Line {
  std::string names;
  std::string client;  ///< whose counts stand for all of the line
};

std::vector<Line> lines_of(const PairCountsOf& pairs, const Axes& axes) {
  std::vector<Line> lines;
  for (const std::string& client : axes.clients) {
    const auto fares_alike = [&](const Line& line) {
      return is_of_one_library(line.client, client) &&
             std::ranges::all_of(axes.servers, [&](const std::string& server) {
               return words_at(pairs, line.client, server) == words_at(pairs, client, server);
             });
    };
    const auto alike = std::ranges::find_if(lines, fares_alike);
    if (alike == lines.end())
      lines.push_back({client, client});
    else
      alike->names = joined(alike->names, client);
  }
  return lines;
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
  const std::vector<Line> rows = lines_of(pairs, axes);
  std::size_t names = 0;
  for (const Line& row : rows) names = std::max(names, row.names.size());
  std::vector<std::string> lines{std::string(names, ' ')};
  for (const Line& row : rows) lines.push_back(fmt::format("{:<{}}", row.names, names));
  for (const std::string& server : axes.servers) {
    std::size_t width = server.size();
    for (const Line& row : rows) width = std::max(width, words_at(pairs, row.client, server).size());
    lines[0] += fmt::format("  {:<{}}", server, width);
    std::size_t at = 0;
    for (const Line& row : rows) {
      const PairCounts pair = pair_at(pairs, row.client, server);
      const bool coloured = colour && pair.ran();
      lines[++at] += fmt::format("  {}{:<{}}{}", coloured ? colour_of(pair) : "", words_of(pair), width,
                                 coloured ? "\033[0m" : "");
    }
  }
  std::string text;
  for (std::string& line : lines) text += line.erase(line.find_last_not_of(' ') + 1) + "\n";
  return text;
}

}  // namespace ti

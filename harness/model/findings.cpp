#include "model/findings.hpp"

#include <algorithm>
#include <cctype>

#include "base/text.hpp"
#include "model/build.hpp"
#include "wire/transcript.hpp"

namespace ti {

namespace {

const std::string* fact(const std::map<std::string, Facts>& sides, const std::string& id, const std::string& what) {
  const auto facts = sides.find(id);
  if (facts == sides.end()) return nullptr;
  const auto found = facts->second.find(what);
  return found == facts->second.end() ? nullptr : &found->second;
}

bool is_letter(unsigned char c) { return std::isalpha(c) != 0; }
bool is_digit(unsigned char c) { return std::isdigit(c) != 0; }

/// Whether a word is what tickets are called: A, B2, T24, C'.
bool names_a_ticket(std::string_view word) {
  const std::size_t letters = static_cast<std::size_t>(std::ranges::find_if_not(word, is_letter) - word.begin());
  return letters > 0 && letters <= 2 && std::ranges::none_of(word, [](unsigned char c) { return std::islower(c); }) &&
         std::ranges::all_of(word.substr(letters), [](unsigned char c) { return is_digit(c) || c == '\''; });
}

/// A sentence without what differs from cell to cell: times, lengths, tickets' names.
std::string shape_of(const std::string& sentence) {
  std::string shape;
  for (const std::string& spaced : split(sentence, ' ')) {
    const std::size_t end = spaced.find_last_not_of(",.;:)");
    const std::string word = spaced.substr(0, end == std::string::npos ? 0 : end + 1);
    const std::string rest = spaced.substr(word.size());
    if (!shape.empty()) shape += ' ';
    if (names_a_ticket(word))
      shape += "a ticket";
    else if (std::ranges::any_of(word, is_digit))
      shape += "#";
    else
      shape += word;
    shape += rest;
  }
  return shape;
}

/// The offending message, or nothing.
const MessageSummary* offending(const CellResult& cell, const ConnectionSummary& connection) {
  const std::optional<std::size_t>& message = cell.verdict.at->message;
  return message && *message < connection.messages.size() ? &connection.messages[*message] : nullptr;
}

/// What the wire showed at the verdict's place, in words.
std::string wire_of(const CellResult& cell) {
  std::string text = cell.id.tls == Version::tls13 ? "in TLS 1.3" : "below TLS 1.3";
  const std::optional<Place>& at = cell.verdict.at;
  if (at && at->connection > 0 && at->connection <= cell.connections.size()) {
    const ConnectionSummary& connection = cell.connections[at->connection - 1];
    text += ", in a " + connection.handshake + " handshake";
    if (!connection.resumed_by.empty()) text += " (by " + connection.resumed_by + ")";
    if (const MessageSummary* message = offending(cell, connection)) {
      text += ", at the " + std::string(name(message->from)) + "'s " + message->type;
      if (!message->note.empty() && message->type != "NewSessionTicket") text += " (" + shape_of(message->note) + ")";
    }
  }
  return text + ": " + shape_of(cell.verdict.reason);
}

/// Lower case, and one dash for whatever is neither letter nor digit.
std::string slug(const std::string& text) {
  std::string plain;
  for (const unsigned char c : text) {
    if (c < 0x80 && std::isalnum(c))
      plain += static_cast<char>(std::tolower(c));
    else if (!plain.empty() && plain.back() != '-')
      plain += '-';
  }
  if (plain.ends_with('-')) plain.pop_back();
  return plain.empty() ? "unnamed" : plain;
}

FindingState state_of(const Finding& finding, bool control) {
  if (finding.unexpected > 0) return FindingState::fresh;
  if (control) return FindingState::control;
  return finding.known > 0 ? FindingState::known : FindingState::baseline;
}

std::string counted(std::size_t count, const std::string& thing) {
  return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

/// "3 clients (a, b, c)": the first few by name.
std::string some_of(const std::set<std::string>& names, const std::string& thing) {
  constexpr std::size_t most = 6;
  std::string text;
  std::size_t told = 0;
  for (const std::string& each : names) {
    if (++told > most) return counted(names.size(), thing) + " (" + text + ", ...)";
    text += (told == 1 ? "" : ", ") + each;
  }
  return names.size() == 1 ? thing + " " + text : counted(names.size(), thing) + " (" + text + ")";
}

std::string versions_text(const std::set<Version>& versions) {
  const std::string first(name(*versions.begin()));
  return versions.size() == 1 ? first : first + " to " + std::string(name(*versions.rbegin()));
}

std::string standing(const Finding& finding) {
  std::string links;
  for (const auto& [link, note] : finding.links)
    links += (links.empty() ? "" : "; ") + (note.empty() ? link : note + " (" + link + ")");
  const std::string known = links.empty() ? "" : " Known: " + links + ".";
  switch (finding.state) {
    case FindingState::fresh:
      if (finding.unexpected == finding.cells) return " New." + known;
      return " New: " + counted(finding.unexpected, "cell") + " of them " + (finding.unexpected == 1 ? "was" : "were") +
             " not to be expected." + known;
    case FindingState::known:
      return known;
    case FindingState::baseline:
      return " As the baseline has it.";
    case FindingState::control:
      return " It is broken on purpose, and this is how.";
  }
  return known;
}

}  // namespace

std::string FindingKey::id() const {
  const std::string whole = std::string(name(side)) + '\n' + subject + '\n' + rule + '\n' + wire;
  return std::string(name(side)) + '-' + slug(subject) + '-' + slug(rule) + '-' +
         sha256_hex(as_bytes(whole)).substr(0, 8);
}

std::optional<FindingKey> finding_key(const CellResult& cell, const Results& facts) {
  if (cell.verdict.outcome != Outcome::fail || !cell.verdict.fault) return std::nullopt;
  const Side side = *cell.verdict.fault;
  const std::string& id = side == Side::client ? cell.id.client : cell.id.server;
  const auto& sides = side == Side::client ? facts.clients : facts.servers;
  const std::string* library = fact(sides, id, "library");
  const bool by_library = side == Side::client && library && !fact(sides, id, "control");
  return FindingKey{side, by_library ? *library : std::string(without_build(id)), cell.verdict.rule, wire_of(cell)};
}

std::optional<FindingKey> FindingsOfRun::key_of(const CellResult& cell) const {
  if (cell.finding.empty()) return finding_key(cell, facts_);
  const auto found = std::ranges::find(facts_.findings, cell.finding, &Finding::id);
  if (found == facts_.findings.end()) return finding_key(cell, facts_);
  return FindingKey{found->side, found->subject, found->rule, found->wire};
}

void FindingsOfRun::count(Group& group, const CellResult& cell) const {
  Finding& finding = group.finding;
  const bool unexpected = is_unexpected(cell);
  const std::string id = cell.id.text();
  Rank rank{!unexpected,
            !cell.evidence,
            cell.connections.size(),
            cell.id.scenario.size(),
            id.size(),
            -static_cast<int>(cell.id.tls),
            id};
  if (finding.cells == 0 || rank < group.best) {
    finding.example = cell.id.text();
    finding.reason = cell.verdict.reason;
    finding.at = cell.verdict.at;
    group.best = std::move(rank);
  }
  ++finding.cells;
  if (unexpected) ++finding.unexpected;
  if (cell.known) {
    ++finding.known;
    std::string& note = finding.links[cell.known_link];
    if (note.empty()) note = cell.known_note;
  }
  finding.servers.insert(cell.id.server);
  finding.clients.insert(cell.id.client);
  finding.scenarios.insert(cell.id.scenario);
  finding.tls.insert(cell.id.tls);
  const bool client = finding.side == Side::client;
  const auto& sides = client ? facts_.clients : facts_.servers;
  if (const std::string* version = fact(sides, client ? cell.id.client : cell.id.server, "version"))
    finding.versions.insert(*version);
}

std::string FindingsOfRun::add(const CellResult& cell) {
  const std::optional<FindingKey> key = key_of(cell);
  if (!key) return {};
  const std::string id = key->id();
  Group& group = groups_[id];
  Finding& finding = group.finding;
  if (finding.cells == 0) {
    finding.id = id;
    finding.side = key->side;
    finding.subject = key->subject;
    finding.rule = key->rule;
    finding.wire = key->wire;
    const auto earlier = std::ranges::find(facts_.findings, id, &Finding::id);
    if (earlier != facts_.findings.end()) finding.links = earlier->links;
    const bool client = key->side == Side::client;
    group.control = fact(client ? facts_.clients : facts_.servers, client ? cell.id.client : cell.id.server, "control");
  }
  count(group, cell);
  return id;
}

std::vector<Finding> FindingsOfRun::list() const {
  std::vector<Finding> findings;
  for (const auto& [id, group] : groups_) {
    Finding& finding = findings.emplace_back(group.finding);
    finding.state = state_of(finding, group.control);
  }
  const auto place = [](const Finding& finding) {
    return std::tuple(finding.state, ~finding.unexpected, ~finding.cells);
  };
  std::ranges::stable_sort(findings, {}, place);
  return findings;
}

void group_cells(Results& results) {
  FindingsOfRun findings(results);
  for (CellResult& cell : results.cells) cell.finding = findings.add(cell);
  results.findings = findings.list();
}

std::string_view name(FindingState state) {
  switch (state) {
    case FindingState::fresh:
      return "new";
    case FindingState::known:
      return "known";
    case FindingState::baseline:
      return "baseline";
    case FindingState::control:
      return "control";
  }
  return "";
}

std::string in_words(const Finding& finding) {
  std::string text = finding.subject + " (" + std::string(name(finding.side));
  for (const std::string& version : finding.versions) text += ", " + version;
  text += ") breaks " + finding.rule + " " + finding.wire + ". Seen in " + counted(finding.cells, "cell") + ": " +
          some_of(finding.clients, "client") + " with " + some_of(finding.servers, "server") + ", TLS " +
          versions_text(finding.tls) + ", in " + counted(finding.scenarios.size(), "scenario") + "." +
          standing(finding) + " Clearest in " + finding.example;
  if (finding.at && finding.at->connection > 0) {
    text += ", connection " + std::to_string(finding.at->connection);
    if (finding.at->message) text += " message " + std::to_string(*finding.at->message);
  }
  return text + ": " + finding.reason + ".";
}

}  // namespace ti

#include "model/results.hpp"

#include "base/text.hpp"
#include "model/change.hpp"
#include "wire/transcript.hpp"

namespace ti {

std::string CellId::text() const { return server + '/' + client + '/' + scenario + '@' + std::string(name(tls)); }

std::optional<CellId> CellId::parse(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  const auto parts = split(text.substr(0, at), '/');
  const Version tls = version_of(text.substr(at + 1));
  if (parts.size() != 3 || parts[0].empty() || parts[1].empty() || parts[2].empty() || tls == Version::none)
    return std::nullopt;
  return CellId{parts[0], parts[1], parts[2], tls};
}

bool is_unexpected(const CellResult& cell) {
  if (cell.control == Caught::missed) return true;
  if (cell.verdict.outcome != cell.expected) return true;
  return cell.baseline && change_between(*cell.baseline, BaselineVerdict::of(cell.verdict)) != ChangeKind::none;
}

PlanFacts plan_of(const std::set<std::string>& ids) {
  std::string lines;
  for (const std::string& id : ids) lines += id + '\n';
  return {ids.size(), sha256_hex(as_bytes(lines))};
}

Outcome PairSummary::verdict() const {
  const auto any = [&](Outcome outcome) {
    const auto found = totals.counts.find(outcome);
    return found != totals.counts.end() && found->second > 0;
  };
  for (const Outcome outcome : {Outcome::fail, Outcome::error, Outcome::pass})
    if (any(outcome)) return outcome;
  return any(Outcome::inconclusive) ? Outcome::error : Outcome::unsupported;
}

std::vector<PairSummary> pairs_of(const std::vector<CellResult>& cells) {
  std::map<std::pair<std::string, std::string>, Totals> totals;
  for (const CellResult& cell : cells) totals[{cell.id.server, cell.id.client}].add(cell.verdict.outcome);
  std::vector<PairSummary> pairs;
  for (auto& [pair, count] : totals) pairs.push_back({pair.first, pair.second, std::move(count)});
  return pairs;
}

Totals totals_of(const std::vector<CellResult>& cells) {
  Totals totals;
  for (const CellResult& cell : cells) totals.add(cell.verdict.outcome);
  return totals;
}

}  // namespace ti

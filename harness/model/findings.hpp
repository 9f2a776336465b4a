#pragma once
// The failing cells of a run, grouped into findings: one bug each, as far as the wire tells (DESIGN.md).
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "model/results.hpp"

namespace ti {

/// FindingKey is what makes two failing cells one bug: whose fault, which rule, and what the wire showed. A cell that
/// differs in any of these is of another finding.
struct FindingKey {
  Side side = Side::server;
  std::string subject;  ///< of a client its library, of a server its id without a build; of a control its id
  std::string rule;
  std::string wire;  ///< what was seen where the rule was broken, without times, lengths and tickets' names

  /// "client-gnutls-expect-offered-1f9c02": the same in every run, fit for the name of a file and for an URL.
  std::string id() const;
};

/// What the finding of a failed cell is; nothing for another. Of `facts` only servers and clients are looked at.
std::optional<FindingKey> finding_key(const CellResult& cell, const Results& facts);

/// FindingsOfRun groups cells as they come; their order makes no difference.
class FindingsOfRun {
 public:
  /// `facts` outlives it. Its findings, if there are any, say what a cell without messages showed.
  explicit FindingsOfRun(const Results& facts) : facts_(facts) {}

  /// Gives the id of the cell's finding, or nothing.
  std::string add(const CellResult& cell);

  /// Those with unexpected cells first, then known ones, others, controls; of each the largest first.
  std::vector<Finding> list() const;

 private:
  /// What makes a cell the clearer example: unexpected, with evidence, few connections, a plain scenario and pair
  /// (their names are short), a late version of TLS.
  using Rank = std::tuple<bool, bool, std::size_t, std::size_t, std::size_t, int, std::string>;
  struct Group {
    Finding finding;
    Rank best;
    bool control = false;
  };
  std::optional<FindingKey> key_of(const CellResult& cell) const;
  void count(Group& group, const CellResult& cell) const;

  const Results& facts_;
  std::map<std::string, Group> groups_;  ///< by id
};

/// Groups the cells of results that have no findings yet, and tells each cell its own.
void group_cells(Results& results);

/// "new", "known", "baseline", "control".
std::string_view name(FindingState state);

/// The finding in one paragraph of plain words.
std::string in_words(const Finding& finding);

}  // namespace ti

#pragma once
// Whether the known issues still fit what a run showed. Pure.
#include <map>
#include <string>
#include <vector>

#include "model/results.hpp"

namespace ti {

/// Misfit is what is wrong with an entry: `expired`: its version ranges leave out every cell that its names cover.
/// `stale`: none of its cells failed so. `too wide`: all cells of a scenario, client, server or version that it covers
/// pass. `never matched`: it covers no cell of the run.
struct Misfit {
  KnownIssue issue;
  std::string kind;
  std::string why;  ///< one sentence
};

/// `likes`: a client -> the client whose known issues are its own, too.
std::vector<Misfit> misfits(const std::vector<KnownIssue>& issues, const Results& results,
                            const std::map<std::string, std::string>& likes);

/// Entries for reports/known_issues.json, each an object on lines of its own, that cover the cells of one client or
/// server: its scenarios and versions of TLS, the rule, and the version up to which the fault was seen. Cells that did
/// not fail are not looked at.
std::vector<std::string> known_entries(const std::vector<const CellResult*>& cells, const Results& results,
                                       const std::string& link, const std::string& note);

/// The text of a known_issues.json with further entries at its end; all else stays as it was written. Empty when there
/// is no list to add to.
std::string with_entries(const std::string& file, const std::vector<std::string>& entries);

}  // namespace ti

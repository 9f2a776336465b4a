#pragma once
// What changed between two runs, or between two builds within one: by finding, pair and cell. Pure.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/change.hpp"
#include "model/results.hpp"

namespace ti {

/// Selection is the one server or client of a run whose cells are looked at.
struct Selection {
  std::string server;  ///< empty: all
  std::string client;
};

struct CellChange {
  std::string cell;    ///< id, as it is now; as it was of one that disappeared
  std::string before;  ///< id as it was, where that differs
  ChangeKind kind = ChangeKind::none;
  std::string was, is;  ///< "pass", "fail client expect-offered", or empty
  std::string reason;   ///< of now
  std::string finding;  ///< id, of now; of one that was fixed, of before
  bool regression = false;
};

struct FindingChange {
  Finding finding;         ///< as it is now; as it was of one that is gone
  std::size_t before = 0;  ///< cells compared
  std::size_t now = 0;
};

struct PairChange {
  std::string server, client;
  std::map<ChangeKind, std::size_t> cells;
};

struct VersionChange {
  std::string side;  ///< "server" or "client"
  std::string id;    ///< "openssl", or "openssl=3.0.19 -> openssl=3.5.9"
  std::string was, is;
};

struct Diff {
  std::vector<VersionChange> versions;
  std::vector<FindingChange> findings;  ///< those that came or went, or have more or fewer cells
  std::vector<PairChange> pairs;
  std::vector<CellChange> cells;  ///< all that changed, the regressions first
  std::size_t compared = 0;       ///< cells that both have

  bool any_regression() const;
};

/// Compares cells of the same server, client, scenario and version. Builds: with selections, the cells of the one id in
/// `before` stand against those of the other in `now`; without, where each run has one id of a server or client that
/// the other lacks ("openssl=3.0.19", "openssl=3.5.9"), these two stand against each other.
///
/// A regression is a new failure, a changed reason, a lost capability and what is no longer judged, unless now it is
/// known; also a cell that appeared, failed and is not known.
Diff compare(const Results& before, const Results& now, const Selection& of_before = {}, const Selection& of_now = {});

std::string diff_text(const Diff& diff);
std::string diff_markdown(const Diff& diff);
/// reports/diff.schema.json
std::string diff_json(const Diff& diff);

}  // namespace ti

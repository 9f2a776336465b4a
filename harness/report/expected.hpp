#pragma once
// What was to be expected of each cell, by the known issues and a baseline, and what came otherwise.
#include <map>
#include <string>
#include <vector>

#include "model/manifest.hpp"
#include "report/listener.hpp"

namespace ti {

/// Expectations is all that says, before a run, how its cells will end.
struct Expectations {
  std::vector<KnownIssue> issues = {};
  std::map<std::string, BaselineVerdict> baseline = {};  ///< by cell id
  std::map<std::string, Control> server_controls = {};   ///< by id
  std::map<std::string, Control> client_controls = {};
  std::map<std::string, std::string> likes = {};  ///< client -> the client whose known issues are its own, too
  std::vector<CellId> matrix = {};                ///< all cells that could be run, not only those of this run
};

/// Expected stands before the other listeners of a run: it marks each cell with the verdict that was to be expected of
/// it and passes it on. That is the baseline's verdict (of a fail its fault and rule, too), else `fail` where a known
/// issue covers the failure or a control shows its fault, else `pass`, or `unsupported` for a cell that cannot run.
class Expected final : public Listener {
 public:
  Expected(Expectations expectations, std::vector<Listener*> listeners);

  void run_started(const Results& facts, std::size_t total, std::size_t done) override;
  void cell_ended(const CellResult& cell) override;
  /// One that was marked then: it keeps what it was expected to be, and counts for the known issues that it showed.
  void cell_recalled(const CellResult& cell) override;
  void run_ended(const RunFacts& run, bool stopped) override;

  bool any_error() const { return errors_ > 0; }
  bool any_unexpected() const { return unexpected_ > 0; }
  /// Whether there were cells, and none of them could be run: that proves nothing.
  bool nothing_ran() const { return counted_ > 0 && unsupported_ == counted_; }

  /// Known issues all of whose cells ran, and none showed the failure: it may have been put right.
  std::vector<KnownIssue> not_seen_again() const;

 private:
  struct Known {
    KnownIssue issue;
    std::size_t ran = 0;
    std::size_t failed = 0;
  };

  bool speaks(const KnownIssue& issue, const CellId& cell) const;
  void count(const CellResult& marked);
  void mark_known(CellResult& cell);
  void mark_control(CellResult& cell) const;

  Expectations expectations_;
  std::vector<Known> known_;
  std::vector<Listener*> listeners_;
  const Results* facts_ = nullptr;
  std::size_t counted_ = 0;
  std::size_t unsupported_ = 0;
  std::size_t unexpected_ = 0;
  std::size_t errors_ = 0;
};

}  // namespace ti

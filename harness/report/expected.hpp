#pragma once
// What was to be expected of each cell, by the known issues and a baseline, and what came otherwise.
#include <map>
#include <string>
#include <vector>

#include "report/listener.hpp"

namespace ti {

/// Expected stands before the other listeners of a run: it marks each cell with the verdict that was to be expected of
/// it and passes it on. That is the baseline's verdict (of a fail its fault and rule, too), else `fail` where a known
/// issue covers the failure, else `pass`, or `unsupported` for a cell that cannot run.
class Expected final : public Listener {
 public:
  Expected(std::vector<KnownIssue> issues, std::map<std::string, BaselineVerdict> baseline,
           std::vector<Listener*> listeners);

  void run_started(const Results& facts, std::size_t total, std::size_t done) override;
  void cell_ended(const CellResult& cell) override;
  void run_ended(const RunFacts& run, bool stopped) override;

  /// Counts a cell that was marked before, one of a shard.
  void count(const CellResult& marked);

  /// Counts a cell that was marked before the run was resumed, and which known issues it showed. After run_started.
  void recall(CellResult marked);

  bool any_error() const { return errors_ > 0; }
  bool any_unexpected() const { return unexpected_ > 0; }

  /// Known issues of which cells ran and none showed the failure: it may have been put right.
  std::vector<KnownIssue> not_seen_again() const;

 private:
  struct Known {
    KnownIssue issue;
    std::size_t ran = 0;
    std::size_t failed = 0;
  };

  void mark_known(CellResult& cell);

  std::vector<Known> known_;
  std::map<std::string, BaselineVerdict> baseline_;
  std::vector<Listener*> listeners_;
  const Results* facts_ = nullptr;
  std::size_t unexpected_ = 0;
  std::size_t errors_ = 0;
};

}  // namespace ti

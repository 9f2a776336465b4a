#pragma once
// The run on the screen: progress while it lasts, then what nobody expected, then all else in few lines.
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/findings.hpp"
#include "report/counts.hpp"
#include "report/listener.hpp"
#include "report/pair_table.hpp"

namespace ti {

/// Console writes progress to `progress` (one line that is redrawn on a terminal, plain lines ever more seldom
/// elsewhere, nothing when quiet) and the summary to `out`: first every cell that ended unexpectedly, a line each; then
/// the pairs, the new findings in full, the known ones a line each, and the totals. What cannot be written there is
/// lost, and nothing more.
class Console final : public Listener {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Style {
    bool terminal = false;
    bool colour = false;
    bool quiet = false;  ///< only the unexpected and the totals
  };
  Console(std::FILE* out, std::FILE* progress, Style style, std::string results_path,
          std::function<Time()> now = std::chrono::steady_clock::now);

  /// Before run_started: the cells that will really be run, by id, with what each is expected to cost in whatever unit.
  /// Progress is counted in these; what ends without being run is none.
  void expect(std::map<std::string, double> costs);

  /// Shows how far the run is, when it is time to. To be called often, also while no cell ends.
  void tick();

  void run_started(const Results& facts, std::size_t total, std::size_t done) override;
  void cell_ended(const CellResult& cell) override;
  void cell_recalled(const CellResult& cell) override;  ///< part of the totals, not of the rate
  void run_ended(const RunFacts& run, bool stopped) override;

 private:
  struct Group {
    std::size_t cells = 0;
    std::string line;  ///< of the first
  };
  void count(const CellResult& cell);
  void count_control(const CellResult& cell);
  std::string surprise(const CellResult& cell) const;
  void print_header(const Results& facts, std::size_t total, std::size_t done) const;
  std::string progress_line(Time now) const;
  std::string counts() const;
  void print_unexpected();
  void print_versions() const;
  void print_findings() const;
  void print_groups(const std::map<std::string, Group>& groups, std::size_t most, std::string_view what) const;

  std::FILE* out_;
  std::FILE* progress_;
  Style style_;
  std::string results_path_;
  std::function<Time()> now_;
  const Results* facts_ = nullptr;
  std::optional<FindingsOfRun> findings_;
  std::map<std::string, double> to_run_;  ///< what is left of it
  std::size_t before_ = 0;                ///< cells that an earlier run ran
  std::size_t ran_ = 0;                   ///< cells that this run ran
  double cost_left_ = 0;
  double cost_done_ = 0;
  Totals totals_;
  std::size_t unexpected_ = 0;
  std::size_t known_ = 0;
  std::size_t caught_ = 0;
  std::size_t missed_ = 0;
  bool compared_ = false;  ///< with a baseline
  PairCountsOf pairs_;
  std::vector<std::string> surprises_;        ///< the lines of what is unexpected
  std::map<std::string, Group> not_run_;      ///< reason -> cells that are `error` and made no connection
  std::map<std::string, Group> explained_;    ///< what else the baseline has, too
  std::map<std::string, Group> unsupported_;  ///< by reason
  Time started_;
  Time shown_;
  std::chrono::milliseconds print_every_;
};

/// "nginx/openssl/renew@1.2  FAIL server  rfc5077-3.3-one-ticket  reason (connection 2, message 5)".
std::string failure_line(const CellResult& cell);

/// "40 s", "3 min 20 s", "2 h 5 min".
std::string in_words(std::chrono::seconds duration);

/// Whether a version that a program told of itself names another one than its manifest was written by.
bool is_other_version(const std::string& told, const std::string& seen);

}  // namespace ti

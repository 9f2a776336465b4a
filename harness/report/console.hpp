#pragma once
// The run on the screen: progress while it lasts, then the matrix and one line for each failure.
#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "report/listener.hpp"

namespace ti {

/// Console writes progress to `progress` (one line that is redrawn on a terminal, plain lines every few seconds
/// elsewhere, nothing when quiet) and the summary to `out`.
class Console final : public Listener {
 public:
  struct Style {
    bool terminal = false;
    bool colour = false;
    bool quiet = false;  ///< only the failures and the totals
  };
  Console(std::FILE* out, std::FILE* progress, Style style, std::string results_path);

  void run_started(const Results& facts, std::size_t total, std::size_t done) override;
  void cell_ended(const CellResult& cell) override;
  void run_ended(const RunFacts& run, bool stopped) override;

 private:
  void show_progress(bool last);

  std::FILE* out_;
  std::FILE* progress_;
  Style style_;
  std::string results_path_;
  std::string resume_command_;
  std::size_t total_ = 0;
  std::size_t ended_ = 0;
  std::size_t before_ = 0;  ///< of `ended_`, those of an earlier run
  Totals totals_;
  std::size_t known_ = 0;
  std::map<std::string, std::map<std::string, Totals>> pairs_;  ///< server -> client
  std::vector<std::string> failures_;
  std::map<std::string, std::size_t> unsupported_;  ///< reason -> cells
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point shown_;
};

/// "nginx/openssl/renew@1.2  FAIL server  rfc5077-3.3-one-ticket  reason (connection 2, message 5)".
std::string failure_line(const CellResult& cell);

/// "40 s", "3 min 20 s", "2 h 5 min".
std::string in_words(std::chrono::seconds duration);

}  // namespace ti

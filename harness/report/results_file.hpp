#pragma once
// results.json and cells.jsonl of a run. Memory stays flat: of a cell that has ended only its id, place and outcome are
// kept.
#include <filesystem>
#include <map>

#include "model/findings.hpp"
#include "report/listener.hpp"

namespace ti {

/// ResultsFile writes DIR/run.json when the run starts: its results without any cell, by which it can be gone on with.
/// It appends each cell to DIR/cells.jsonl as it ends, in one write, so that a killed run loses nothing that was
/// finished, and writes DIR/results.json at the end. Throws std::runtime_error when it cannot write.
class ResultsFile final : public Listener {
 public:
  /// The folder exists. With `append`, its run is gone on with: the cells of cells.jsonl count as this run's, and
  /// run.json stays.
  ResultsFile(std::filesystem::path folder, bool append);
  ~ResultsFile() override;
  ResultsFile(const ResultsFile&) = delete;
  ResultsFile& operator=(const ResultsFile&) = delete;

  void run_started(const Results& facts, std::size_t total, std::size_t done) override;
  void cell_ended(const CellResult& cell) override;
  void cell_recalled(const CellResult& cell) override;  ///< written, unless the run that is gone on with has it
  void run_ended(const RunFacts& run, bool stopped) override;

 private:
  struct Place {
    CellId id;
    std::uint64_t offset;
    std::uint64_t size;
    Outcome outcome;
  };

  void recall_cells();

  std::filesystem::path folder_;
  bool append_;
  int fd_ = -1;
  std::uint64_t end_ = 0;
  std::map<std::string, Place> places_;  ///< by cell id, hence sorted as results.json is
  Results facts_;
  FindingsOfRun findings_{facts_};
};

/// The cells of a cells.jsonl; a last line that was cut off is dropped.
Result<std::vector<CellResult>> load_cells(const std::filesystem::path& file);

}  // namespace ti

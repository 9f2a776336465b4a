#pragma once
// results.json and cells.jsonl of a run. Memory stays flat: of a cell that has ended only its id, place and outcome are
// kept.
#include <filesystem>
#include <map>

#include "model/findings.hpp"
#include "report/definitions.hpp"
#include "report/details.hpp"
#include "report/exercised.hpp"
#include "report/listener.hpp"

namespace ti {

/// ResultsFile writes DIR/run.json when the run starts: its results without any cell, by which it can be gone on with.
/// It appends each cell to DIR/cells.jsonl as it ends, in one write, after its details, so that a killed run loses
/// nothing that was finished, and writes DIR/exercised.json and DIR/results.json at the end. Then cells.jsonl, of which
/// results.json has every line, goes, unless the run was stopped. Throws std::runtime_error when it cannot write.
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

  /// What scenarios.json holds, to be told before the run starts.
  void define(Definitions definitions) { definitions_ = std::move(definitions); }

  /// Takes over the details of cells that were recalled without theirs, from the folder that has them.
  void take_over_details(const std::filesystem::path& folder);

 private:
  struct Place {
    CellId id;
    std::uint64_t offset;
    std::uint64_t size;
    Outcome outcome;
  };

  void begin_again();
  void recall_cells();
  void write_line(const CellResult& cell);
  std::string group(const CellResult& cell);

  std::filesystem::path folder_;
  bool append_;
  int fd_ = -1;
  std::uint64_t end_ = 0;
  std::map<std::string, Place> places_;  ///< by cell id, hence sorted as results.json is
  Results facts_;
  FindingsOfRun findings_{facts_};
  Exercised exercised_;
  Definitions definitions_;
  DetailsWriter details_;
};

/// Whether a run has written into the folder, to its end or not.
bool holds_a_run(const std::filesystem::path& folder);

/// The cells that a run had finished when it was stopped, or ended, by its folder's cells.jsonl or results.json, with
/// their details; a last line that was cut off is dropped.
Result<std::vector<CellResult>> load_cells(const std::filesystem::path& folder);

}  // namespace ti

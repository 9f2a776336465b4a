#pragma once
// A matrix that is run several times: the same cell must end the same way each time.
#include <map>
#include <vector>

#include "report/listener.hpp"

namespace ti {

/// Agreement passes each cell on once, when all its repetitions have ended: as it ended first if all had one verdict,
/// fault and rule, otherwise as `error` that names what differed.
class Agreement final : public Listener {
 public:
  Agreement(std::size_t repetitions, std::vector<Listener*> listeners)
      : repetitions_(repetitions), listeners_(std::move(listeners)) {}

  void run_started(const Results& facts, std::size_t total, std::size_t done) override;
  void cell_ended(const CellResult& cell) override;
  void run_ended(const RunFacts& run, bool stopped) override;

 private:
  struct Waiting {
    CellResult first;
    std::size_t ended = 1;
    std::string other;  ///< the first verdict that differed
  };

  void pass_on(const CellResult& cell);

  std::size_t repetitions_;
  std::vector<Listener*> listeners_;
  std::map<std::string, Waiting> waiting_;
};

}  // namespace ti

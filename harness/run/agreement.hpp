#pragma once
// A matrix that is run several times: the same cell must end the same way each time.
#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "model/results.hpp"

namespace ti {

/// Agreement makes one result of all endings of a cell: that of the first that did not pass, or of the first if all
/// did. Where they had not all one verdict, fault and rule it is an `error` that names what differed.
class Agreement {
 public:
  explicit Agreement(std::size_t repetitions) : repetitions_(repetitions) {}

  /// Whether the result would, by what ended until now, be that of this ending.
  bool prefers(const CellResult& cell) const;

  /// Takes one of the cell's endings, and gives its result with the last of them.
  std::optional<CellResult> ended(CellResult cell);

 private:
  struct Waiting {
    CellResult preferred = {};
    std::size_t ended = 0;
    std::string first = {};  ///< the first verdict
    std::string other = {};  ///< the first verdict that differed
  };

  std::size_t repetitions_;
  std::map<CellId, Waiting> waiting_;
};

}  // namespace ti

#pragma once
// Many runs side by side: when each finding came and went, and how steady each cell is.
#include <map>
#include <string>
#include <vector>

#include "model/results.hpp"

namespace ti {

/// Trend takes runs one by one, the earliest first, and keeps of each only what it will tell.
class Trend {
 public:
  void add(const Results& results);

  std::string text() const;
  /// reports/trend.schema.json
  std::string json() const;

 private:
  struct Run {
    std::string id, started, version;
    std::size_t cells, unexpected, known;
  };
  /// How a finding went: its cells in each run, 0 where it was not seen.
  struct Course {
    Finding latest;
    std::vector<std::size_t> cells;
  };
  /// How a cell went: a character for each run, '-' where it was not.
  using Steps = std::string;

  std::vector<Run> runs_;
  std::map<std::string, Course> findings_;
  std::map<std::string, Steps> cells_;
};

/// How often a cell ended otherwise than in the run before that had it.
std::size_t changes_in(const std::string& steps);

}  // namespace ti

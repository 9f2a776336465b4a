#pragma once
// Versions of one library side by side: where the verdict of each cell changed from one to the next. Pure.
#include <map>
#include <string>
#include <vector>

#include "model/results.hpp"

namespace ti {

/// Stretch is versions in a row at which a cell ended alike.
struct Stretch {
  std::string first, last;  ///< versions at which it was seen
  std::string verdict;      ///< "pass", "fail client expect-offered"
  bool operator==(const Stretch&) const = default;
};

/// "fails since 3.7.9 or before, still in 3.8.13 (fail client expect-offered)", "passes up to 7.88.1, broken in 8.14.1
/// (fail client expect-offered)".
std::string in_words(const std::vector<Stretch>& course);

/// History takes the results of runs in any order. Cells whose ids differ only in the build of one side ("gnutls" and
/// "gnutls=3.8.13") are one cell at several versions of that side. Of two verdicts of one cell at one version that of
/// the later run counts. Controls have no history.
class History {
 public:
  void add(const Results& results);

  std::string text() const;
  std::string markdown() const;
  /// reports/history.schema.json
  std::string json() const;

 private:
  struct EarlierVersion {
    bool operator()(const std::string& first, const std::string& second) const;
  };
  struct Ended {
    std::string started;  ///< the run
    std::string verdict;
  };
  using ByVersion = std::map<std::string, Ended, EarlierVersion>;
  /// A front door or a server over its versions.
  struct Subject {
    Side side;
    std::string id;  ///< without a build
    auto operator<=>(const Subject&) const = default;
  };
  using Cells = std::map<std::string, ByVersion>;  ///< by id, without the subject's build

  /// The cells of one subject that went the same way.
  struct Group {
    std::vector<Stretch> course;
    std::vector<std::string> cells;
  };
  struct Told {
    Subject subject;
    std::vector<std::string> versions;
    std::vector<Group> groups;  ///< what changed or fails first
  };
  std::vector<Told> told() const;
  void add(const Subject& subject, const std::string& cell, const std::string& version, const Ended& ended);

  std::map<Subject, Cells> subjects_;
};

}  // namespace ti

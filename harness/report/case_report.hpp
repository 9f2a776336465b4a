#pragma once
// One cell as a text for whoever made the server or the client.
#include <string>
#include <vector>

#include "model/results.hpp"

namespace ti {

/// What the report says beside what is in the results.
struct CaseNotes {
  std::string sentence;                                    ///< the rule in words; may be empty
  std::string section;                                     ///< where it stands: "RFC 5077 3.3"
  std::string definition;                                  ///< the scenario's policy and timeline as JSON; may be empty
  std::vector<std::string> again;                          ///< how to run it again: lines of Markdown
  std::vector<std::pair<std::string, std::string>> files;  ///< name -> what it holds
};

/// Markdown: whose fault, which rule, between whom; what each connection was; the messages; how to run it again. The
/// cell has its details.
std::string case_report(const CellResult& cell, const Results& results, const CaseNotes& notes);

}  // namespace ti

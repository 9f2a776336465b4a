#pragma once
// A run as a page that opens by double click: index.html, and in page/ beside it style, scripts (harness/report/page)
// and data.
#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/results.hpp"
#include "report/definitions.hpp"

namespace ti {

/// Takes a file of the page: its path below the page's folder, and what is in it.
using PageSink = std::function<void(const std::string& path, std::string_view text)>;

/// PageData makes the page's data of cells as they come, as scripts, which is all that a page from a file may load. It
/// keeps a few numbers of each cell; the cells themselves leave in chunks.
class PageData {
 public:
  explicit PageData(PageSink sink) : sink_(std::move(sink)) {}

  /// The cells of a run, in the order in which the page shows them.
  void add(const CellResult& cell);

  /// The index, after the last cell. Of `facts` all but its cells is looked at. `base` is the way from the page's
  /// folder to that of the results, to which the paths of evidence are relative.
  void finish(const Results& facts, const Definitions& definitions, const std::string& base);

 private:
  /// Words as numbers, in the order in which they come.
  class Words {
   public:
    std::size_t number_of(const std::string& word);
    const std::vector<std::string>& all() const { return words_; }

   private:
    std::map<std::string, std::size_t> numbers_;
    std::vector<std::string> words_;
  };

  /// A cell in the index: a number for each column.
  struct Row {
    std::size_t server, client, scenario, tls, verdict, flags, finding, reason;
  };

  void flush();

  PageSink sink_;
  Words servers_, clients_, scenarios_, versions_, findings_, reasons_;
  std::vector<Row> rows_;
  std::vector<std::size_t> starts_;  ///< of each chunk: its first cell
  std::string chunk_;
};

/// What of the page is the same for all runs.
struct PageFile {
  std::string_view name;
  std::string_view text;
};
std::span<const PageFile> page_files();

/// Gives a cell of the results with its details.
using WholeCell = std::function<CellResult(const CellResult& stored)>;

/// The whole page of results.
void write_page(const Results& results, const Definitions& definitions, const std::string& base, const WholeCell& whole,
                const PageSink& sink);

/// JSON as a script may hold it, in HTML too: no "<", and none of what some take for the end of a line.
std::string script_json(std::string_view json);

}  // namespace ti

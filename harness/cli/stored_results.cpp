#include "cli/stored_results.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "cli/command.hpp"
#include "model/findings.hpp"
#include "report/escape.hpp"
#include "report/results_file.hpp"
#include "report/say.hpp"

namespace ti {

namespace {

namespace fs = std::filesystem;

template <class T>
T need(Result<T> loaded) {
  if (!loaded) throw UsageError(shown(loaded.error().text()));
  return std::move(*loaded);
}

}  // namespace

Results load_stored(const std::string& file_or_folder) {
  const fs::path path(file_or_folder);
  std::error_code unreadable;
  if (!fs::exists(path, unreadable)) throw UsageError(file_or_folder + ": there is no such file or folder");
  const bool killed = fs::is_directory(path, unreadable) && !fs::exists(path / "results.json", unreadable) &&
                      fs::exists(path / "cells.jsonl", unreadable);
  if (!killed) return need(load_results(path));
  Results results;
  if (fs::exists(path / "run.json", unreadable)) results = need(load_results(path / "run.json"));
  results.cells = need(load_cells(path / "cells.jsonl"));
  std::ranges::sort(results.cells, {}, [](const CellResult& cell) { return cell.id.text(); });
  group_cells(results);
  return results;
}

void write_report(const std::string& text, const std::string& file) {
  if (file.empty() || file == "-") {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return;
  }
  const fs::path partial = file + ".partial";
  std::ofstream out(partial, std::ios::binary);
  out << text;
  out.close();
  std::error_code failed;
  if (out) fs::rename(partial, file, failed);
  if (!out || failed) {
    fs::remove(partial, failed);
    throw std::runtime_error(file + ": the report could not be written there");
  }
}

}  // namespace ti

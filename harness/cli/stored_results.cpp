#include "cli/stored_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/text.hpp"
#include "cli/command.hpp"
#include "model/findings.hpp"
#include "report/details.hpp"
#include "report/escape.hpp"
#include "report/page.hpp"
#include "report/results_file.hpp"
#include "report/try_print.hpp"

namespace ti {

namespace {

namespace fs = std::filesystem;

template <class T>
T need(Result<T> loaded) {
  if (!loaded) throw UsageError(shown(loaded.error().text()));
  return std::move(*loaded);
}

/// Whole or not at all.
void write_file(const fs::path& file, std::string_view text) {
  const fs::path partial = file.string() + ".partial";
  std::ofstream out(partial, std::ios::binary);
  out << text;
  out.close();
  std::error_code failed;
  if (out) fs::rename(partial, file, failed);
  if (!out || failed) {
    fs::remove(partial, failed);
    throw std::runtime_error(file.string() + ": the report could not be written there");
  }
}

/// The chunks of an earlier page would only lie about.
void make_folders(const fs::path& folder) {
  const fs::path data = folder / "page" / "data";
  std::error_code failed;
  fs::create_directories(data, failed);
  for (const fs::directory_entry& entry : fs::directory_iterator(data, failed))
    if (entry.path().filename().string().starts_with("cells-")) fs::remove(entry.path(), failed);
}

void write_page_into(const fs::path& folder, const Results& results, const fs::path& results_folder) {
  make_folders(folder);
  const std::string way = fs::relative(results_folder, folder).generic_string();
  DetailsReader details(results_folder);
  const auto whole = [&](const CellResult& cell) { return need(details.whole(cell)); };
  write_page(results, load_definitions(results_folder), way == "." ? "" : way, whole,
             [&](const std::string& path, std::string_view text) { write_file(folder / path, text); });
}

}  // namespace

fs::path folder_of(const std::string& source) {
  const fs::path path = fs::absolute(source).lexically_normal();
  std::error_code unreadable;
  return fs::is_directory(path, unreadable) ? path : path.parent_path();
}

Results load_stored(const std::string& file_or_folder) {
  const fs::path path(file_or_folder);
  std::error_code unreadable;
  if (!fs::exists(path, unreadable)) throw UsageError(file_or_folder + ": there is no such file or folder");
  const bool killed = fs::is_directory(path, unreadable) && !fs::exists(path / "results.json", unreadable) &&
                      fs::exists(path / "cells.jsonl", unreadable);
  if (!killed) return need(load_results(path));
  Results results;
  if (fs::exists(path / "run.json", unreadable)) results = need(load_results(path / "run.json"));
  results.cells = need(load_cells(path));
  std::ranges::sort(results.cells, {}, [](const CellResult& cell) { return cell.id.text(); });
  group_cells(results);
  return results;
}

const CellResult& cell_named(const std::string& typed, const Results& results) {
  std::vector<std::string> names;
  for (const CellResult& cell : results.cells) {
    if (cell.id.text() == typed) return cell;
    names.push_back(cell.id.text());
  }
  throw UsageError(fmt::format("there is no cell \"{}\" in these results;{}", typed, did_you_mean(typed, names)));
}

void write_report(const std::string& text, const std::string& file) {
  if (file.empty() || file == "-")
    std::fwrite(text.data(), 1, text.size(), stdout);
  else
    write_file(file, text);
}

void write_as(const Format& format, const Results& results, const std::string& source, const std::string& out) {
  if (format.write) {
    write_report(format.write(results), out);
    return;
  }
  if (out == "-") throw UsageError("--out -: a page is a folder, and cannot go to stdout");
  write_page_into(out.empty() ? folder_of(source) : fs::absolute(out).lexically_normal(), results, folder_of(source));
}

}  // namespace ti

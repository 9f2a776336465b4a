#include "report/results_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "model/cell_line.hpp"
#include "model/results.hpp"

namespace ti {

namespace {

[[noreturn]] void cannot(const char* what, const std::filesystem::path& path) {
  throw std::runtime_error(std::string("cannot ") + what + " " + path.string() + ": " + std::strerror(errno));
}

/// WholeFile is there whole or not at all: it gets its name when it is kept.
class WholeFile {
 public:
  explicit WholeFile(std::filesystem::path path) : path_(std::move(path)) {
    partial_ += ".partial";
    fd_ = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd_ < 0) cannot("write", partial_);
  }
  ~WholeFile() { ::close(fd_); }
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  WholeFile& write(std::string_view text) {
    write_all(fd_, text, partial_);
    return *this;
  }
  void keep() { std::filesystem::rename(partial_, path_); }

 private:
  std::filesystem::path path_;
  std::filesystem::path partial_ = path_;
  int fd_ = -1;
};

/// Whether the cell has its details with it, as in schema 1.
bool holds_details(const CellResult& cell) {
  return std::ranges::any_of(cell.connections, [](const ConnectionSummary& connection) {
    return !connection.messages.empty() || connection.client.answered;
  });
}

}  // namespace

ResultsFile::ResultsFile(std::filesystem::path folder, bool append)
    : folder_(std::move(folder)), append_(append), details_(folder_, append) {
  const std::filesystem::path path = folder_ / "cells.jsonl";
  if (append && !std::filesystem::exists(path)) begin_again();
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | (append ? 0 : O_TRUNC), 0600);
  if (fd_ < 0) cannot("write", path);
}

/// The lines of a run that had ended.
void ResultsFile::begin_again() {
  const Result<Results> ended = load_results(folder_);
  if (!ended) throw std::runtime_error(ended.error().text());
  WholeFile lines(folder_ / "cells.jsonl");
  for (const CellResult& cell : ended->cells) lines.write(cell_line(cell) + "\n");
  lines.keep();
}

/// The cells that ended before the run was resumed; half a line that a killed run left goes.
void ResultsFile::recall_cells() {
  const std::filesystem::path path = folder_ / "cells.jsonl";
  std::ifstream in(path, std::ios::binary);
  DetailsReader details(folder_);
  for (std::string line; std::getline(in, line) && !in.eof();) {
    if (const Result<CellResult> cell = parse_cell(line)) {
      places_[cell->id.text()] = Place{cell->id, end_, line.size(), cell->verdict.outcome};
      const Result<CellResult> whole = details.whole(*cell);
      group(whole ? *whole : *cell);
    }
    end_ += line.size() + 1;
  }
  if (::ftruncate(fd_, static_cast<off_t>(end_)) != 0) cannot("write", path);
}

ResultsFile::~ResultsFile() { ::close(fd_); }

void ResultsFile::run_started(const Results& facts, std::size_t, std::size_t) {
  facts_ = facts;
  if (!definitions_.empty()) WholeFile(folder_ / "scenarios.json").write(definitions_json(definitions_) + "\n").keep();
  if (append_) {
    recall_cells();
    std::filesystem::remove(folder_ / "results.json");
  } else
    WholeFile(folder_ / "run.json").write(results_json(facts)).keep();
}

void ResultsFile::write_line(const CellResult& cell) {
  const std::string line = cell_line(cell) + "\n";
  if (::lseek(fd_, static_cast<off_t>(end_), SEEK_SET) < 0) cannot("write", folder_ / "cells.jsonl");
  write_all(fd_, line, folder_ / "cells.jsonl");
  places_[cell.id.text()] = Place{cell.id, end_, line.size() - 1, cell.verdict.outcome};
  end_ += line.size();
}

void ResultsFile::cell_ended(const CellResult& cell) {
  CellResult grouped = cell;
  grouped.finding = group(cell);
  if (!cell.connections.empty()) details_.add(cell.id.text(), cell_details(grouped));
  write_line(grouped);
}

std::string ResultsFile::group(const CellResult& cell) {
  for (const std::string& rule : cell.verdict.exercised) exercised_[rule].insert(cell.id.scenario);
  return findings_.add(cell);
}

void ResultsFile::cell_recalled(const CellResult& cell) {
  if (places_.contains(cell.id.text())) return;
  if (holds_details(cell)) {
    cell_ended(cell);
    return;
  }
  findings_.add(cell);
  write_line(cell);
}

void ResultsFile::take_over_details(const std::filesystem::path& folder) {
  details_.add_all_of(folder);
  const Result<Exercised> there = load_exercised(folder);
  if (!there) throw std::runtime_error(there.error().text());
  for (const auto& [rule, scenarios] : *there) exercised_[rule].insert(scenarios.begin(), scenarios.end());
}

void ResultsFile::run_ended(const RunFacts& run, bool stopped) {
  details_.finish();
  WholeFile(folder_ / "exercised.json").write(exercised_json(exercised_)).keep();
  facts_.run = run;
  facts_.findings = findings_.list();
  WholeFile out(folder_ / "results.json");
  ResultsDocument document(facts_);
  out.write(document.head());
  std::string line;
  for (const auto& [text, place] : places_) {
    line.resize(place.size);
    if (::pread(fd_, line.data(), line.size(), static_cast<off_t>(place.offset)) != static_cast<ssize_t>(line.size()))
      cannot("read", folder_ / "cells.jsonl");
    out.write(document.cell(place.id, place.outcome, line));
  }
  out.write(document.tail()).keep();
  if (!stopped) std::filesystem::remove(folder_ / "cells.jsonl");
}

bool holds_a_run(const std::filesystem::path& folder) {
  return std::filesystem::exists(folder / "cells.jsonl") ||
         (std::filesystem::exists(folder / "run.json") && std::filesystem::exists(folder / "results.json"));
}

Result<std::vector<CellResult>> load_cells(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "cells.jsonl";
  DetailsReader details(folder);
  std::vector<CellResult> cells;
  if (!std::filesystem::exists(file)) {
    Result<Results> ended = load_results(folder);
    if (!ended) return ended.error();
    for (const CellResult& cell : ended->cells) {
      Result<CellResult> whole = details.whole(cell);
      if (!whole) return whole.error();
      cells.push_back(std::move(*whole));
    }
    return cells;
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) return ParseError{"cannot read it", file.string(), 0};
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    Result<CellResult> cell = parse_cell(line);
    if (!cell && in.eof()) break;
    if (!cell) return ParseError{cell.error().what, file.string() + ":" + std::to_string(number), cell.error().offset};
    Result<CellResult> whole = details.whole(*cell);
    if (!whole) return whole.error();
    cells.push_back(std::move(*whole));
  }
  return cells;
}

}  // namespace ti

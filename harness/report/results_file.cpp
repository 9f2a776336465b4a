#include "report/results_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "model/results.hpp"

namespace ti {

namespace {

[[noreturn]] void cannot(const char* what, const std::filesystem::path& path) {
  throw std::runtime_error(std::string("cannot ") + what + " " + path.string() + ": " + std::strerror(errno));
}

void write_all(int fd, std::string_view text, const std::filesystem::path& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0) cannot("write", path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
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

}  // namespace

ResultsFile::ResultsFile(std::filesystem::path folder, bool append) : folder_(std::move(folder)), append_(append) {
  const std::filesystem::path path = folder_ / "cells.jsonl";
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | (append ? 0 : O_TRUNC), 0600);
  if (fd_ < 0) cannot("write", path);
}

/// The cells that ended before the run was resumed; half a line that a killed run left goes.
void ResultsFile::recall_cells() {
  const std::filesystem::path path = folder_ / "cells.jsonl";
  std::ifstream in(path, std::ios::binary);
  for (std::string line; std::getline(in, line) && !in.eof();) {
    if (const Result<CellResult> cell = parse_cell(line)) {
      places_[cell->id.text()] = Place{cell->id, end_, line.size(), cell->verdict.outcome};
      findings_.add(*cell);
    }
    end_ += line.size() + 1;
  }
  if (::ftruncate(fd_, static_cast<off_t>(end_)) != 0) cannot("write", path);
}

ResultsFile::~ResultsFile() { ::close(fd_); }

void ResultsFile::run_started(const Results& facts, std::size_t, std::size_t) {
  facts_ = facts;
  if (append_) recall_cells();
  if (!append_) WholeFile(folder_ / "run.json").write(results_json(facts)).keep();
}

void ResultsFile::cell_ended(const CellResult& cell) {
  CellResult grouped = cell;
  grouped.finding = findings_.add(cell);
  const std::string line = cell_json(grouped) + "\n";
  if (::lseek(fd_, static_cast<off_t>(end_), SEEK_SET) < 0) cannot("write", folder_ / "cells.jsonl");
  write_all(fd_, line, folder_ / "cells.jsonl");
  places_[cell.id.text()] = Place{cell.id, end_, line.size() - 1, cell.verdict.outcome};
  end_ += line.size();
}

void ResultsFile::cell_recalled(const CellResult& cell) {
  if (!places_.contains(cell.id.text())) cell_ended(cell);
}

void ResultsFile::run_ended(const RunFacts& run, bool) {
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
}

Result<std::vector<CellResult>> load_cells(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return ParseError{"cannot read it", file.string(), 0};
  std::vector<CellResult> cells;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    Result<CellResult> cell = parse_cell(line);
    if (!cell && in.eof()) break;
    if (!cell) return ParseError{cell.error().what, file.string() + ":" + std::to_string(number), cell.error().offset};
    cells.push_back(std::move(*cell));
  }
  return cells;
}

}  // namespace ti

#include "report/details.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "base/text.hpp"
#include "model/files.hpp"

namespace ti {

namespace {

constexpr std::size_t frame_holds = 1024 * 1024;              ///< enough for lines to resemble each other
constexpr std::uint64_t most_in_a_frame = 256 * 1024 * 1024;  ///< what claims to hold more is not ours
constexpr int level = 9;

constexpr const char* frames_name = "details.zst";
constexpr const char* index_name = "details.index";
constexpr const char* part_name = "details.part";

[[noreturn]] void cannot(const char* what, const std::filesystem::path& path) {
  throw std::runtime_error(std::string("cannot ") + what + " " + path.string() + ": " + std::strerror(errno));
}

int open_file(const std::filesystem::path& path, int how) {
  const int fd = ::open(path.c_str(), O_CREAT | O_CLOEXEC | how, 0600);
  if (fd < 0) cannot("write", path);
  return fd;
}

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The text of a file without half a line that a killed run left at its end.
std::string whole_lines(const std::filesystem::path& file) {
  std::string text = read_file(file).value();
  text.resize(text.rfind('\n') + 1);
  return text;
}

/// How far the frames of a file reach that are there from beginning to end.
std::uint64_t whole_frames(const std::filesystem::path& file) {
  const Result<std::string> packed = read_file(file);
  std::size_t end = 0;
  while (packed && end < packed->size()) {
    const std::size_t size = ZSTD_findFrameCompressedSize(packed->data() + end, packed->size() - end);
    if (ZSTD_isError(size)) break;
    end += size;
  }
  return end;
}

}  // namespace

void write_all(int fd, std::string_view text, const std::filesystem::path& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0) cannot("write", path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

Result<DetailsIndex> load_details_index(const std::filesystem::path& folder) {
  DetailsIndex index;
  std::ifstream in(folder / index_name, std::ios::binary);
  std::size_t line_number = 0;
  for (std::string line; std::getline(in, line);) {
    ++line_number;
    if (in.eof()) break;  // cut off in the middle
    const std::vector<std::string> words = split(line, ' ');
    std::array<std::optional<std::uint64_t>, 3> numbers;
    for (std::size_t i = 0; i < numbers.size() && words.size() == 4; ++i) numbers[i] = number(words[i + 1]);
    if (!numbers[0] || !numbers[1] || !numbers[2])
      return ParseError{"not a cell and three numbers",
                        (folder / index_name).string() + ":" + std::to_string(line_number)};
    index[words[0]] = {*numbers[0], *numbers[1], *numbers[2]};
  }
  return index;
}

Result<std::string> DetailsReader::frame(std::uint64_t offset) const {
  const std::filesystem::path path = folder_ / frames_name;
  const auto wrong = [&](const char* what) { return ParseError{what, path.string(), offset}; };
  // Of a run that was killed, what is not in a frame yet - or in half a frame - is still in the part.
  const bool has_part = std::filesystem::exists(folder_ / part_name);
  if (has_part && offset >= whole_frames(path)) return read_file(folder_ / part_name);
  std::ifstream in(path, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(offset));
  std::string text;
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), &ZSTD_freeDCtx);
  std::string chunk(64 * 1024, '\0'), out(ZSTD_DStreamOutSize(), '\0');
  for (std::size_t more = 1; more != 0;) {
    in.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    if (in.gcount() == 0) return wrong("it is cut short");
    ZSTD_inBuffer input{chunk.data(), static_cast<std::size_t>(in.gcount()), 0};
    while (input.pos < input.size && more != 0) {
      ZSTD_outBuffer output{out.data(), out.size(), 0};
      more = ZSTD_decompressStream(context.get(), &output, &input);
      if (ZSTD_isError(more)) return wrong("no frame of zstd begins where the index says");
      text.append(out.data(), output.pos);
      if (text.size() > most_in_a_frame) return wrong("a frame holds more than one of ours");
    }
  }
  return {boost::system::in_place_value, std::move(text)};
}

Result<std::string> DetailsReader::line(const DetailsPlace& place) {
  if (frame_.empty() || at_ != place.frame) {
    Result<std::string> read = frame(place.frame);
    if (!read) return read.error();
    frame_ = std::move(*read);
    at_ = place.frame;
  }
  if (place.skip > frame_.size() || place.size > frame_.size() - place.skip)
    return ParseError{"the index names more than the frame holds", (folder_ / index_name).string(), place.frame};
  return {boost::system::in_place_value, frame_.substr(place.skip, place.size)};
}

Result<CellResult> DetailsReader::whole(const CellResult& cell) {
  if (!index_) {
    Result<DetailsIndex> read = load_details_index(folder_);
    if (!read) return read.error();
    index_ = std::move(*read);
  }
  const auto place = index_->find(cell.id.text());
  if (place == index_->end()) return cell;
  const Result<std::string> text = line(place->second);
  if (!text) return text.error();
  Result<CellResult> whole = parse_cell(*text);
  if (whole && whole->id != cell.id) return ParseError{"it holds another cell", (folder_ / frames_name).string()};
  return whole;
}

DetailsWriter::DetailsWriter(std::filesystem::path folder, bool append) : folder_(std::move(folder)) {
  const int how = append ? 0 : O_TRUNC;
  frames_ = open_file(folder_ / frames_name, O_WRONLY | O_APPEND | how);
  index_ = open_file(folder_ / index_name, O_WRONLY | O_APPEND | how);
  part_ = open_file(folder_ / part_name, O_WRONLY | O_APPEND | how);
  if (!append) return;
  end_ = whole_frames(folder_ / frames_name);
  lines_ = whole_lines(folder_ / part_name);
  const auto cut = [&](int fd, std::uint64_t size, const char* name) {
    if (::ftruncate(fd, static_cast<off_t>(size)) != 0) cannot("write", folder_ / name);
  };
  cut(frames_, end_, frames_name);
  cut(part_, lines_.size(), part_name);
  cut(index_, whole_lines(folder_ / index_name).size(), index_name);
}

DetailsWriter::~DetailsWriter() {
  for (const int fd : {frames_, index_, part_})
    if (fd >= 0) ::close(fd);
}

void DetailsWriter::index(const std::string& cell, const DetailsPlace& place) const {
  const std::string line = cell + ' ' + std::to_string(place.frame) + ' ' + std::to_string(place.skip) + ' ' +
                           std::to_string(place.size) + '\n';
  write_all(index_, line, folder_ / index_name);
}

void DetailsWriter::add(const std::string& cell, std::string_view line) {
  const DetailsPlace place{end_, lines_.size(), line.size()};
  write_all(part_, std::string(line) + '\n', folder_ / part_name);
  lines_ += line;
  lines_ += '\n';
  index(cell, place);
  if (lines_.size() >= frame_holds) write_frame();
}

void DetailsWriter::write_frame() {
  if (lines_.empty()) return;
  std::string packed(ZSTD_compressBound(lines_.size()), '\0');
  const std::size_t size = ZSTD_compress(packed.data(), packed.size(), lines_.data(), lines_.size(), level);
  if (ZSTD_isError(size)) throw std::runtime_error(std::string("zstd: ") + ZSTD_getErrorName(size));
  packed.resize(size);
  write_all(frames_, packed, folder_ / frames_name);
  end_ += size;
  lines_.clear();
  if (::ftruncate(part_, 0) != 0) cannot("write", folder_ / part_name);
}

void DetailsWriter::add_all_of(const std::filesystem::path& folder) {
  const Result<DetailsIndex> there = load_details_index(folder);
  if (!there) throw std::runtime_error(there.error().text());
  if (there->empty()) return;
  write_frame();
  for (const auto& [cell, place] : *there) index(cell, {place.frame + end_, place.skip, place.size});
  std::ifstream in(folder / frames_name, std::ios::binary);
  std::string chunk(1 << 20, '\0');
  while (in.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || in.gcount() > 0) {
    const auto got = static_cast<std::size_t>(in.gcount());
    write_all(frames_, std::string_view(chunk).substr(0, got), folder_ / frames_name);
    end_ += got;
  }
  // What a run that was killed had not put into a frame: its places are those of the next one.
  if (!std::filesystem::exists(folder / part_name)) return;
  lines_ = read_file(folder / part_name).value();
  write_frame();
}

void DetailsWriter::finish() {
  write_frame();
  std::error_code ignored;
  std::filesystem::remove(folder_ / part_name, ignored);
}

}  // namespace ti

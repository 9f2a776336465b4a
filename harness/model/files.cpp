#include "model/files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace ti {

Result<std::string> read_file(const std::filesystem::path& file) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::string text;
  std::array<char, 65536> block;
  while (stream.read(block.data(), block.size()) || stream.gcount() > 0)
    text.append(block.data(), static_cast<std::size_t>(stream.gcount()));
  if (!stream.is_open() || stream.bad())
    return ParseError{"cannot be read: " + std::generic_category().message(errno), file.string()};
  return {boost::system::in_place_value, std::move(text)};
}

std::vector<std::filesystem::path> folders_with(const std::filesystem::path& folder, std::string_view file,
                                                std::vector<ParseError>& errors) {
  std::vector<std::filesystem::path> found;
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator(folder, problem)) {
    std::error_code hidden;
    if (std::filesystem::exists(entry.path() / file, hidden)) found.push_back(entry.path());
    if (hidden) errors.push_back({"cannot be read: " + hidden.message(), entry.path().string()});
  }
  if (problem) errors.push_back({"cannot be read: " + problem.message(), folder.string()});
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace ti

#pragma once
// The project's own C++ sources, as text.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "where/where.hpp"

namespace ti::sources {

inline bool is_source(const std::filesystem::path& file) {
  return file.extension() == ".cpp" || file.extension() == ".hpp";
}

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline std::vector<std::filesystem::path> sources_below(const char* folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(where::source() / folder))
    if (is_source(entry.path())) files.push_back(entry.path());
  return files;
}

}  // namespace ti::sources

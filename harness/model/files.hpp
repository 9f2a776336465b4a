#pragma once
// Finding files and reading them whole.
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ti {

/// The whole file; the error says that and why it cannot be read.
Result<std::string> read_file(const std::filesystem::path& file);

/// Folders directly below `folder` that hold a file of that name, sorted. A folder that cannot be read, itself or one
/// below it, is an error.
std::vector<std::filesystem::path> folders_with(const std::filesystem::path& folder, std::string_view file,
                                                std::vector<ParseError>& errors);

}  // namespace ti

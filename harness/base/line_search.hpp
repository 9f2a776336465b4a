#pragma once
// Regular expressions over what programs print, which may be anything.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ti {

/// What is searched of a line: the time it takes grows with the square of this.
inline constexpr std::size_t longest_searched_line = 1024;

/// What an ECMAScript expression finds in the first line that has it: its first group, or all of the match if it has no
/// groups. Each line is held against it by itself, without its newline, and of a line the first `longest_searched_line`
/// bytes. Throws std::regex_error for what is no expression.
std::optional<std::string> find_in_lines(std::string_view text, const std::string& expression);

}  // namespace ti

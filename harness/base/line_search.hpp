#pragma once
// Regular expressions over what programs print, which may be anything: RE2's, whose time grows with the text alone.
#include <optional>
#include <string>
#include <string_view>

namespace ti {

/// Why this is no expression that can be searched for, or has fewer groups than are needed; empty when all is well.
std::string wrong_in_expression(const std::string& expression, int groups);

/// What an expression finds in the first line that has it: its first group, or all of the match if it has no groups.
/// Each line is held against it by itself, without its end, byte by byte. Throws std::invalid_argument for what is no
/// expression.
std::optional<std::string> find_in_lines(std::string_view text, const std::string& expression);

}  // namespace ti

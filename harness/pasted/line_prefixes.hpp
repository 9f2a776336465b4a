#pragma once
// What loggers and terminals add to lines: times, levels, names of containers, line numbers, colours.
#include <string>
#include <string_view>

namespace ti {

/// A text without its terminal escape sequences (ECMA-48).
std::string without_escapes(std::string_view text);

/// A text without what a logger wrote before its lines. A kind of prefix counts as one where many of the lines have it:
/// a time, a level, `container | `, `host program[7]: `, or a line number that grows by one a line.
std::string without_line_prefixes(std::string_view text);

}  // namespace ti

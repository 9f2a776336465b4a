#include "base/line_search.hpp"

#include <algorithm>
#include <regex>

#include "base/text.hpp"

namespace ti {

std::optional<std::string> find_in_lines(std::string_view text, const std::string& expression) {
  // libstdc++'s breadth-first matcher: the other one recurses for each character, and backtracks without end.
  constexpr auto breadth_first = std::regex_constants::__polynomial;
  const std::regex regex(expression, std::regex::ECMAScript | std::regex::multiline | breadth_first);
  for (const std::string& line : split(text, '\n')) {
    const auto end = line.begin() + static_cast<std::ptrdiff_t>(std::min(line.size(), longest_searched_line));
    std::smatch match;
    if (std::regex_search(line.begin(), end, match, regex)) return match[match.size() > 1 ? 1 : 0].str();
  }
  return std::nullopt;
}

}  // namespace ti

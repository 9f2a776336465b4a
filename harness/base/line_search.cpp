#include "base/line_search.hpp"

#include <re2/re2.h>

#include <stdexcept>

#include "base/text.hpp"

namespace ti {

namespace {

re2::RE2 compiled(const std::string& expression) {
  re2::RE2::Options options(re2::RE2::Latin1);
  options.set_log_errors(false);
  return re2::RE2(expression, options);
}

}  // namespace

std::string wrong_in_expression(const std::string& expression, int groups) {
  const re2::RE2 regex = compiled(expression);
  if (!regex.ok()) return "is not a regular expression: " + regex.error();
  if (regex.NumberOfCapturingGroups() < groups) return "must have a group (...) around the part to take";
  return {};
}

std::optional<std::string> find_in_lines(std::string_view text, const std::string& expression) {
  const re2::RE2 regex = compiled(expression);
  if (!regex.ok()) throw std::invalid_argument(regex.error());
  const int first_group = regex.NumberOfCapturingGroups() > 0 ? 1 : 0;
  for (std::string& line : split(text, '\n')) {
    if (line.ends_with('\r')) line.pop_back();
    re2::StringPiece found[2];
    if (regex.Match(line, 0, line.size(), re2::RE2::UNANCHORED, found, first_group + 1))
      return std::string(found[first_group].data() ? found[first_group].data() : "", found[first_group].size());
  }
  return std::nullopt;
}

}  // namespace ti

#include <algorithm>

#include "base/text.hpp"
#include "model/json_reader.hpp"
#include "model/manifest.hpp"

namespace ti {

namespace {

bool is_variable_character(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

}  // namespace

Result<std::string> fill_in(std::string_view text, const std::map<std::string, std::string>& variables) {
  std::string filled;
  std::size_t copied = 0;
  for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
    const auto* begin = text.begin() + open + 1;
    const auto* end = std::find_if_not(begin, text.end(), is_variable_character);
    if (end == begin || end == text.end() || *end != '}') continue;
    const std::string variable(begin, end);
    const auto value = variables.find(variable);
    if (value == variables.end()) {
      std::vector<std::string> names;
      for (const auto& [known, unused] : variables) names.push_back(known);
      return ParseError{
          "unknown variable \"" + variable + "\":" + did_you_mean(variable, names) + " It may be " + one_of(names), "",
          open};
    }
    filled += text.substr(copied, open - copied);
    filled += value->second;
    copied = static_cast<std::size_t>(end - text.begin()) + 1;
  }
  filled += text.substr(copied);
  return {boost::system::in_place_value, std::move(filled)};
}

}  // namespace ti

#include "report/counts.hpp"

#include <fmt/format.h>

namespace ti {

std::string in_groups(std::size_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t end = digits.size(); end > 3;) digits.insert(end -= 3, ",");
  return digits;
}

std::string counted(std::size_t count, const std::string& thing) {
  return in_groups(count) + " " + thing + (count == 1 ? "" : "s");
}

std::string totals_text(const Totals& totals) {
  std::string text;
  for (const Outcome outcome :
       {Outcome::pass, Outcome::fail, Outcome::error, Outcome::inconclusive, Outcome::unsupported}) {
    const auto found = totals.counts.find(outcome);
    if (found == totals.counts.end() || found->second == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", found->second, name(outcome));
  }
  return text.empty() ? "no cell" : text;
}

}  // namespace ti

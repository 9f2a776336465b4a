#include "model/version_range.hpp"

#include <algorithm>
#include <cctype>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace ti {

namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

struct Number {
  std::vector<std::uint64_t> parts;
  bool finished = true;  ///< not "-beta1" or the like
  std::string letters;

  auto operator<=>(const Number&) const = default;
};

std::uint64_t take_digits(std::string_view& text) {
  std::uint64_t number = 0;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1))
    number = std::min<std::uint64_t>(number * 10 + static_cast<std::uint64_t>(text.front() - '0'), UINT32_MAX);
  return number;
}

/// Takes a number with its letters off the front of a text that begins with a digit.
Number take_number(std::string_view& text) {
  Number number;
  number.parts.push_back(take_digits(text));
  while (text.size() > 1 && text[0] == '.' && is_digit(text[1])) {
    text.remove_prefix(1);
    number.parts.push_back(take_digits(text));
  }
  while (number.parts.size() > 1 && number.parts.back() == 0) number.parts.pop_back();
  for (; !text.empty() && is_letter(text.front()); text.remove_prefix(1)) number.letters += text.front();
  for (const std::string_view unfinished : {"-pre", "-alpha", "-beta", "-rc", "-dev"})
    number.finished = number.finished && !text.starts_with(unfinished);
  return number;
}

std::optional<Number> first_number(std::string_view text) {
  while (!text.empty()) {
    const auto digit = std::find_if(text.begin(), text.end(), is_digit);
    text.remove_prefix(static_cast<std::size_t>(digit - text.begin()));
    if (text.empty()) break;
    const std::string_view rest = text;
    const Number number = take_number(text);
    const std::string_view taken = rest.substr(0, rest.size() - text.size());
    if (taken.find('.') != std::string_view::npos) return number;
  }
  return std::nullopt;
}

struct Comparison {
  std::string_view sign;
  Number limit;

  bool holds(const Number& version) const {
    const auto order = version <=> limit;
    if (sign == "<") return order < 0;
    if (sign == "<=") return order <= 0;
    if (sign == ">") return order > 0;
    if (sign == ">=") return order >= 0;
    return order == 0;
  }
};

std::optional<Comparison> comparison_of(std::string_view text) {
  const auto digit = std::find_if(text.begin(), text.end(), is_digit);
  const std::string_view sign = text.substr(0, static_cast<std::size_t>(digit - text.begin()));
  static constexpr std::string_view signs[] = {"", "=", "<", "<=", ">", ">="};
  text.remove_prefix(sign.size());
  if (text.empty() || std::find(std::begin(signs), std::end(signs), sign) == std::end(signs)) return std::nullopt;
  Comparison comparison{sign, take_number(text)};
  if (!text.empty() && comparison.limit.finished) return std::nullopt;
  return comparison;
}

}  // namespace

bool is_version_range(std::string_view range) {
  const auto words = split(range, ' ');
  return std::all_of(words.begin(), words.end(), [](const auto& word) { return word.empty() || comparison_of(word); });
}

bool in_version_range(std::string_view range, std::string_view version) {
  const std::optional<Number> number = first_number(version);
  const auto words = split(range, ' ');
  return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    if (word.empty()) return true;
    const auto comparison = comparison_of(word);
    return comparison && number && comparison->holds(*number);
  });
}

bool is_earlier_version(std::string_view first, std::string_view second) {
  return first_number(first) < first_number(second);
}

}  // namespace ti

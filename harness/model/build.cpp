#include "model/build.hpp"

#include <algorithm>
#include <cctype>

#include "base/text.hpp"

namespace ti {

namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// What goes on a version after its first digit; the rest is not fit for a file's name.
bool is_of_version(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_'; }
bool joins_version(char c) { return c == '-' || c == '+' || c == '~'; }

}  // namespace

Result<std::optional<BuildOrder>> parse_build_order(std::string_view word, const std::filesystem::path& current) {
  const std::size_t sign = word.find('=');
  if (sign == std::string_view::npos) return std::optional<BuildOrder>();
  BuildOrder order;
  order.of = word.substr(0, sign);
  std::string_view rest = word.substr(sign + 1);
  const std::size_t colon = rest.find(':');
  const bool labelled = colon != std::string_view::npos && rest.substr(0, colon).find('/') == std::string_view::npos;
  if (!labelled && rest.find('/') == std::string_view::npos && !std::filesystem::exists(current / rest))
    return std::optional<BuildOrder>();  // the id of a build, as results have it
  if (labelled) {
    order.label = rest.substr(0, colon);
    rest.remove_prefix(colon + 1);
    if (const std::string wrong = wrong_in_id(order.label); !wrong.empty())
      return ParseError{std::string(word) + ": the label " + wrong, "", 0};
  }
  for (const std::string& place : split(rest, ',')) {
    if (place.empty() || order.of.empty())
      return ParseError{std::string(word) + ": want ID=PLACE or ID=LABEL:PLACE", "", 0};
    order.places.push_back((current / place).lexically_normal());
  }
  return std::optional(std::move(order));
}

std::string Build::place() const {
  std::string text;
  for (const std::filesystem::path& each : places) text += (text.empty() ? "" : ",") + each.string();
  return text;
}

std::string_view without_build(std::string_view id) { return id.substr(0, id.find('=')); }

namespace {

/// The number with which a text ends, behind a blank: what a library says that only counts its interfaces.
std::string last_number(std::string_view said) {
  const std::size_t blank = said.find_last_of(' ');
  if (blank == std::string_view::npos) return {};
  const std::string_view word = said.substr(blank + 1);
  return !word.empty() && std::ranges::all_of(word, is_digit) ? std::string(word) : "";
}

}  // namespace

std::string version_word(std::string_view said) {
  const std::string count = last_number(said);
  while (!said.empty()) {
    const auto* digit = std::find_if(said.begin(), said.end(), is_digit);
    said.remove_prefix(static_cast<std::size_t>(digit - said.begin()));
    std::string word;
    while (!said.empty() && (is_of_version(said[0]) ||
                             (said.size() > 1 && joins_version(said[0]) && is_of_version(said[1]) && said[1] != '.'))) {
      word += joins_version(said[0]) ? '-' : said[0];
      said.remove_prefix(1);
    }
    while (!word.empty() && word.back() == '.') word.pop_back();
    if (word.find('.') != std::string::npos) return word;
  }
  return count;
}

}  // namespace ti

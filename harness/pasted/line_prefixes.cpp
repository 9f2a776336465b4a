#include "pasted/line_prefixes.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <vector>

namespace ti {

namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// How much of a line stands for a shape: `9` for one digit, any other character for itself. 0 if the line is another.
std::size_t shaped(std::string_view line, std::string_view shape) {
  if (line.size() < shape.size()) return 0;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == '9' ? !is_digit(line[i]) : line[i] != shape[i]) return 0;
  return shape.size();
}

std::size_t run_of(std::string_view line, std::size_t from, std::string_view set) {
  return std::min(line.find_first_not_of(set, from), line.size()) - from;
}

std::size_t date(std::string_view line) {
  for (const std::string_view shape : {"9999-99-99", "9999/99/99", "99/99/9999", "99.99.9999"})
    if (const std::size_t length = shaped(line, shape)) return length;
  constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const bool month = std::find(std::begin(months), std::end(months), line.substr(0, 3)) != std::end(months);
  if (!month) return 0;
  return std::max(shaped(line.substr(3), " 99"), shaped(line.substr(3), "  9")) != 0 ? 6 : 0;
}

/// `04:10:00.123456Z`, `04:10:00,123+01:00`
std::size_t time_of_day(std::string_view line) {
  std::size_t length = shaped(line, "99:99:99");
  if (length == 0) return 0;
  if (length < line.size() && (line[length] == '.' || line[length] == ','))
    length += 1 + run_of(line, length + 1, "0123456789");
  if (length < line.size() && line[length] == 'Z') return length + 1;
  const std::string_view zone = line.substr(length, line.substr(length).find_first_of(" \t]"));
  if (shaped(zone, "+99:99") == zone.size() || shaped(zone, "-99:99") == zone.size() ||
      shaped(zone, "+9999") == zone.size() || shaped(zone, "-9999") == zone.size())
    length += zone.size();
  return length;
}

std::size_t when(std::string_view line) {
  const bool bracket = line.starts_with('[');
  std::size_t at = bracket ? 1 + run_of(line, 1, " ") : 0;
  const std::size_t day = date(line.substr(at));
  at += day;
  if (day > 0 && at < line.size() && (line[at] == 'T' || line[at] == ' ')) ++at;
  if (const std::size_t time = time_of_day(line.substr(at))) {
    at += time;
  } else if (day == 0) {
    const std::size_t whole = run_of(line, at, "0123456789");
    const std::size_t point = at + whole;
    if (whole == 0 || point >= line.size() || line[point] != '.') return 0;
    const std::size_t fraction = run_of(line, point + 1, "0123456789");
    constexpr std::size_t milliseconds = 3;
    if (fraction < milliseconds) return 0;
    at = point + 1 + fraction;
  }
  if (bracket) return at < line.size() && line[at] == ']' ? at + 1 : 0;
  if (at < line.size() && line[at] == ':') ++at;
  return at == line.size() || is_blank(line[at]) ? at : 0;
}

std::size_t level(std::string_view line) {
  constexpr std::string_view levels[] = {"TRACE", "DEBUG", "INFO", "NOTICE", "WARNING", "WARN", "ERROR", "FATAL",
                                         "trace", "debug", "info", "notice", "warning", "warn", "error"};
  const bool bracket = line.starts_with('[') || line.starts_with('<');
  const std::string_view rest = line.substr(bracket ? 1 : 0);
  for (const std::string_view level : levels) {
    if (!rest.starts_with(level)) continue;
    std::size_t at = (bracket ? 1 : 0) + level.size();
    at += run_of(line, at, "]>:");
    return at == line.size() || is_blank(line[at]) ? at : 0;
  }
  return 0;
}

constexpr std::string_view name_characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/@";

/// `web-1  | `
std::size_t container(std::string_view line) {
  const std::size_t name = run_of(line, 0, name_characters);
  const std::size_t bar = name + run_of(line, name, " ");
  return name > 0 && bar > name && shaped(line.substr(bar), "|") != 0 ? bar + 1 : 0;
}

/// `host program[7]: `, `program: `, `[pod/web]`
std::size_t program(std::string_view line) {
  if (line.starts_with("[pod/")) return std::min(line.find(']'), line.size() - 1) + 1;
  const std::size_t host = run_of(line, 0, name_characters);
  std::size_t at = host;
  if (at > 0 && at < line.size() && line[at] == ' ') at += 1 + run_of(line, at + 1, name_characters);
  if (at == host || at >= line.size() || line[at] != '[') return 0;
  at += 1 + run_of(line, at + 1, "0123456789");
  return line.substr(at).starts_with("]:") ? at + 2 : 0;
}

struct Numbered {
  std::size_t number;
  std::size_t length;
};

/// `  12  `, `12: `, `12\t`
std::optional<Numbered> line_number(std::string_view line) {
  const std::size_t begin = run_of(line, 0, " ");
  const std::size_t digits = run_of(line, begin, "0123456789");
  constexpr std::size_t most_digits = 6;
  if (digits == 0 || digits > most_digits) return std::nullopt;
  std::size_t at = begin + digits;
  if (at < line.size() && (line[at] == ':' || line[at] == '.' || line[at] == '|')) ++at;
  if (at < line.size() && !is_blank(line[at])) return std::nullopt;
  std::size_t number = 0;
  std::from_chars(line.data() + begin, line.data() + begin + digits, number);
  return Numbered{number, at};
}

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool is_empty(std::string_view line) { return line.find_first_not_of(" \t\r") == line.npos; }

std::string_view behind_blanks(std::string_view line) { return line.substr(run_of(line, 0, " \t")); }

/// The line behind the blank that parts it from a prefix.
std::string_view behind_blank(std::string_view line) {
  return line.substr(!line.empty() && is_blank(line.front()) ? 1 : 0);
}

/// Takes one kind of prefix off, if `share` hundredths of the lines that say anything have it.
bool take_off(Lines& lines, std::size_t (*prefix)(std::string_view), std::size_t share) {
  constexpr std::size_t least = 3;
  constexpr std::size_t whole = 100;
  std::size_t said = 0;
  std::size_t prefixed = 0;
  for (const std::string_view line : lines) {
    said += is_empty(line) ? 0 : 1;
    prefixed += prefix(behind_blanks(line)) > 0 ? 1 : 0;
  }
  if (prefixed < least || prefixed * whole < said * share) return false;
  for (std::string_view& line : lines) {
    const std::string_view rest = behind_blanks(line);
    if (const std::size_t length = prefix(rest)) line = behind_blank(rest.substr(length));
  }
  return true;
}

bool take_off_numbers(Lines& lines) {
  constexpr std::size_t least = 5;
  std::size_t said = 0;
  std::size_t steps = 0;
  std::optional<Numbered> last;
  for (const std::string_view line : lines) {
    const auto number = line_number(line);
    steps += number && last && number->number == last->number + 1 ? 1 : 0;
    said += is_empty(line) ? 0 : 1;
    if (number) last = number;
  }
  if (steps < least || steps * 2 < said) return false;
  for (std::string_view& line : lines)
    if (const auto number = line_number(line)) line = behind_blank(line.substr(number->length));
  return true;
}

}  // namespace

std::string without_escapes(std::string_view text) {
  constexpr char escape = '\x1b';
  std::string clean;
  clean.reserve(text.size());
  while (true) {
    const std::size_t plain = std::min(text.find(escape), text.size());
    clean += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) return clean;
    const std::size_t parameters = text.size() > 1 && text[1] == '[' ? 2 + run_of(text, 2, "0123456789;:?") : 1;
    text.remove_prefix(std::min(parameters + (parameters > 1 ? 1 : 0), text.size()));
  }
}

std::string without_line_prefixes(std::string_view text) {
  constexpr int most_rounds = 3;
  struct Kind {
    std::size_t (*prefix)(std::string_view);
    std::size_t share;
  };
  constexpr std::array<Kind, 4> kinds = {{{when, 30}, {container, 60}, {program, 30}, {level, 30}}};
  Lines lines = lines_of(text);
  bool any = false;
  for (int round = 0; round < most_rounds; ++round) {
    bool more = take_off_numbers(lines);
    for (const auto& [prefix, share] : kinds) more |= take_off(lines, prefix, share);
    if (!more) break;
    any = true;
  }
  if (!any) return std::string(text);
  std::string clean;
  clean.reserve(text.size());
  for (const std::string_view line : lines) clean.append(line).append("\n");
  return clean;
}

}  // namespace ti

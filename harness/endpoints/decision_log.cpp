#include "endpoints/decision_log.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace ti {

namespace {

/// The word that follows `label` in a line, or nothing.
std::optional<std::string_view> word_after(std::string_view line, std::string_view label) {
  const std::size_t at = line.find(label);
  if (at == std::string_view::npos) return std::nullopt;
  line.remove_prefix(at + label.size());
  return line.substr(0, line.find_first_of(" ,;\t\r"));
}

std::optional<std::int64_t> number(std::string_view digits) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<TicketDecision> parse_decision(std::string_view line) {
  const std::size_t start = line.find(decision_mark);
  if (start == std::string_view::npos) return std::nullopt;
  line.remove_prefix(start);
  const auto op = word_after(line, " op=");
  const auto key = word_after(line, " key=");
  const auto age = word_after(line, " age=");
  const auto result = word_after(line, " result=");
  if (!op || !key || !age || !result || (*op != "encrypt" && *op != "decrypt")) return std::nullopt;
  const auto value = number(*result);
  if (!value) return std::nullopt;
  return TicketDecision{*op == "encrypt", std::string(*key), number(*age), static_cast<int>(*value)};
}

bool tells_of_error(std::string_view line) {
  static constexpr std::array<std::string_view, 7> words = {
      "error:", "ERROR", "[alert]", "[crit]", "[emerg]", "Sanitizer", "SSL_do_handshake() failed"};
  return std::any_of(words.begin(), words.end(), [&](auto word) { return line.find(word) != std::string_view::npos; });
}

}  // namespace ti

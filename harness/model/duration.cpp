#include "model/duration.hpp"

#include <charconv>
#include <cstdint>
#include <utility>

namespace ti {

std::optional<std::chrono::milliseconds> duration_of(std::string_view text) {
  static constexpr std::pair<std::string_view, std::int64_t> units[] = {
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  static constexpr std::int64_t longest = 100 * std::int64_t{366} * 86'400'000;

  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& [name, milliseconds] : units) {
    if (unit != name) continue;
    if (number > static_cast<std::uint64_t>(longest / milliseconds)) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(number) * milliseconds);
  }
  return std::nullopt;
}

}  // namespace ti

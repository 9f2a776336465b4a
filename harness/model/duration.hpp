#pragma once
// Durations as scenarios write them.
#include <chrono>
#include <optional>
#include <string_view>

namespace ti {

/// "250ms", "10s", "5m", "2h", "7d"; nothing for anything else, or for more than a hundred years.
std::optional<std::chrono::milliseconds> duration_of(std::string_view text);

}  // namespace ti

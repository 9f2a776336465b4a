#pragma once
// What a person is told on the way.
#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace ti {

/// Prints like fmt::print, but throws nothing when it cannot be written: the stream then has its error (ferror), and
/// whoever wrote goes on.
template <class... Args>
void try_print(std::FILE* to, fmt::format_string<Args...> format, Args&&... args) {
  const std::string text = fmt::format(format, std::forward<Args>(args)...);
  std::fwrite(text.data(), 1, text.size(), to);
}

}  // namespace ti

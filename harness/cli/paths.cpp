#include "cli/paths.hpp"

#include <algorithm>
#include <cstdlib>

namespace ti {

namespace {

namespace fs = std::filesystem;

bool holds_data(const fs::path& folder) {
  std::error_code unreadable;
  return std::ranges::all_of(std::initializer_list<const char*>{"scenarios", "clients", "servers"},
                             [&](const char* name) { return fs::is_directory(folder / name, unreadable); });
}

/// The build folder of the program, if the adapters are there, else that of the data.
fs::path build_folder(const fs::path& self, const fs::path& data) {
  const fs::path own = self.parent_path().parent_path();
  std::error_code unreadable;
  return fs::is_directory(own / "clients", unreadable) ? own : data / "build" / "release";
}

}  // namespace

std::optional<Paths> find_paths(const fs::path& self, const BuiltAt& built, const fs::path& current) {
  for (fs::path folder = self.parent_path();; folder = folder.parent_path()) {
    if (holds_data(folder)) return Paths{folder, build_folder(self, folder)};
    const fs::path installed = folder / "lib" / "ticket-interop";
    if (holds_data(installed)) {
      Paths paths{installed, installed / "build" / "release"};
      paths.reports = current / "reports";
      return paths;
    }
    if (folder == folder.parent_path()) break;
  }
  if (self.parent_path().parent_path() == built.binary && holds_data(built.source))
    return Paths{built.source, built.binary};
  return std::nullopt;
}

fs::path Paths::cache() {
  if (const char* named = std::getenv("TICKET_INTEROP_CACHE"); named && *named) return fs::absolute(named);
  const char* home = std::getenv("HOME");
  return fs::path(home && *home ? home : "/tmp") / ".cache" / "ticket-interop";
}

std::optional<Paths> paths_in(const fs::path& data, const fs::path& self) {
  const fs::path folder = fs::absolute(data).lexically_normal();
  if (!holds_data(folder)) return std::nullopt;
  return Paths{folder, build_folder(self, folder)};
}

}  // namespace ti

#pragma once
// Where the program's own things are: beside it, in the checkout or where it was installed.
#include <filesystem>
#include <optional>

namespace ti {

struct Paths {
  std::filesystem::path root;    ///< the checkout, or a copy of its data: servers/, clients/, scenarios/, reports/
  std::filesystem::path binary;  ///< the CMake build folder that holds the adapters
  std::filesystem::path scenarios = root / "scenarios";
  std::filesystem::path reports = root / "reports";  ///< where runs leave their results

  std::filesystem::path servers_build() const { return root / "build" / "servers"; }
  std::filesystem::path clients_build() const { return binary / "clients"; }
  std::filesystem::path optional_clients_build() const { return root / "build" / "clients"; }
  /// What is kept from run to run: $TICKET_INTEROP_CACHE, else ~/.cache/ticket-interop.
  static std::filesystem::path cache();
  std::filesystem::path known_issues() const { return root / "reports" / "known_issues.json"; }
};

/// BuiltAt is where a program was compiled, which counts only as long as it still lies there.
struct BuiltAt {
  std::filesystem::path source;
  std::filesystem::path binary;
};

/// The data of the program at `self`: the nearest folder above it that holds scenarios/, clients/ and servers/, or
/// lib/ticket-interop in one (`cmake --install`), else the source folder if the program lies where it was built. An
/// installed program leaves its results in reports/ of `current`. Nothing when there are none.
std::optional<Paths> find_paths(const std::filesystem::path& self, const BuiltAt& built,
                                const std::filesystem::path& current);

/// The data in a folder that somebody named (--data); nothing when it holds none.
std::optional<Paths> paths_in(const std::filesystem::path& data, const std::filesystem::path& self);

}  // namespace ti

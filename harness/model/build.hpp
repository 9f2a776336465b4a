#pragma once
// Builds: versions of a library or program that lie somewhere, on which a client or server can run instead of its
// default one.
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace ti {

/// BuildOrder is what a person asked for: `ID=PLACE`, `ID=LABEL:PLACE`, or `ID=PLACE,PLACE` where program and library
/// lie apart.
struct BuildOrder {
  std::string of;     ///< id of a client or server, or a glob over ids
  std::string label;  ///< what it is to be called; empty: by the version that it says itself
  std::vector<std::filesystem::path> places;
};

/// The order that a word gives; nothing when it is none but a glob (it has no "=" with a path behind it). A path that
/// is not absolute is below `current`.
Result<std::optional<BuildOrder>> parse_build_order(std::string_view word, const std::filesystem::path& current);

/// MayLack is a part of a program's command that is left out for a build that does not know its first word.
using MayLack = std::vector<std::string>;

/// BuildRecipe is what a manifest says of builds: what to look for in a place, and what makes the adapter or server
/// fit one ("builds" in clients/PROTOCOL.md and servers/CONTRACT.md).
struct BuildRecipe {
  std::vector<std::string> libraries;  ///< names as files bear them before ".so": "libssl"; the first is the one tested
  std::string header;                  ///< by which its headers are found: "openssl/ssl.h"
  std::vector<std::string> program;    ///< paths below a place, in order of preference: "bin/openssl"
  std::string as;                      ///< servers: id of the server as which builds are run; empty: as itself
  std::string program_as;              ///< servers: likewise where a program was found; empty: as itself
  std::vector<std::string> compile;    ///< command, or empty when nothing can be compiled
  bool always_compile = false;         ///< what was set up runs on its own build alone
  std::vector<MayLack> may_lack;       ///< clients that are programs
  std::map<std::string, std::string> tls;  ///< servers: "1.2" -> range of versions of the library that have it
  std::string security_levels;             ///< range of versions of the library that know "@SECLEVEL" in cipher lists
};

/// Library is one of the recipe's, as it was found.
struct FoundLibrary {
  std::string name;            ///< "libssl"
  std::filesystem::path file;  ///< what is meant to be loaded, links resolved
  bool archive = false;        ///< linked into what is compiled with it: nothing of the name is to be loaded
  bool operator==(const FoundLibrary&) const = default;
};

/// Build is one that was found.
struct Build {
  std::string of;  ///< id of the client or server whose it is
  std::string label;
  std::vector<std::filesystem::path> places;
  std::vector<FoundLibrary> libraries;
  std::vector<std::filesystem::path> library_path;  ///< folders that the loader is told to look in
  std::vector<std::filesystem::path> include_path;
  std::filesystem::path program;   ///< {binary}; empty: that of the manifest
  std::filesystem::path loader;    ///< that of an unpacked system that is newer than this one; empty: this system's
  std::filesystem::path compiled;  ///< {build}: where it was compiled for this build; empty: as it was set up
  bool program_is_static = false;  ///< the program holds the library itself, or there is none
  bool has_security_levels = true;

  /// The places as a person gave them.
  std::string place() const;
};

/// "openssl" of "openssl=3.5.9", and of "openssl".
std::string_view without_build(std::string_view id);

/// The version in what a program says of itself, fit for an id: "1.0.2u" of "OpenSSL 1.0.2u  20 Dec 2019"; of a text
/// without a dotted number the number with which it ends, "17" of "BoringSSL API 17". Empty when there is none.
std::string version_word(std::string_view said);

}  // namespace ti

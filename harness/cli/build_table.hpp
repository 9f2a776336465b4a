#pragma once
// Every build that servers and clients run on here.
#include <string>
#include <vector>

#include "cli/catalogue.hpp"

namespace ti {

/// One server or client that can be run here, and what it was seen to run on.
struct BuildRow {
  std::string id;
  std::string side;     ///< "server" or "client"
  std::string version;  ///< as it says it itself
  std::string place;    ///< that a person named; empty: the default build
  std::string file;     ///< of the library or program that is tested; empty: not told
  std::string sha256;
  std::vector<std::string> takes;  ///< what other builds are looked for by; empty: it runs on this one alone
};

/// Asks each for its version, which takes a second or two.
std::vector<BuildRow> build_rows(const Catalogue& catalogue, const Paths& paths);

}  // namespace ti

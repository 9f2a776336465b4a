#pragma once
// What is typed to run a cell without this program.
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "endpoints/server.hpp"
#include "run/matrix.hpp"

namespace ti {

/// ByHand is a cell in lines of bash, for a shell that is in its folder. A tap's disturbances are not among them.
struct ByHand {
  static constexpr std::uint16_t port = 4433;  ///< where the client finds the server

  std::map<std::string, std::string> files;  ///< that the server needs in the folder: name -> what is in it
  std::string server;                        ///< the command of the server
  std::string bridge;  ///< the command that brings the port to the server's socket; empty: the server prints its port
  std::string client;  ///< the lines of the client
};

/// The server's socket is named from its own folder: the path of a socket has at most 107 bytes. Throws UsageError.
ByHand by_hand(const PlannedCell& cell, const RunContext& context, const std::filesystem::path& folder);

/// Writes a script of bash that its owner may run.
void write_script(const std::filesystem::path& file, const std::string& text);

/// The text with one word in the place of another.
std::string replaced(std::string text, const std::string& what, const std::string& by);

}  // namespace ti

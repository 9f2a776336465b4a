#pragma once
// Adapters and servers compiled for a build.
#include <filesystem>
#include <string>
#include <vector>

#include "endpoints/run_context.hpp"
#include "exec/asio.hpp"
#include "model/build.hpp"

namespace ti {

/// CompileOrder is what a recipe's command is to make, for whom and where.
struct CompileOrder {
  std::string what;                  ///< "client openssl"
  std::vector<std::string> command;  ///< with {source} and {out}
  std::filesystem::path source;      ///< folder of the manifest
  std::filesystem::path out;         ///< becomes {build}
};

/// Runs the recipe's command in the caller's own environment, with PATH beginning at the build's program and
///   TICKET_INTEROP_LIBRARIES  its library files,
///   TICKET_INTEROP_INCLUDE    the folders of its headers, both with ":" between them.
/// The command keeps what it made as long as its inputs are the same. Throws std::runtime_error with its last words.
awaitable<void> compile_for(CompileOrder order, const Build& build, const RunContext& context);

}  // namespace ti

#pragma once
// Does a program live in the time that it is given? Seen before anything is judged by it.
#include <filesystem>
#include <string>
#include <vector>

#include "endpoints/run_context.hpp"
#include "exec/asio.hpp"
#include "model/manifest.hpp"

namespace ti {

inline constexpr const char* clock_moves = "moves";
inline constexpr const char* clock_stands_still = "stands still";
inline constexpr const char* clock_not_told = "not told";

/// A server's clock, by what it does with its tickets when its time is moved on by a day: one of the three above.
/// Drives the first of `clients` that can be driven against it.
awaitable<std::string> clock_of_server(const ServerManifest& server, std::vector<const ClientManifest*> clients,
                                       const RunContext& context, std::filesystem::path libfaketime);

/// A client's clock, by whether it refuses a certificate that has ended: for clients that do not tell their time.
/// `servers` are those that are built. Not to be asked of one that says that it cannot check `certificate_dates`.
awaitable<std::string> clock_of_client(const ClientManifest& client, std::vector<const ServerManifest*> servers,
                                       const RunContext& context, std::filesystem::path libfaketime);

}  // namespace ti

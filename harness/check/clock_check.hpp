#pragma once
// Does a program live in the time that it is given? Seen before anything is judged by it.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "endpoints/run_context.hpp"
#include "exec/asio.hpp"
#include "model/manifest.hpp"
#include "model/results.hpp"

namespace ti {

/// ClockState is what was seen of a program's clock. `real`: nobody moved it.
enum class ClockState : std::uint8_t { real, moves, stands_still, not_told };

/// As the facts of a server or client have it under `clock`: "real", "moves", "stands still", "not told".
std::string_view name(ClockState state);
void tell_clock(Facts& facts, ClockState state);
/// Nothing where the facts do not say.
std::optional<ClockState> clock_told(const Facts& facts);

/// A server's clock, by what it does with its tickets when its time is moved on by a day.
/// Drives the first of `clients` that can be driven against it.
awaitable<ClockState> clock_of_server(const ServerManifest& server, std::vector<const ClientManifest*> clients,
                                      const RunContext& context, std::filesystem::path libfaketime);

/// A client's clock, by whether it refuses a certificate that has ended: for clients that do not tell their time.
/// `servers` are those that are built. Not to be asked of one that says that it cannot check `certificate_dates`.
awaitable<ClockState> clock_of_client(const ClientManifest& client, std::vector<const ServerManifest*> servers,
                                      const RunContext& context, std::filesystem::path libfaketime);

}  // namespace ti

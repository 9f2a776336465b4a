#pragma once
// What the results say of the run's servers, clients and machine, and whether two results can be of one run.
#include "cli/command.hpp"
#include "endpoints/run_context.hpp"
#include "exec/asio.hpp"
#include "run/matrix.hpp"

namespace ti {

/// Asks each server and client of these cells for its version. Under the virtual clock (libfaketime not empty) adapters
/// are asked for their time, too, and who cannot tell it shows by handshakes that it moves. Run and cells of the
/// results stay empty.
awaitable<Results> gather_facts(const std::vector<PlannedCell>& cells, const Catalogue& catalogue,
                                const RunContext& context, const std::filesystem::path& libfaketime);

/// The same of all servers and clients of the catalogue, without a look at their clocks.
awaitable<Results> gather_facts_of_all(const Catalogue& catalogue, const RunContext& context);

/// Marks the cells that need a version or capability that the library found here lacks as unsupported, and the cells of
/// servers and clients that cannot be driven, or whose clock was seen to stand still under the virtual one: judged,
/// they would be wrongly.
void set_aside_unfit(std::vector<PlannedCell>& cells, const Results& facts);

/// SHA-256 of what is in these files, and below these folders with their names; prose (*.md) and what is hidden or
/// compiled by Python is left out. By name, as RunFacts::sources.
Facts digests(const std::map<std::string, std::filesystem::path>& sources);

/// The first thing in which `theirs` differs so that the two cannot be parts of one run ("clock: real against
/// virtual"); empty when they can: the same program judged by the same scenarios, driving the same servers and clients
/// under the same clock. A server or client that only one of them has is no difference, one that could not be used in
/// one of them is.
std::string difference(const Results& ours, const Results& theirs);

}  // namespace ti

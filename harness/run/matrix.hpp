#pragma once
// The matrix: which cells there are, which of them can run, and in which share.
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/manifest.hpp"
#include "model/results.hpp"
#include "model/scenario.hpp"

namespace ti {

/// All that can be chosen from, loaded. Cells point into it.
struct Catalogue {
  std::vector<ServerManifest> servers;
  std::vector<ClientManifest> clients;
  std::vector<Scenario> scenarios;
  std::vector<ParseError> errors;  ///< broken manifests and scenarios: each costs only itself, none is silent

  /// Why something cannot be used here (not built, a program missing), by id.
  std::map<std::string, std::string> server_missing;
  std::map<std::string, std::string> client_missing;
};

/// What a person asked for. Empty lists ask for everything; globs by base/text.hpp.
struct Filter {
  std::vector<std::string> servers, clients, scenarios, tls;
  std::vector<std::string> skip;  ///< globs over cell ids
};

struct PlannedCell {
  CellId id;
  const ServerManifest* server;
  const ClientManifest* client;
  const Scenario* scenario;
  std::string unsupported;  ///< why it cannot run: the missing capability by name; empty when it can
  std::string broken = {};  ///< why it would not be judged rightly here: it ends as `error`; empty when nothing is
};

/// Expands servers x clients x scenarios x versions in order of id. A control that the filter does not ask for is run
/// against those alone that its manifest names. A glob that matches nothing is an error with a
/// did-you-mean.
Result<std::vector<PlannedCell>> plan(const Catalogue& catalogue, const Filter& filter, bool real_clock);

/// The ids of those cells of an earlier run that the filter asks for and the matrix has no more, in their order.
std::vector<std::string> no_longer_planned(const std::vector<CellId>& earlier, const Catalogue& catalogue,
                                           const Filter& filter, const std::vector<PlannedCell>& planned);

/// The capability that is missing for this cell, in words; empty when none is.
std::string missing_capability(const ServerManifest& server, const ClientManifest& client, const Scenario& scenario,
                               Version tls);

/// Share of a matrix split over machines.
struct Shard {
  std::size_t index = 1;  ///< from 1
  std::size_t count = 1;

  /// "2/5"; an error says what is wrong.
  static Result<Shard> parse(std::string_view text);
};

/// The cells of one shard. Every cell is in exactly one shard, the same on every machine; shards are even by `cost_of`
/// (longest first onto the least loaded).
std::vector<PlannedCell> take_shard(std::vector<PlannedCell> cells, const Shard& shard,
                                    const std::map<std::string, double>& cost_ms);

/// What a cell is expected to cost when nothing is known of it: its number of connections.
double expected_cost(const PlannedCell& cell, const std::map<std::string, double>& cost_ms);

}  // namespace ti

#pragma once
// results.json and cells.jsonl as data, in and out. The field names are a contract (DESIGN.md,
// reports/results.schema.json).
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "model/observation.hpp"
#include "model/verdict.hpp"

namespace ti {

inline constexpr std::string_view results_schema = "ticket-interop/results/1";

/// "server/client/scenario@1.2", and back.
struct CellId {
  std::string server;
  std::string client;
  std::string scenario;
  Version tls = Version::none;

  std::string text() const;
  static std::optional<CellId> parse(std::string_view text);
  auto operator<=>(const CellId&) const = default;
};

struct MessageSummary {
  Side from;
  std::string type;
  std::size_t bytes;
  double at_ms;  ///< on the timeline: since its second 0
  bool sealed;
  std::string note;  ///< what matters of it: "offers A", "ticket B, hint 0", "unexpected_message"; may be empty
};

/// ProblemSummary is something that is not TLS, or could not be read or seen.
struct ProblemSummary {
  Side from;
  std::size_t before_message;  ///< it stands before the message of this index
  std::string what;
};

struct TicketSummary {
  std::string sha256;
  std::uint32_t lifetime_s;
  std::size_t bytes;
};

struct ConnectionSummary {
  double at_s;
  std::string handshake;   ///< "full", "resumed", "failed"
  std::string resumed_by;  ///< "ticket", "session_id" or empty for null
  std::string version;
  std::string cipher;   ///< IANA name
  std::string offered;  ///< sha256 or empty for null
  std::vector<TicketSummary> new_tickets;
  std::vector<MessageSummary> messages;
  std::vector<ProblemSummary> problems;
  ClientWord client;
  ServerWord server;
};

/// Files that a cell left, relative to the results' folder.
struct Evidence {
  std::string capture;
  std::string keylog;
  std::string trace;
  std::vector<std::string> logs;
};

/// BaselineVerdict is what an earlier run, which this one is held against, found of a cell.
struct BaselineVerdict {
  Outcome outcome = Outcome::pass;
  std::optional<Side> fault;
  std::string rule;

  static BaselineVerdict of(const Verdict& verdict) { return {verdict.outcome, verdict.fault, verdict.rule}; }
  bool operator==(const BaselineVerdict&) const = default;
};

/// Whether the fault of a server or client that is broken on purpose (Control) was found where it had to show.
enum class Caught : std::uint8_t { caught, missed };

struct CellResult {
  CellId id;
  Verdict verdict;
  bool known = false;  ///< the failure was expected (reports/known_issues.json)
  std::string known_link;
  std::string known_note = {};    ///< for whoever watches the run; results.json has the link
  std::optional<Caught> control;  ///< nothing: neither side is a control, or its fault had no occasion to show
  Outcome expected = Outcome::pass;
  std::optional<BaselineVerdict> baseline;  ///< if there is one that has the cell
  std::vector<ConnectionSummary> connections;
  double duration_ms = 0;
  std::optional<Evidence> evidence;
  std::string finding = {};  ///< id of the Finding that it shows; of a fail that was grouped
};

/// Whether it ended otherwise than was to be expected. A fail is another one when fault or rule is not the baseline's.
bool is_unexpected(const CellResult& cell);

/// Facts about a server or client of the run: name -> value ("version", "library", "binary_sha256", "front_door", ...).
using Facts = std::map<std::string, std::string>;

struct ScenarioFacts {
  std::string title;
  std::vector<std::string> spec;
};

/// What is to be thought of a finding: fresh while any of its cells is unexpected.
enum class FindingState : std::uint8_t { fresh, known, baseline, control };

/// Finding is one bug, as far as the wire tells, and the cells of a run that show it. (The findings of a verdict are
/// the breaches within one cell.)
struct Finding {
  std::string id;  ///< the same in every run
  Side side = Side::server;
  std::string subject;  ///< a library, a server, or a control
  std::string rule;
  std::string wire;  ///< what was seen where the rule was broken, in words
  FindingState state = FindingState::fresh;
  std::set<std::string> versions;  ///< that the subject told of itself
  std::set<std::string> servers, clients, scenarios;
  std::set<Version> tls;
  std::size_t cells = 0;
  std::size_t unexpected = 0;                ///< of the cells
  std::size_t known = 0;                     ///< of the cells, by known issues
  std::map<std::string, std::string> links;  ///< of the known issues that explain it -> their note
  std::string example;                       ///< id of the clearest cell
  std::string reason;                        ///< its reason
  std::optional<Place> at;                   ///< its place
};

/// PlanFacts names a matrix as it was before it was split: two plans are equal when they are of the same cells.
struct PlanFacts {
  std::size_t cells = 0;
  std::string sha256;  ///< of the cells' ids in order, a line each

  bool operator==(const PlanFacts&) const = default;
};
PlanFacts plan_of(const std::set<std::string>& ids);

struct RunFacts {
  std::string id, started, finished, clock, version, host;
  std::vector<std::string> argv;
  std::string shard;        ///< "2/5" or empty
  std::size_t planned = 0;  ///< cells of this shard
  PlanFacts plan = {};      ///< cells of all shards
  Facts sources = {};       ///< what the verdicts rest on beside the program -> SHA-256: "scenarios", "clients", ...
};

struct Results {
  RunFacts run;
  std::map<std::string, Facts> servers;
  std::map<std::string, Facts> clients;
  std::map<std::string, ScenarioFacts> scenarios;
  std::vector<CellResult> cells;  ///< sorted by id
  std::vector<Finding> findings = {};
};

/// TicketNames is what the tickets of a cell are called, by their SHA-256.
class TicketNames {
 public:
  /// The name of a ticket, or nullptr.
  const std::string* find(const std::string& sha256) const;
  /// Calls a ticket, if it has no name, by one that no other has: `name`, or that with an apostrophe.
  const std::string& add(const std::string& sha256, std::string name);
  /// The next of A, B, ... Z, AA, AB, ... that is free.
  std::string letter();

 private:
  std::map<std::string, std::string> names_;
  std::set<std::string> taken_;
  std::size_t next_ = 0;
};

/// The summary of a judged connection. Its tickets are named as they appear.
ConnectionSummary summarise(const ObservedConnection& connection, TicketNames& names);

/// One cell as a JSON object on one line, and back (the error names what is missing).
std::string cell_json(const CellResult& cell);
Result<CellResult> parse_cell(std::string_view json);

struct Totals {
  std::map<Outcome, std::size_t> counts;
  void add(Outcome outcome) { ++counts[outcome]; }
};
struct PairSummary {
  std::string server, client;
  Totals totals;
  /// fail if any cell failed, else error if any, else pass if any passed, else error if any was inconclusive, so that
  /// nothing is known of the pair, else unsupported.
  Outcome verdict() const;
};

/// ResultsDocument gives results.json piece by piece, so that a run need not hold its cells: head, each cell in order
/// of id (its cell_json line), tail with pairs and totals. `facts.cells` is not looked at.
class ResultsDocument {
 public:
  explicit ResultsDocument(const Results& facts) : facts_(facts) {}
  std::string head() const;
  std::string cell(const CellId& id, Outcome outcome, std::string_view cell_json);
  std::string tail() const;

 private:
  const Results& facts_;
  std::map<std::pair<std::string, std::string>, Totals> pairs_;
  Totals totals_;
};

/// The whole document at once, by the same pieces.
std::string results_json(const Results& results);
Result<Results> parse_results(std::string_view json, const std::string& where);
Result<Results> load_results(const std::filesystem::path& file_or_folder);

std::vector<PairSummary> pairs_of(const std::vector<CellResult>& cells);
Totals totals_of(const std::vector<CellResult>& cells);

/// reports/known_issues.json: failures that are known.
struct KnownIssue {
  std::string server = "*", client = "*", scenario = "*";  ///< globs
  std::string rule;                                        ///< exact, or glob
  std::vector<Version> tls;                                ///< empty: all
  std::string server_versions, client_versions;  ///< "", "<3.1", ">=1.0.1 <1.0.2": compared with the version seen
  std::string link;
  std::string note;
};

Result<std::vector<KnownIssue>> load_known_issues(const std::filesystem::path& file);
/// Whether the issue speaks of this cell, at these versions of its two sides, however the cell ended.
bool speaks_of(const KnownIssue& issue, const CellId& cell, const std::string& server_version,
               const std::string& client_version);
/// Whether the verdict is the failure that the issue tells of.
bool explains(const KnownIssue& issue, const Verdict& verdict);

}  // namespace ti

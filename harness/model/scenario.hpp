#pragma once
// A scenario as data. scenarios/FORMAT.md is the manual of these fields.
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/policy.hpp"
#include "wire/messages.hpp"
#include "wire/transcript.hpp"

namespace ti {

using Milliseconds = std::chrono::milliseconds;

/// What the tap does to one connection.
struct DisturbPlan {
  enum class Records : std::uint8_t { as_sent, split, merge };
  struct Cut {
    MessageType after;
    Side from;
  };
  struct Flip {
    MessageType message;
    Side from;
    std::size_t bit;
  };
  bool single_bytes = false;
  Records records = Records::as_sent;
  Milliseconds delay{0};
  std::optional<Cut> cut;
  std::optional<Flip> flip;

  bool any() const { return single_bytes || records != Records::as_sent || delay.count() != 0 || cut || flip; }
};

struct Connect {
  std::string offer = "latest";                 ///< "latest", "none", or a ticket's name
  std::optional<std::size_t> offer_connection;  ///< resolved: number (from 1) of the connection whose session is forced
  bool read_response = true;
  bool certificate = false;
  DisturbPlan disturb;
};

/// What must be seen. An engaged field asks; an empty one does not.
struct Expect {
  std::optional<HandshakeKind> handshake;
  std::optional<std::string> offered;     ///< name, "none" or "any"
  std::optional<std::string> new_ticket;  ///< name, "none" or "any"
  std::optional<std::size_t> ticket_count;
  struct Hint {
    bool nonzero = false;
    std::chrono::seconds exactly{0};
  };
  std::optional<Hint> hint;
  std::optional<std::string> alert;  ///< name or "none"
  std::optional<Side> closed_by;
  bool no_client_hello = false;
  std::optional<std::string> peer_certificate;  ///< "asked" or "shown"
};

struct Step {
  Milliseconds at{0};
  std::optional<Connect> connect;  ///< empty: the step is a server restart
  Expect expect;                   ///< as written
  std::map<Version, Expect>
      expect_at;  ///< as it holds at a version, overrides merged in; every version of the scenario has one
};

struct Scenario {
  std::string id;
  std::string title;
  std::vector<std::string> spec;
  std::string why;
  std::vector<Version> tls;
  Policy policy;
  std::string ciphers;  ///< empty: everything
  std::set<std::string> server_capabilities;
  std::set<std::string>
      client_capabilities;  ///< "offer_saved" and "client_certificate" are added where the timeline needs them
  bool virtual_clock_only = false;
  bool only_when_named = false;  ///< too costly for every run
  std::vector<Step> timeline;
  std::set<std::string> rules;
  std::filesystem::path client_script;  ///< what a scripted client is told; empty: nothing

  /// Whether a client certificate is at hand in one of its connections.
  bool shows_certificate() const;
  Milliseconds duration() const { return timeline.empty() ? Milliseconds{0} : timeline.back().at; }
};

/// NamedRule is a rule that Scenario::rules may name, with the versions that it is about.
struct NamedRule {
  std::string id;
  Version from;
  Version to;
};

/// Parses one scenario. Errors name `where`:line, what was found and what may stand there. `should_rules` are those
/// that Scenario::rules may name. A word that could never hold, or never fail, where it stands is an error.
Result<Scenario> parse_scenario(std::string_view text, const std::string& id, const std::string& where,
                                const std::vector<NamedRule>& should_rules);

/// All *.json below a folder, sorted by id. A broken file is an entry in `errors` and costs only itself.
std::vector<Scenario> load_scenarios(const std::filesystem::path& folder, const std::vector<NamedRule>& should_rules,
                                     std::vector<ParseError>& errors);

}  // namespace ti

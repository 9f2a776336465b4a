#pragma once
// What the witnesses saw of one cell: all that a rule may know. No times but those of the timeline and the wire, no
// processes, no library names.
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/applied_disturbance.hpp"
#include "model/scenario.hpp"
#include "wire/transcript.hpp"

namespace ti {

/// The client's own word about a connection (clients/PROTOCOL.md). Empty where it said nothing.
struct ClientWord {
  bool answered = false;  ///< it answered the step at all
  bool ok = false;
  std::optional<bool> resumed;
  std::optional<std::string> version;
  std::optional<std::string> cipher;
  std::optional<std::string> session_id;
  std::optional<std::size_t> tickets_received;
  std::optional<std::size_t> response_bytes;
  std::string error_stage;
  std::string error_text;
  std::string error_code;
  std::string breach = {};  ///< what it did against clients/PROTOCOL.md; empty: nothing was seen
  std::string killed = {};  ///< how it ended, where by SIGKILL: nobody's doing that can be told
  std::string usage = {};   ///< what a program said of a command line that it does not understand
};

/// One decision of the server's ticket callback, from its log (servers/CONTRACT.md).
struct TicketDecision {
  bool encrypt = false;
  std::string key;                  ///< hex
  std::optional<std::int64_t> age;  ///< seconds; nothing for an unknown key
  int result = 0;
};

/// The server's word about a connection.
struct ServerWord {
  std::vector<TicketDecision> decisions;
  std::vector<std::string> errors;  ///< log lines that tell of an error
  std::string ended;      ///< how it ended, if it did so by itself; not by SIGKILL, which is no act of its own
  std::string sanitizer;  ///< the log line that begins a sanitizer's report
};

/// One connection of a cell.
struct ObservedConnection {
  Milliseconds at{0};  ///< scheduled time in the timeline
  Instant begun{};     ///< when the transcript's time stood at `at`
  Connect connect;
  AppliedDisturbance applied;  ///< what the harness did of `connect.disturb`
  Expect expect;
  Transcript transcript;
  std::vector<Handshake> handshakes;  ///< handshakes_of(transcript)
  ClientWord client;
  ServerWord server;
  std::size_t step = 0;        ///< its index in the timeline: what is not `sole` shares it with others
  std::size_t generation = 0;  ///< of the server: how often it had been restarted, each time with new keys
  bool sole = true;       ///< the only connection of its step: what the two sides said of the step, they said of it
  bool connected = true;  ///< a TCP connection was seen at all
  std::optional<Side> flooded;  ///< who sent more than the tap carries, which then reset the connection
  bool timed_out = false;  ///< the step's deadline struck; the harness closed it, or it is the last and none was open
};

/// What a run gave both sides to trust: what a certificate is held against.
struct Trust {
  Bytes ca;                    ///< the CA's certificate, DER
  std::string server_name;     ///< for which the server's certificate is
  std::int64_t unix_time = 0;  ///< of second 0 of the timeline, as the programs' clock has it
};

/// Everything a rule may look at.
struct Observation {
  Version tls = Version::none;  ///< what both were held to; none for a capture from elsewhere
  Policy policy;
  bool has_expectations = true;  ///< false for `decode`: only the universal rules apply
  bool by_our_tap = true;        ///< all that passed was seen, in all connections; false for a capture from elsewhere
  bool server_logs_decisions = false;
  std::set<std::string> failing_should;  ///< Scenario::rules
  std::optional<Trust> trust = {};       ///< nothing for a capture from elsewhere
  std::vector<ObservedConnection> connections;
};

/// Handshake of a connection that the scenario speaks of: its first one; nullptr when there is none.
const Handshake* first_handshake(const ObservedConnection& connection);

}  // namespace ti

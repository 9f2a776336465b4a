#pragma once
// What was captured of a cell, understood: bytes, key log, log lines and the client's answers become an Observation.
// Pure.
#include <optional>
#include <string>
#include <vector>

#include "base/recording.hpp"
#include "exec/output_log.hpp"
#include "model/observation.hpp"
#include "model/scenario.hpp"

namespace ti {

/// One TCP connection as the tap had it. Times count from second 0 of the timeline.
struct CapturedConnection {
  Recording sent;                           ///< what each side sent
  std::optional<Recording> delivered = {};  ///< what reached the other side, where the tap disturbed the connection
  AppliedDisturbance applied = {};          ///< what the tap did to it
  std::optional<Side> flooded = {};         ///< who sent more than the tap carries
  bool timed_out = false;                   ///< the step's deadline struck while it, or the client after it, went on
};

/// One step in which the client was told to connect.
struct CapturedStep {
  std::size_t index = 0;                             ///< in the timeline
  std::vector<CapturedConnection> connections = {};  ///< in the order in which they were accepted; often one
  ClientWord client = {};
  std::vector<LogLine> server_log = {};
  std::string refused = {};  ///< that the server runs and takes no connection; else empty
  bool timed_out = false;    ///< its deadline struck
};

/// Everything that was captured of a cell when all has stopped.
struct Captured {
  std::vector<CapturedStep> steps;
  std::string keylog;           ///< the server's
  std::string client_keylog;    ///< the client's, where it tells its secrets
  std::string server_ended;     ///< how the server ended, in words, if nobody told it to; else empty
  bool server_killed = false;   ///< by SIGKILL: no act of its own, for all that can be told
  bool server_log_cut = false;  ///< ticket decisions of its log were lost
};

/// What the witnesses saw of a cell of this scenario at this version. A step without a TCP connection is one observed
/// connection that was not made. What the scenario and the server's log say of a step is about the first of its
/// connections in which TLS began, for a client may open one that it never uses. A server that ended did so after the
/// last handshake that it completed. Of a log that was cut no decision counts.
Observation observe(const Scenario& scenario, Version tls, bool server_logs_decisions, const Captured& captured);

/// Whether the recordings alone tell all that was seen of how the connections went: one for each step, none changed,
/// cut or ended by the harness, and no server restarted between them.
bool is_told_by_bytes(const Observation& observation);

/// The connection as the judge sees it: what was cut off never reached anybody, so then as its ends did.
const Recording& as_judged(const CapturedConnection& captured);

/// How often the timeline restarts the server before that step: no key passes from one generation to the next.
std::size_t restarts_before(const Scenario& scenario, std::size_t step);

}  // namespace ti

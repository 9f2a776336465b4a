#pragma once
// Every reason to doubt a verdict that lies with the harness or the machine, and not with client or server. Pure.
#include <chrono>
#include <string>
#include <vector>

#include "model/observation.hpp"
#include "model/verdict.hpp"
#include "run/key_ages.hpp"

namespace ti {

/// Circumstances are what came about while a cell ran that bears on whether its verdict is to be believed. Empty and
/// zero: all went well.
struct Circumstances {
  std::string broken;            ///< what the harness could not do; the rest of the timeline was not run
  std::string unimplemented;     ///< what the adapter said that it does not implement; likewise
  std::string cut_short;         ///< why else the timeline was not run to its end
  std::string unhooked;          ///< why a server that was to be hooked is not believed to be
  std::string loader;            ///< what the dynamic loader wrote to the client's stderr
  std::string server_killed;     ///< how the server ended, where that shows no act of its own (SIGKILL)
  bool log_cut = false;          ///< the server's log grew so long that ticket decisions in it were lost
  bool deadline_struck = false;  ///< of a step
  Instant stood_still{};         ///< the longest time for which the harness itself was not given the CPU
  std::string full_folder;       ///< where the cell's programs keep their files, if it takes no more
  std::vector<StepTook> took;    ///< the steps that came to their end by themselves
};

/// The verdict as it stands in these circumstances: itself, or an `error`, `unsupported` or `inconclusive` that says
/// why it cannot be believed. What breaks a sentence of a document was seen on the wire and stands, whatever else came
/// about; what rests on an end, a silence or the scenario's expectations stands only where neither machine nor harness
/// may have brought it about.
Verdict in_circumstances(Verdict verdict, const Circumstances& circumstances, const Observation& observation);

/// An `error` for that reason.
Verdict error_verdict(std::string reason);

/// Undone is a disturbance that was asked for and not carried out.
struct Undone {
  std::size_t connection;  ///< from 1
  std::string what;        ///< one sentence
  bool ended_before;       ///< the handshake failed before anything could be done
};
std::vector<Undone> undone(const Observation& observation);

/// How a cell stands in time before one of its steps. Times count from second 0.
struct Timing {
  Instant now{};
  Instant most{};  ///< all that its steps may take
  Instant late{};  ///< how late a step may begin
  bool real_clock = false;
};

/// Why a step cannot be begun any more, the one before it having taken so long; empty when it can.
std::string too_late_for(Milliseconds step, const Timing& timing);

/// What is to be said when a step began so much later than it should, by the machine's fault; empty when it did not.
std::string overload(Milliseconds step, Instant late, const Timing& timing);

}  // namespace ti

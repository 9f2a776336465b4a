#include "run/soundness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace ti {

namespace {

double in_seconds(Instant at) { return std::chrono::duration<double>(at).count(); }
std::int64_t in_ms(Instant time) { return std::chrono::duration_cast<Milliseconds>(time).count(); }

/// Why a verdict that accuses nobody does not show that all was well.
std::string against_good(const Circumstances& seen) {
  if (!seen.cut_short.empty()) return "the timeline was not run to its end: " + seen.cut_short;
  if (!seen.sanitizer.empty()) return "the server's log: " + seen.sanitizer;
  if (!seen.server_ended.empty()) return "the server " + seen.server_ended + " by itself";
  if (!seen.stray.empty()) return "the client wrote to stderr: " + seen.stray.substr(0, 400);
  return {};
}

/// Why a verdict that does not say "pass" may be harness's or machine's doing.
std::string against_bad(const Circumstances& seen, const Policy& policy) {
  if (!seen.full_folder.empty())
    return "the folder " + seen.full_folder + " is full, where the cell's programs keep their files";
  if (seen.deadline_struck && seen.stood_still > Instant{})
    return fmt::format("a deadline struck, and the harness itself had stood still for {} ms", in_ms(seen.stood_still));
  if (const StepTook* slow = moved_over_a_border(seen.took, policy))
    return fmt::format(
        "the connection at {:g} s took {} ms, by which a key's age comes over a border of the ticket policy",
        in_seconds(slow->at), in_ms(slow->took));
  return {};
}

/// A server whose log tells key ages that did not grow with the timeline does not live in the cell's time.
std::string against_server_clock(const Observation& observation, const std::vector<StepTook>& took) {
  Instant slowest{};
  for (const StepTook& step : took) slowest = std::max(slowest, step.took);
  const double tolerance_s = 3 + in_seconds(slowest);
  std::map<std::pair<std::size_t, std::string>, double> born;  // key of a generation -> second of the timeline
  for (const ObservedConnection& connection : observation.connections) {
    const double now = in_seconds(connection.at);
    for (const TicketDecision& decision : connection.server.decisions) {
      if (!decision.age) continue;
      const std::pair key{connection.generation, decision.key};
      if (decision.encrypt) born.try_emplace(key, now - static_cast<double>(*decision.age));
      const auto birth = born.find(key);
      if (birth == born.end()) continue;
      const double late = now - birth->second - static_cast<double>(*decision.age);
      if (std::abs(late) > tolerance_s)
        return fmt::format(
            "the server's clock does not go with the cell's: at {:g} s of the timeline its log tells an age of {} s "
            "for a key born at {:g} s",
            now, *decision.age, birth->second);
    }
  }
  return {};
}

}  // namespace

Verdict error_verdict(std::string reason) {
  Verdict verdict;
  verdict.outcome = Outcome::error;
  verdict.reason = std::move(reason);
  return verdict;
}

Verdict in_circumstances(Verdict verdict, const Circumstances& circumstances, const Observation& observation) {
  if (!circumstances.broken.empty()) return error_verdict(circumstances.broken);
  const auto is = [&](Outcome outcome) { return verdict.outcome == outcome; };
  if (is(Outcome::pass) || is(Outcome::inconclusive))
    if (std::string why = against_good(circumstances); !why.empty()) verdict = error_verdict(std::move(why));
  if (is(Outcome::fail) || is(Outcome::inconclusive))
    if (const std::string why = against_bad(circumstances, observation.policy); !why.empty())
      verdict = error_verdict(why + "; else it would be: " + verdict.reason);
  if (std::string why = against_server_clock(observation, circumstances.took); !why.empty())
    verdict = error_verdict(std::move(why));
  return verdict;
}

std::string too_late_for(Milliseconds step, const Timing& timing) {
  if (timing.now > timing.most)
    return fmt::format("its deadline of {} s struck",
                       std::chrono::duration_cast<std::chrono::seconds>(timing.most).count());
  if (timing.real_clock && timing.now > step + timing.late)
    return fmt::format("the step before that at {} s had not ended by then", in_seconds(step));
  return {};
}

std::string overload(Milliseconds step, Instant late, const Timing& timing) {
  if (!timing.real_clock || late <= timing.late) return {};
  return fmt::format("the machine is overloaded: the step at {} s began {} ms late; run fewer cells at once",
                     in_seconds(step), in_ms(late));
}

}  // namespace ti

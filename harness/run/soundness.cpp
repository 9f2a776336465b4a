#include "run/soundness.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "rules/subjects.hpp"

namespace ti {

namespace {

double in_seconds(Instant at) { return std::chrono::duration<double>(at).count(); }
std::int64_t in_ms(Instant time) { return std::chrono::duration_cast<Milliseconds>(time).count(); }

Verdict instead(Outcome outcome, std::string reason) {
  Verdict verdict;
  verdict.outcome = outcome;
  verdict.reason = std::move(reason);
  return verdict;
}

Verdict doubted(Outcome outcome, const std::string& why, const Verdict& verdict) {
  return instead(outcome, why + "; else it would be: " + verdict.reason);
}

bool is_expectation(const Verdict& verdict) { return verdict.rule.starts_with("expect-"); }

/// Whether a fail rests on how things ended, or went on, rather than on what was said on the wire.
bool rests_on_behaviour(const Verdict& verdict) {
  const Rule* rule = find_rule(verdict.rule);
  return is_expectation(verdict) || verdict.rule == "witness-client-answers" ||
         verdict.rule == "witness-client-error" || (rule && is_symptom(*rule));
}

/// What a client offers is decided before anything is done to its connection, and before the time that its step takes.
bool is_decided_before(const Verdict& verdict) { return verdict.rule == "expect-offered"; }

/// Where a fail was found; past all connections if nowhere.
std::size_t connection_of(const Verdict& verdict, const Observation& cell) {
  return verdict.at ? verdict.at->connection : cell.connections.size() + 1;
}

std::string against_full_folder(const Circumstances& seen) {
  if (seen.full_folder.empty()) return {};
  return "the folder " + seen.full_folder + " is full, where the cell's programs keep their files";
}

std::string against_deadline(const Circumstances& seen) {
  if (!seen.deadline_struck || seen.stood_still <= Instant{}) return {};
  return fmt::format("a deadline struck, and the harness itself had stood still for {} ms", in_ms(seen.stood_still));
}

std::string against_killed_client(const Observation& cell, std::size_t until) {
  for (std::size_t i = 0; i < std::min(until, cell.connections.size()); ++i)
    if (!cell.connections[i].client.killed.empty())
      return "the client was " + cell.connections[i].client.killed + ", which nothing shows to be its own doing";
  return {};
}

/// The first that could have been carried out, up to that connection.
std::string against_undone(const Observation& cell, std::size_t until) {
  for (const Undone& each : undone(cell))
    if (!each.ended_before && each.connection <= until) return each.what;
  return {};
}

/// An expectation rests on the ages of keys.
std::string against_slow_steps(const Verdict& verdict, const Circumstances& seen, const Observation& cell) {
  if (!is_expectation(verdict) || !verdict.at) return {};
  const Instant at = cell.connections[verdict.at->connection - 1].at;
  std::vector<StepTook> took = seen.took;
  std::erase_if(took, [&](const StepTook& step) { return is_decided_before(verdict) ? step.at >= at : step.at > at; });
  const StepTook* slow = moved_over_a_border(took, cell.policy);
  if (slow == nullptr) return {};
  return fmt::format(
      "the connection at {:g} s took {} ms, by which a key's age comes over a border of the ticket policy",
      in_seconds(slow->at), in_ms(slow->took));
}

Verdict fail_in(Verdict verdict, const Circumstances& seen, const Observation& cell) {
  if (const std::string why = against_full_folder(seen); !why.empty()) return doubted(Outcome::error, why, verdict);
  if (!rests_on_behaviour(verdict)) return verdict;
  const std::size_t place = connection_of(verdict, cell);
  for (const std::string& why : {against_killed_client(cell, place), against_deadline(seen),
                                 against_undone(cell, is_decided_before(verdict) ? place - 1 : place)})
    if (!why.empty()) return doubted(Outcome::error, why, verdict);
  if (const std::string why = against_slow_steps(verdict, seen, cell); !why.empty())
    return doubted(Outcome::inconclusive, why, verdict);
  return verdict;
}

/// Why nothing that went well, as it seems, proves that all is well.
std::string spoilt(const Circumstances& seen, const Observation& cell) {
  if (!seen.broken.empty()) return seen.broken;
  if (!seen.cut_short.empty()) return "the timeline was not run to its end: " + seen.cut_short;
  if (!seen.server_killed.empty()) return "the server was " + seen.server_killed;
  if (!seen.loader.empty()) return "the loader wrote to the client's stderr: " + seen.loader.substr(0, 400);
  return against_undone(cell, cell.connections.size());
}

Verdict pass_in(Verdict verdict, const Circumstances& seen, const Observation& cell) {
  for (const Undone& each : undone(cell)) return instead(Outcome::inconclusive, each.what);
  if (seen.log_cut)
    return instead(Outcome::inconclusive,
                   "the server's log was too long to be kept whole: what it tells of tickets was not judged");
  return verdict;
}

Verdict inconclusive_in(Verdict verdict, const Circumstances& seen) {
  for (const std::string& why : {against_full_folder(seen), against_deadline(seen)})
    if (!why.empty()) return doubted(Outcome::error, why, verdict);
  return verdict;
}

std::string place_of(const ObservedConnection& connection) {
  return fmt::format("in the connection at {:g} s", in_seconds(connection.at));
}

bool completed(const ObservedConnection& connection) {
  const Handshake* handshake = first_handshake(connection);
  return handshake != nullptr && handshake->kind != HandshakeKind::failed;
}

}  // namespace

Verdict error_verdict(std::string reason) { return instead(Outcome::error, std::move(reason)); }

Verdict in_circumstances(Verdict verdict, const Circumstances& circumstances, const Observation& observation) {
  if (!circumstances.unhooked.empty())
    return verdict.outcome == Outcome::pass ? error_verdict(circumstances.unhooked)
                                            : doubted(Outcome::error, circumstances.unhooked, verdict);
  if (verdict.outcome == Outcome::fail) return fail_in(std::move(verdict), circumstances, observation);
  if (!circumstances.unimplemented.empty()) return instead(Outcome::unsupported, circumstances.unimplemented);
  if (std::string why = spoilt(circumstances, observation); !why.empty()) return error_verdict(std::move(why));
  if (verdict.outcome == Outcome::pass) return pass_in(std::move(verdict), circumstances, observation);
  return inconclusive_in(std::move(verdict), circumstances);
}

std::vector<Undone> undone(const Observation& observation) {
  std::vector<Undone> all;
  std::optional<Undone> unmerged;
  std::size_t merged = 0;
  for (std::size_t i = 0; i < observation.connections.size(); ++i) {
    const ObservedConnection& connection = observation.connections[i];
    const DisturbPlan& plan = connection.connect.disturb;
    const bool ended_before = !completed(connection);
    const auto add = [&](const std::string& what) { all.push_back({i + 1, what, ended_before}); };
    if (plan.cut && !connection.applied.cut)
      add(fmt::format("the harness could not cut after the {}'s {} {}: none passed in plaintext", name(plan.cut->from),
                      name(plan.cut->after), place_of(connection)));
    if (plan.flip && connection.applied.flipped == 0)
      add(fmt::format("the harness could not change bit {} of the {}'s {} {}: none so long passed in plaintext",
                      plan.flip->bit, name(plan.flip->from), name(plan.flip->message), place_of(connection)));
    if (plan.records != DisturbPlan::Records::merge) continue;
    merged += connection.applied.merged + connection.applied.as_merged;
    if (!unmerged || (unmerged->ended_before && !ended_before))
      unmerged = {i + 1,
                  "the harness could merge nothing: no two handshake messages passed in adjacent plaintext records",
                  ended_before};
  }
  if (unmerged && merged == 0) all.push_back(*unmerged);
  return all;
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

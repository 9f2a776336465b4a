#include <algorithm>
#include <iterator>
#include <limits>
#include <tuple>

#include "rules/capture_judge.hpp"
#include "rules/lost_lines.hpp"
#include "rules/subjects.hpp"
#include "rules/view.hpp"

namespace ti {

namespace {

bool needs_scenario(const Rule& rule) {
  return rule.severity == Severity::expect || rule.severity == Severity::witness;
}

bool decides(const Observation& cell, const Breach& breach) {
  return breach.severity != Severity::should || cell.failing_should.contains(breach.rule);
}

/// What ties at one place are broken by: the documents first, then the scenario, then the words of the two sides.
int weight(const Observation& cell, const Breach& breach) {
  switch (breach.severity) {
    case Severity::must:
      return 0;
    case Severity::expect:
      return 1;
    case Severity::witness:
      return 2;
    case Severity::should:
      break;
  }
  return decides(cell, breach) ? 0 : 3;
}

/// A breach that names no message comes after all that do.
std::tuple<std::size_t, std::size_t> wire_order(const Place& place) {
  return {place.connection, place.message.value_or(std::numeric_limits<std::size_t>::max())};
}

Breaches run_all(const Observation& cell, std::size_t first_number) {
  Breaches breaches;
  for (const Rule& rule : all_rules()) {
    if (!cell.has_expectations && needs_scenario(rule)) continue;
    const std::size_t before = breaches.size();
    rule.check(cell, breaches, first_number);
    for (std::size_t i = before; i < breaches.size(); ++i) {
      breaches[i].rule = rule.id;
      breaches[i].severity = rule.severity;
      if (rule.actor != Actor::either) breaches[i].actor = rule.actor == Actor::client ? Side::client : Side::server;
    }
  }
  std::stable_sort(breaches.begin(), breaches.end(), [&](const Breach& a, const Breach& b) {
    return std::tuple(wire_order(a.at), weight(cell, a)) < std::tuple(wire_order(b.at), weight(cell, b));
  });
  return breaches;
}

/// Takes out what documents say of connections whose version is none of theirs, and names that version.
std::vector<Doubt> set_aside_foreign(const Observation& cell, Breaches& breaches) {
  std::vector<Doubt> doubts;
  each_connection(cell, [&](const ConnectionView& view) {
    const auto version = foreign_version(view);
    if (!version) return;
    doubts.push_back(
        {"connection " + std::to_string(view.number) + " speaks " + version_text(*version) + ", which is not judged",
         view.at()});
    std::erase_if(breaches, [&](const Breach& breach) {
      const Rule* rule = find_rule(breach.rule);
      return breach.at.connection == view.number && rule != nullptr && !needs_scenario(*rule);
    });
  });
  return doubts;
}

bool is_alert(const Observation& cell, const Place& place) {
  return place.message && cell.connections[place.connection - 1].transcript.messages[*place.message].as<Alert>();
}

/// Whether a breach may be no more than what the scenario or the client make of an earlier one.
bool is_echo(const Rule& rule) {
  constexpr std::string_view words[] = {"witness-client-resumed", "witness-client-ok", "witness-client-error",
                                        "witness-client-answers"};
  return rule.id.starts_with("expect-") || std::find(std::begin(words), std::end(words), rule.id) != std::end(words);
}

/// One past the last place where something may be missing. Our own tap loses nothing: what it has no more of did not
/// come.
std::size_t end_of_evidence(const ConnectionView& view) {
  return view.messages().size() + (view.cell.by_our_tap ? 0 : 1);
}

/// Takes out what rests on messages of which some could not be read: no breach, but a doubt if it would decide.
std::vector<Doubt> set_aside_unfounded(const Observation& cell, Breaches& breaches) {
  std::vector<Doubt> doubts;
  std::erase_if(breaches, [&](const Breach& breach) {
    const Rule* rule = find_rule(breach.rule);
    if (rule == nullptr || needs_scenario(*rule)) return false;
    const ConnectionView view{cell, breach.at.connection, cell.connections[breach.at.connection - 1]};
    const std::size_t end = breach.at.message ? *breach.at.message + 1 : end_of_evidence(view);
    auto unread = unread_before(view, end, rule->rests);
    if (!unread && may_be_lost(view, breach, *rule)) unread = "of a text, lines may be lost without a trace";
    if (unread && decides(cell, breach))
      doubts.push_back({breach.reason + ", if nothing is missing: " + *unread, breach.at});
    return unread.has_value();
  });
  return doubts;
}

/// Evidence from elsewhere of which part could not be read, where nothing speaks against anybody.
std::vector<Doubt> unread_evidence(const Observation& cell) {
  std::vector<Doubt> doubts;
  each_connection(cell, [&](const ConnectionView& view) {
    if (const auto unread = unread_before(view, end_of_evidence(view)))
      doubts.push_back({"not all could be judged: " + *unread, view.at()});
  });
  return doubts;
}

/// Takes out breaches that only answer the first breach, or say it again.
Breaches take_symptoms(const Breach& first, Breaches& breaches) {
  const auto kept = std::stable_partition(breaches.begin(), breaches.end(), [&](const Breach& breach) {
    const Rule* rule = find_rule(breach.rule);
    return rule == nullptr || !(is_symptom(*rule) || is_echo(*rule)) || breach.severity == Severity::should ||
           breach.at.connection != first.at.connection || breach.rule == first.rule ||
           wire_order(breach.at) < wire_order(first.at);
  });
  Breaches symptoms(std::make_move_iterator(kept), std::make_move_iterator(breaches.end()));
  breaches.erase(kept, breaches.end());
  return symptoms;
}

/// What else happened on that connection: symptoms, alerts, hellos, resets, errors in words and logs.
void collect_consequences(const Observation& cell, const Breach& first, const Breaches& symptoms, Verdict& verdict) {
  const std::size_t number = first.at.connection;
  if (number == 0 || number > cell.connections.size()) return;
  const ConnectionView view{cell, number, cell.connections[number - 1]};
  const auto told = [&](const Place& place) {
    return std::any_of(verdict.consequences.begin(), verdict.consequences.end(), [&](const Consequence& consequence) {
      return place.message && consequence.at.message == place.message;
    });
  };
  const auto add = [&](std::string what, Place place) {
    if (!told(place)) verdict.consequences.push_back({std::move(what), place});
  };
  const auto after = [&](std::size_t message) { return wire_order(first.at) < wire_order(view.at(message)); };

  const auto& handshakes = view.connection.handshakes;
  const bool processing_order = view.connection.transcript.vantage == Vantage::client_callback;
  for (std::size_t i = 1; i < handshakes.size(); ++i) {
    const std::size_t hello = handshakes[i].first_client_hello.value_or(handshakes[i].client_hello);
    const bool unanswered = processing_order && first.at.message && !handshakes[i].server_hello;
    if (after(hello) || unanswered) add("the client began another handshake with a ClientHello", view.at(hello));
  }
  for (std::size_t i = 0; i < view.messages().size(); ++i)
    if (const auto* alert = view.messages()[i].as<Alert>();
        alert != nullptr && after(i) && is_error(*alert, view.connection.transcript.version))
      add("the " + std::string(name(view.messages()[i].from)) + " sent the alert " + alert_name(alert->description),
          view.at(i));
  for (const TranscriptEnding& ending : view.connection.transcript.endings)
    if (ending.how == Ending::How::reset && !ending.by_harness && first.at.message &&
        *first.at.message < ending.before_message)
      verdict.consequences.push_back({"the " + std::string(name(ending.from)) + " reset the connection", view.at()});
  for (const Breach& symptom : symptoms) {
    const bool is_the_first =
        is_symptom(*find_rule(symptom.rule)) && is_alert(cell, symptom.at) && !after(*symptom.at.message);
    if (!is_the_first) add(symptom.reason, symptom.at);
  }
  if (!view.connection.client.ok && !view.connection.client.error_text.empty())
    verdict.consequences.push_back({"the client said: " + view.connection.client.error_text, view.at()});
  for (const std::string& line : view.connection.server.errors)
    verdict.consequences.push_back({"the server's log said: " + line, view.at()});
  std::stable_sort(verdict.consequences.begin(), verdict.consequences.end(),
                   [](const Consequence& a, const Consequence& b) { return wire_order(a.at) < wire_order(b.at); });
}

void name_fault(const Observation& cell, const Breach& first, Verdict& verdict) {
  verdict.outcome = Outcome::fail;
  verdict.fault = first.actor;
  verdict.rule = first.rule;
  verdict.reason = first.reason;
  verdict.at = first.at;
  const Breaches symptoms = take_symptoms(first, verdict.breaches);
  collect_consequences(cell, first, symptoms, verdict);
}

/// Judges the connections from number `first` on; those before it are only what came before.
Verdict judge_from(const Observation& observation, std::size_t first_number) {
  Verdict verdict;
  verdict.breaches = run_all(observation, first_number);
  std::vector<Doubt> doubts = set_aside_foreign(observation, verdict.breaches);
  for (Doubt& doubt : set_aside_unfounded(observation, verdict.breaches)) doubts.push_back(std::move(doubt));
  const auto first = std::find_if(verdict.breaches.begin(), verdict.breaches.end(),
                                  [&](const Breach& breach) { return decides(observation, breach); });
  if (first != verdict.breaches.end()) {
    const Breach decisive = *first;
    name_fault(observation, decisive, verdict);
    return verdict;
  }
  for (const auto more : {unexplained_endings, unseen_expectations, unread_evidence})
    for (Doubt& doubt : more(observation)) doubts.push_back(std::move(doubt));
  std::erase_if(doubts, [&](const Doubt& doubt) { return doubt.at.connection < first_number; });
  if (!doubts.empty()) {
    verdict.outcome = Outcome::inconclusive;
    verdict.reason = doubts.front().what;
    verdict.at = doubts.front().at;
  }
  return verdict;
}

}  // namespace

Verdict judge(const Observation& observation) {
  Verdict verdict = judge_from(observation, 1);
  for (const Rule& rule : all_rules())
    if ((observation.has_expectations || !needs_scenario(rule)) && rule.applies(observation))
      verdict.exercised.emplace_back(rule.id);
  return verdict;
}

Verdict judge_last(const Observation& observation) { return judge_from(observation, observation.connections.size()); }

}  // namespace ti

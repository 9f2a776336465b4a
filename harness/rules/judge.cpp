#include <limits>
#include <tuple>

#include "rules/subjects.hpp"
#include "rules/view.hpp"

namespace ti {

namespace {

bool needs_scenario(const Rule& rule) {
  return rule.severity == Severity::expect || rule.severity == Severity::witness;
}

bool decides(const Observation& cell, const Finding& finding) {
  return finding.severity != Severity::should || cell.failing_should.contains(finding.rule);
}

/// What ties at one place are broken by: the documents first, then the scenario, then the words of the two sides.
int weight(const Observation& cell, const Finding& finding) {
  switch (finding.severity) {
    case Severity::must:
      return 0;
    case Severity::expect:
      return 1;
    case Severity::witness:
      return 2;
    case Severity::should:
      break;
  }
  return decides(cell, finding) ? 0 : 3;
}

/// A finding that names no message comes after all that do.
std::tuple<std::size_t, std::size_t> wire_order(const Place& place) {
  return {place.connection, place.message.value_or(std::numeric_limits<std::size_t>::max())};
}

/// Whether a rule looks at nothing but which messages came in which order.
bool rests_on_types(std::string_view rule) {
  constexpr std::string_view rules[] = {"rfc5077-3.3-after-client-finished", "rfc5077-3.3-before-ccs",
                                        "rfc5077-3.3-one-ticket"};
  return std::find(std::begin(rules), std::end(rules), rule) != std::end(rules);
}

/// Whether evidence is missing, no later than where the finding stands, on which it may rest.
bool is_doubtful(const Observation& cell, const Finding& finding) {
  if (finding.at.connection == 0 || finding.at.connection > cell.connections.size()) return false;
  const std::vector<Problem>& problems = cell.connections[finding.at.connection - 1].transcript.problems;
  return std::any_of(problems.begin(), problems.end(), [&](const Problem& problem) {
    const bool bears_on_it =
        problem.missing == Missing::messages || (problem.missing == Missing::content && !rests_on_types(finding.rule));
    return bears_on_it && problem.before_message <= std::get<1>(wire_order(finding.at));
  });
}

/// What the evidence lacks, by connection.
std::vector<Doubt> missing_evidence(const Observation& cell) {
  std::vector<Doubt> doubts;
  each_visit(cell, [&](const Visit& visit) {
    for (const Problem& problem : visit.connection.transcript.problems)
      if (problem.missing != Missing::nothing) doubts.push_back({problem.what, visit.at(problem.before_message)});
  });
  return doubts;
}

Findings run_all(const Observation& cell) {
  Findings findings;
  for (const Rule& rule : all_rules()) {
    if (!cell.has_expectations && needs_scenario(rule)) continue;
    const std::size_t before = findings.size();
    rule.check(cell, findings);
    for (std::size_t i = before; i < findings.size(); ++i) {
      findings[i].rule = rule.id;
      findings[i].severity = rule.severity;
      if (rule.actor != Actor::either) findings[i].actor = rule.actor == Actor::client ? Side::client : Side::server;
    }
  }
  std::erase_if(findings, [&](const Finding& finding) { return is_doubtful(cell, finding); });
  std::stable_sort(findings.begin(), findings.end(), [&](const Finding& a, const Finding& b) {
    return std::tuple(wire_order(a.at), weight(cell, a)) < std::tuple(wire_order(b.at), weight(cell, b));
  });
  return findings;
}

bool is_alert(const Observation& cell, const Place& place) {
  return place.message && cell.connections[place.connection - 1].transcript.messages[*place.message].as<Alert>();
}

/// Takes out findings on alerts, ends and silences that only answer the first breach. Ends and silences become
/// consequences here; collect_consequences sees the alerts on the wire.
void demote_symptoms(const Observation& cell, const Finding& first, Verdict& verdict) {
  std::erase_if(verdict.findings, [&](const Finding& finding) {
    const Rule* rule = find_rule(finding.rule);
    const bool caused = rule != nullptr && is_symptom(*rule) && finding.severity != Severity::should &&
                        finding.at.connection == first.at.connection && finding.rule != first.rule &&
                        wire_order(first.at) <= wire_order(finding.at);
    if (caused && !is_alert(cell, finding.at)) verdict.consequences.push_back({finding.reason, finding.at});
    return caused;
  });
}

/// What else happened on that connection: broken expectations, alerts, hellos, resets, errors in words and logs.
void collect_consequences(const Observation& cell, const Finding& first, Verdict& verdict) {
  const std::size_t number = first.at.connection;
  if (number == 0 || number > cell.connections.size()) return;
  const Visit visit{cell, number, cell.connections[number - 1]};
  const auto told = [&](const Place& place) {
    return std::any_of(verdict.consequences.begin(), verdict.consequences.end(), [&](const Consequence& consequence) {
      return place.message && consequence.at.message == place.message;
    });
  };
  const auto add = [&](std::string what, Place place) {
    if (!told(place)) verdict.consequences.push_back({std::move(what), place});
  };
  const auto after = [&](std::size_t message) { return wire_order(first.at) < wire_order(visit.at(message)); };

  const auto& handshakes = visit.connection.handshakes;
  const bool processing_order = visit.connection.transcript.vantage == Vantage::client_callback;
  for (std::size_t i = 1; i < handshakes.size(); ++i) {
    const std::size_t hello = handshakes[i].first_client_hello.value_or(handshakes[i].client_hello);
    const bool unanswered = processing_order && first.at.message && !handshakes[i].server_hello;
    if (after(hello) || unanswered) add("the client began another handshake with a ClientHello", visit.at(hello));
  }
  for (std::size_t i = 0; i < visit.messages().size(); ++i)
    if (const auto* alert = visit.messages()[i].as<Alert>();
        alert != nullptr && after(i) && is_error(*alert, visit.connection.transcript.version))
      add("the " + std::string(name(visit.messages()[i].from)) + " sent the alert " + alert_name(alert->description),
          visit.at(i));
  for (const TranscriptEnding& ending : visit.connection.transcript.endings)
    if (ending.how == Ending::How::reset && !ending.by_harness && first.at.message &&
        *first.at.message < ending.before_message)
      verdict.consequences.push_back({"the " + std::string(name(ending.from)) + " reset the connection", visit.at()});
  for (const Finding& finding : verdict.findings)
    if (finding.severity == Severity::expect && finding.at.connection == number &&
        wire_order(first.at) <= wire_order(finding.at) && finding.rule != first.rule)
      add(finding.reason, finding.at);
  if (!visit.connection.client.ok && !visit.connection.client.error_text.empty())
    verdict.consequences.push_back({"the client said: " + visit.connection.client.error_text, visit.at()});
  for (const std::string& line : visit.connection.server.errors)
    verdict.consequences.push_back({"the server's log said: " + line, visit.at()});
  std::stable_sort(verdict.consequences.begin(), verdict.consequences.end(),
                   [](const Consequence& a, const Consequence& b) { return wire_order(a.at) < wire_order(b.at); });
}

void name_fault(const Observation& cell, const Finding& first, Verdict& verdict) {
  verdict.outcome = Outcome::fail;
  verdict.fault = first.actor;
  verdict.rule = first.rule;
  verdict.reason = first.reason;
  verdict.at = first.at;
  demote_symptoms(cell, first, verdict);
  collect_consequences(cell, first, verdict);
}

}  // namespace

Verdict judge(const Observation& observation) {
  Verdict verdict;
  for (const Rule& rule : all_rules())
    if ((observation.has_expectations || !needs_scenario(rule)) && rule.applies(observation))
      verdict.exercised.emplace_back(rule.id);
  verdict.findings = run_all(observation);
  const auto first = std::find_if(verdict.findings.begin(), verdict.findings.end(),
                                  [&](const Finding& finding) { return decides(observation, finding); });
  if (first != verdict.findings.end()) {
    const Finding decisive = *first;
    name_fault(observation, decisive, verdict);
    return verdict;
  }
  std::vector<Doubt> doubts = missing_evidence(observation);
  for (const auto& further : {unexplained_endings(observation), unseen_expectations(observation)})
    doubts.insert(doubts.end(), further.begin(), further.end());
  if (!doubts.empty()) {
    verdict.outcome = Outcome::inconclusive;
    verdict.reason = doubts.front().what;
    verdict.at = doubts.front().at;
  }
  return verdict;
}

}  // namespace ti

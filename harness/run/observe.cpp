#include "run/observe.hpp"

#include <algorithm>

#include "endpoints/decision_log.hpp"
#include "wire/decoder.hpp"

namespace ti {

namespace {

/// Whether a line begins a sanitizer's report: "ERROR: AddressSanitizer: ...", "x.c:7:9: runtime error: ...".
bool is_sanitizers(std::string_view line) {
  const std::size_t undefined = line.find(": runtime error: ");
  const bool of_place =
      undefined != line.npos && undefined > 0 && line[undefined - 1] >= '0' && line[undefined - 1] <= '9';
  return of_place || line.find("Sanitizer") != line.npos;
}

ServerWord word_of(const std::vector<LogLine>& log) {
  ServerWord word;
  for (const LogLine& line : log) {
    if (auto decision = parse_decision(line.text))
      word.decisions.push_back(*decision);
    else if (tells_of_error(line.text))
      word.errors.push_back(line.text);
    if (word.sanitizer.empty() && is_sanitizers(line.text)) word.sanitizer = line.text;
  }
  return word;
}

bool says_hello(const ObservedConnection& connection) { return first_handshake(connection) != nullptr; }

/// The connections of one step; `common` holds what they share.
std::vector<ObservedConnection> connections_of(const CapturedStep& step, const ObservedConnection& common,
                                               const KeyLog& keys) {
  std::vector<ObservedConnection> connections(std::max<std::size_t>(step.connections.size(), 1), common);
  for (std::size_t i = 0; i < step.connections.size(); ++i) {
    ObservedConnection& connection = connections[i];
    connection.timed_out = step.connections[i].timed_out;
    connection.applied = step.connections[i].applied;
    connection.flooded = step.connections[i].flooded;
    connection.transcript = decode(as_judged(step.connections[i]), keys);
    connection.handshakes = handshakes_of(connection.transcript);
  }
  return connections;
}

std::vector<ObservedConnection> observe_step(const CapturedStep& captured, const Scenario& scenario, Version tls,
                                             const KeyLog& keys) {
  const Step& step = scenario.timeline[captured.index];
  ObservedConnection common;
  common.at = step.at;
  common.begun = step.at;
  common.step = captured.index;
  common.generation = restarts_before(scenario, captured.index);
  common.sole = captured.connections.size() <= 1;
  common.connect = *step.connect;
  common.connected = !captured.connections.empty();
  common.timed_out = captured.timed_out;
  common.client = captured.client;
  std::vector<ObservedConnection> connections = connections_of(captured, common, keys);
  const auto speaks = std::find_if(connections.begin(), connections.end(), says_hello);
  ObservedConnection& meant = speaks == connections.end() ? connections.front() : *speaks;
  meant.expect = step.expect_at.at(tls);
  meant.server = word_of(captured.server_log);
  if (!captured.refused.empty()) meant.server.errors.push_back(captured.refused);
  return connections;
}

void tell_server_end(std::vector<ObservedConnection>& connections, const Captured& captured) {
  if (captured.server_ended.empty() || connections.empty()) return;
  const auto completed = [](const ObservedConnection& connection) {
    const Handshake* handshake = first_handshake(connection);
    return handshake != nullptr && handshake->kind != HandshakeKind::failed;
  };
  const auto after = std::find_if(connections.rbegin(), connections.rend(), completed).base();
  ObservedConnection& at = after == connections.end() ? connections.back() : *after;
  at.server.errors.push_back("the server " + captured.server_ended);
  if (!captured.server_killed) at.server.ended = captured.server_ended;
}

}  // namespace

Observation observe(const Scenario& scenario, Version tls, bool server_logs_decisions, const Captured& captured) {
  Observation observation;
  observation.tls = tls;
  observation.policy = scenario.policy;
  observation.server_logs_decisions = server_logs_decisions && !captured.server_log_cut;
  observation.failing_should = scenario.rules;
  KeyLog keys(captured.keylog, Side::server);
  keys.add(captured.client_keylog, Side::client);
  for (const CapturedStep& step : captured.steps)
    for (ObservedConnection& connection : observe_step(step, scenario, tls, keys))
      observation.connections.push_back(std::move(connection));
  tell_server_end(observation.connections, captured);
  if (captured.server_log_cut)
    for (ObservedConnection& connection : observation.connections) connection.server.decisions.clear();
  return observation;
}

bool is_told_by_bytes(const Observation& observation) {
  return std::all_of(observation.connections.begin(), observation.connections.end(), [](const auto& connection) {
    const AppliedDisturbance& applied = connection.applied;
    const std::vector<TranscriptEnding>& endings = connection.transcript.endings;
    const bool by_harness =
        applied.flipped > 0 || applied.cut || connection.timed_out || connection.flooded ||
        std::any_of(endings.begin(), endings.end(), [](const TranscriptEnding& ending) { return ending.by_harness; });
    return connection.connected && connection.sole && connection.generation == 0 && !by_harness;
  });
}

const Recording& as_judged(const CapturedConnection& captured) {
  return captured.applied.cut && captured.delivered ? *captured.delivered : captured.sent;
}

std::size_t restarts_before(const Scenario& scenario, std::size_t step) {
  const auto begin = scenario.timeline.begin();
  return static_cast<std::size_t>(
      std::count_if(begin, begin + static_cast<std::ptrdiff_t>(step), [](const Step& each) { return !each.connect; }));
}

}  // namespace ti

#include "rules/capture_judge.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "rules/view.hpp"

namespace ti {

namespace {

constexpr std::size_t most_kept = 4096;
/// Of one server, and with one ticket.
constexpr std::size_t most_related = 8;

constexpr std::array<std::string_view, 7> outcomes = {"pass",       "fail",       "inconclusive", "given up",
                                                      "incomplete", "not judged", "no TLS"};

std::vector<std::string> tickets_of(const ObservedConnection& connection) {
  std::set<std::string> tickets;
  const auto add = [&](const Bytes& ticket) {
    if (!ticket.empty()) tickets.insert(std::string(as_text(ticket)));
  };
  for (const Message& message : connection.transcript.messages) {
    if (const auto* hello = message.as<ClientHello>())
      for (const Bytes* offered : offers(*hello)) add(*offered);
    if (const auto* issued = message.as<NewSessionTicket>()) add(issued->ticket);
  }
  return {tickets.begin(), tickets.end()};
}

/// The first thing that the capture lacks of a connection; empty if nothing is known to be missing.
std::string missing_of(const ObservedConnection& connection) {
  for (const Problem& problem : connection.transcript.problems)
    if (problem.missing == Missing::messages) return problem.what;
  return {};
}

/// What a failed handshake of which nobody is accused is: given up, or not captured to its end.
std::pair<JudgementOutcome, std::string> standing_of_failed(const ConnectionView& view, const Verdict& verdict) {
  if (const std::string missing = missing_of(view.connection); !missing.empty())
    return {JudgementOutcome::incomplete, "not all of it was captured: " + missing};
  if (first_error_alert(view.connection)) return {JudgementOutcome::inconclusive, verdict.reason};
  const TranscriptEnding* ending = first_ending(view.connection);
  if (ending == nullptr)
    return {JudgementOutcome::incomplete, "not all of it was captured: its end, and that of the handshake, is missing"};
  if (ending->from == Side::client)
    return {JudgementOutcome::given_up,
            "the client gave the connection up before the handshake was over, without an alert"};
  return {JudgementOutcome::inconclusive, verdict.reason};
}

std::pair<JudgementOutcome, std::string> outcome_of_judgement(const ConnectionView& view, const Verdict& verdict,
                                                              bool speaks_tls) {
  const Transcript& transcript = view.connection.transcript;
  if (!has_document(transcript.version)) return {JudgementOutcome::not_judged, verdict.reason};
  if (verdict.outcome == Outcome::fail) return {JudgementOutcome::fail, verdict.reason};
  if (!speaks_tls) return {JudgementOutcome::no_tls, transcript.problems.front().what};
  const Handshake* handshake = first_handshake(view.connection);
  if (handshake == nullptr) {
    const std::string missing = missing_of(view.connection);
    return {JudgementOutcome::incomplete,
            "not all of it was captured: " + (missing.empty() ? "there is no ClientHello" : missing)};
  }
  if (handshake->kind == HandshakeKind::failed && transcript.vantage == Vantage::wire)
    return standing_of_failed(view, verdict);
  return {verdict.outcome == Outcome::pass ? JudgementOutcome::pass : JudgementOutcome::inconclusive, verdict.reason};
}

/// Numbers is what the connections of an observation are called, in its order.
using Numbers = std::vector<std::size_t>;

/// A sentence of a rule, which calls connections by their place in the observation.
std::string with_numbers(const std::string& sentence, const Numbers& numbers) {
  constexpr std::string_view word = "connection ";
  std::string text;
  std::size_t at = 0;
  while (true) {
    const std::size_t found = sentence.find(word, at);
    const std::size_t digits = found == std::string::npos ? found : found + word.size();
    if (digits == std::string::npos) return text + sentence.substr(at);
    std::size_t end = digits;
    std::size_t place = 0;
    for (; end < sentence.size() && sentence[end] >= '0' && sentence[end] <= '9'; ++end)
      place = place * 10 + static_cast<std::size_t>(sentence[end] - '0');
    text += sentence.substr(at, digits - at);
    text += place >= 1 && place <= numbers.size() ? std::to_string(numbers[place - 1])
                                                  : sentence.substr(digits, end - digits);
    at = end;
  }
}

/// Calls connections by their numbers throughout a verdict.
void call_by_number(Verdict& verdict, const Numbers& numbers) {
  const auto call = [&](Place& place) {
    if (place.connection >= 1) place.connection = numbers[place.connection - 1];
  };
  verdict.reason = with_numbers(verdict.reason, numbers);
  if (verdict.at) call(*verdict.at);
  for (Breach& breach : verdict.breaches) {
    breach.reason = with_numbers(breach.reason, numbers);
    call(breach.at);
  }
  for (Consequence& consequence : verdict.consequences) {
    consequence.what = with_numbers(consequence.what, numbers);
    call(consequence.at);
  }
}

}  // namespace

std::string_view name(JudgementOutcome outcome) { return outcomes[static_cast<std::size_t>(outcome)]; }

namespace {

/// Takes out the bytes of messages unless a side refuses something: in captures that are shown around certificates and
/// keys are often overwritten, which proves nothing against who sent them where nobody minded.
void drop_what_nobody_refused(ObservedConnection& connection) {
  std::vector<Message>& messages = connection.transcript.messages;
  const bool refused = std::any_of(messages.begin(), messages.end(), [&](const Message& message) {
    const auto* alert = message.as<Alert>();
    return alert != nullptr && is_error(*alert, connection.transcript.version);
  });
  if (refused) return;
  for (Message& message : messages) message.raw = {};
}

}  // namespace

Judgement CaptureJudge::judge(ObservedConnection connection, const std::string& server, bool speaks_tls) {
  drop_what_nobody_refused(connection);
  return judge({std::move(connection), server, {}}, speaks_tls, false);
}

Judgement CaptureJudge::judge_tapped(ObservedConnection connection, const std::string& cell) {
  return judge({std::move(connection), cell, {}}, true, true);
}

Judgement CaptureJudge::judge(Past past, bool speaks_tls, bool tapped) {
  const std::size_t number = next_++;
  past.tickets = tickets_of(past.connection);
  const std::vector<std::size_t> before = related(past, tapped ? most_kept : most_related);

  Observation observation;
  observation.has_expectations = false;
  observation.by_our_tap = tapped;
  observation.tls = past.connection.transcript.version;
  for (const std::size_t each : before) observation.connections.push_back(std::move(past_.at(each).connection));
  observation.connections.push_back(std::move(past.connection));

  Judgement judgement;
  judgement.number = number;
  judgement.verdict = judge_last(observation);
  Numbers numbers = before;
  numbers.push_back(number);
  call_by_number(judgement.verdict, numbers);
  const ConnectionView view{observation, observation.connections.size(), observation.connections.back()};
  std::tie(judgement.outcome, judgement.reason) = outcome_of_judgement(view, judgement.verdict, speaks_tls);
  if (judgement.outcome == JudgementOutcome::not_judged) {
    judgement.verdict = Verdict{};
    judgement.reason = "it speaks " + version_text(view.connection.transcript.version);
  }

  for (std::size_t i = 0; i < before.size(); ++i)
    past_.at(before[i]).connection = std::move(observation.connections[i]);
  past.connection = std::move(observation.connections.back());
  for (Message& message : past.connection.transcript.messages) message.raw = {};
  keep(number, std::move(past));
  return judgement;
}

/// The numbers of the connections that bear on this one, in order.
std::vector<std::size_t> CaptureJudge::related(const Past& past, std::size_t most) const {
  std::set<std::size_t> numbers;
  const auto add_last = [&](const auto& index, const std::string& key) {
    const auto found = index.find(key);
    if (found == index.end()) return;
    const std::size_t skipped = found->second.size() - std::min(found->second.size(), most);
    numbers.insert(found->second.begin() + static_cast<std::ptrdiff_t>(skipped), found->second.end());
  };
  add_last(by_server_, past.server);
  for (const std::string& ticket : past.tickets) add_last(by_ticket_, ticket);
  return {numbers.begin(), numbers.end()};
}

void CaptureJudge::keep(std::size_t number, Past past) {
  for (const std::string& ticket : past.tickets) by_ticket_[ticket].push_back(number);
  by_server_[past.server].push_back(number);
  past_.emplace(number, std::move(past));
  if (past_.size() > most_kept) forget_oldest();
}

void CaptureJudge::forget_oldest() {
  const auto oldest = past_.begin();
  const auto forget = [&](auto& index, const std::string& key) {
    const auto found = index.find(key);
    found->second.pop_front();
    if (found->second.empty()) index.erase(found);
  };
  for (const std::string& ticket : oldest->second.tickets) forget(by_ticket_, ticket);
  forget(by_server_, oldest->second.server);
  past_.erase(oldest);
}

}  // namespace ti

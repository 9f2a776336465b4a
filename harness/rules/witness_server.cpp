// The server's log against the wire. It speaks of a step: of several connections that the client made in it, the log is
// false only if it fits none, or not all of them together.
#include "rules/obstacles.hpp"
#include "rules/server_log.hpp"
#include "rules/step.hpp"
#include "rules/subjects.hpp"
#include "rules/ticket_keys.hpp"

namespace ti {

namespace {

using Decisions = std::vector<TicketDecision>;

const Decisions& decisions_of(const ConnectionView& view) { return view.connection.server.decisions; }

template <class Test>
std::size_t count(const Decisions& decisions, Test test) {
  return static_cast<std::size_t>(std::count_if(decisions.begin(), decisions.end(), test));
}

bool opens(const TicketDecision& decision) { return !decision.encrypt; }
bool opened(const TicketDecision& decision) { return !decision.encrypt && decision.result > 0; }
bool sealed(const TicketDecision& decision) { return decision.encrypt && decision.result > 0; }

bool offering(const HandshakeView& view) { return view.client_hello != nullptr && !offers(*view.client_hello).empty(); }

/// Where each ticket of the step came that is not empty.
struct Came {
  Place at;
  Bytes key;
};
std::vector<Came> tickets_of_step(const ConnectionView& view) {
  std::vector<Came> came;
  for (const ConnectionView& each : connections_of_step(view))
    for (const Handshake& handshake : each.connection.handshakes)
      for (const std::size_t message : handshake.new_tickets)
        if (const auto* ticket = each.messages()[message].as<NewSessionTicket>();
            ticket != nullptr && !ticket->ticket.empty())
          came.push_back({each.at(message), key_name(ticket->ticket)});
  return came;
}

/// Whether the server may have been at work when the harness had done with an earlier connection: the client was gone,
/// and of the server no end was seen.
bool may_be_at_work(const ObservedConnection& connection) {
  const std::vector<TranscriptEnding>& endings = connection.transcript.endings;
  return !endings.empty() && std::ranges::none_of(endings, [](const auto& end) { return end.from == Side::server; });
}

/// Whether lines of this step's log may be of the connection before it: there are more than it has tickets, and the
/// server may have written them late.
bool holds_late_lines(const ConnectionView& view) {
  const std::size_t first = connections_of_step(view).front().number;
  if (first < 2 || !may_be_at_work(view.cell.connections[first - 2])) return false;
  return count(decisions_of(view), sealed) > tickets_of_step(view).size() ||
         count(decisions_of(view), opens) > handshakes_of_step(view, offering).size();
}

bool logs_decisions(const ConnectionView& view) {
  return view.cell.server_logs_decisions && speaks_of_step(view) && !holds_late_lines(view);
}

/// The best result that the server's callback gave to a ticket offered in this step; nothing if it was not asked.
std::optional<int> opening_result(const ConnectionView& view) {
  std::optional<int> best;
  for (const TicketDecision& decision : decisions_of(view))
    if (opens(decision)) best = std::max(best.value_or(decision.result), decision.result);
  return best;
}

bool logs_opening(const ConnectionView& view) { return logs_decisions(view) && opening_result(view).has_value(); }

bool abbreviated(const HandshakeView& view) { return view.handshake.abbreviated; }
Place server_hello_of(const HandshakeView& view) { return view.at(view.handshake.server_hello); }

// --- opened ----------------------------------------------------------------------------------------------------------

bool full_all_the_same(const HandshakeView& view) {
  return view.handshake.server_hello && !view.handshake.abbreviated && view.completed() && any_may_go_on(view);
}

void acceptance_as_seen(const ConnectionView& view, Breaches& breaches) {
  const std::vector<HandshakeView> asked = handshakes_of_step(view, offering);
  if (*opening_result(view) > 0 && !asked.empty() && std::all_of(asked.begin(), asked.end(), full_all_the_same))
    breaches.push_back(breach_at(server_hello_of(asked.front()),
                                 "the server's log says that the ticket was accepted "
                                 "(result " +
                                     std::to_string(*opening_result(view)) + "), the wire shows a full handshake"));
}

void refusal_as_seen(const ConnectionView& view, Breaches& breaches) {
  const std::vector<HandshakeView> resumed = handshakes_of_step(view, abbreviated);
  if (resumed.size() > count(decisions_of(view), opened) && resumed.size() <= count(decisions_of(view), opens))
    breaches.push_back(breach_at(server_hello_of(resumed.front()),
                                 "the server's log says that the ticket was refused "
                                 "(result " +
                                     std::to_string(*opening_result(view)) + "), the wire shows a resumption"));
}

bool logs_and_resumes(const ConnectionView& view) {
  return logs_decisions(view) && !handshakes_of_step(view, abbreviated).empty();
}

void resumption_logged(const ConnectionView& view, Breaches& breaches) {
  const std::vector<HandshakeView> resumed = handshakes_of_step(view, abbreviated);
  const std::size_t told = count(decisions_of(view), opens);
  if (resumed.size() > told)
    breaches.push_back(breach_at(server_hello_of(resumed[told]),
                                 "the wire shows a resumption, the server's log tells of no ticket that was opened"));
}

bool answered(const HandshakeView& view) { return view.handshake.server_hello && !view.handshake.abbreviated; }

void abort_as_seen(const ConnectionView& view, Breaches& breaches) {
  const std::vector<HandshakeView> asked = handshakes_of_step(view, offering);
  if (*opening_result(view) < 0 && !asked.empty() && std::all_of(asked.begin(), asked.end(), answered))
    breaches.push_back(breach_at(server_hello_of(asked.front()),
                                 "the server's log says that the handshake is broken off (result -1), and it goes on"));
}

bool logs_anything(const ConnectionView& view) { return logs_decisions(view) && !decisions_of(view).empty(); }

void results_known(const ConnectionView& view, Breaches& breaches) {
  for (const TicketDecision& told : decisions_of(view))
    if (told.result < -1 || told.result > (told.encrypt ? 1 : 2))
      return breaches.push_back(breach_at(decided_at(view, told), "the server's log tells of result " +
                                                                      std::to_string(told.result) + ", which is none"));
}

// --- sealed ----------------------------------------------------------------------------------------------------------

bool step_in_sight(const ConnectionView& view) {
  const std::vector<ConnectionView> connections = connections_of_step(view);
  return !handshakes_of_step(view).empty() && std::all_of(connections.begin(), connections.end(), tickets_in_sight);
}

bool logs_sealing(const ConnectionView& view) { return logs_decisions(view) && step_in_sight(view); }

void tickets_logged(const ConnectionView& view, Breaches& breaches) {
  const std::size_t told = count(decisions_of(view), sealed);
  const std::vector<Came> came = tickets_of_step(view);
  if (came.size() == told) return;
  breaches.push_back(breach_at(came.size() > told ? came[told].at : view.at(),
                               "the server's log tells of " + std::to_string(told) +
                                   " tickets sealed, the wire shows " + std::to_string(came.size())));
}

bool told_to_issue_none(const ConnectionView& view) {
  const auto says = [&](const char* key, const char* value) {
    const auto found = view.cell.policy.values.find(key);
    return found != view.cell.policy.values.end() && to_text(found->second) == value;
  };
  return says("tickets", "off") || says("tickets_per_handshake", "0");
}

bool logs_renewal(const ConnectionView& view) {
  return logs_opening(view) && step_in_sight(view) && !told_to_issue_none(view);
}

bool resumed_at_peace(const HandshakeView& view) {
  return abbreviated(view) && view.completed() && !first_error_alert(view.connection);
}

bool renewed(const HandshakeView& view) { return abbreviated(view) && !view.handshake.new_tickets.empty(); }

void renewal_as_seen(const ConnectionView& view, Breaches& breaches) {
  const std::vector<HandshakeView> resumed = handshakes_of_step(view, resumed_at_peace);
  if (*opening_result(view) == 2 && !resumed.empty() && handshakes_of_step(view, renewed).empty())
    breaches.push_back(
        breach_at(server_hello_of(resumed.front()),
                  "the server's log says that the ticket is renewed (result 2), and no new ticket came"));
}

void keeping_as_seen(const ConnectionView& view, Breaches& breaches) {
  const std::vector<HandshakeView> replaced = handshakes_of_step(view, renewed);
  if (*opening_result(view) == 1 && !replaced.empty() && !replaced.front().tls13())
    breaches.push_back(breach_at(replaced.front().at(replaced.front().handshake.new_tickets.front()),
                                 "the server's log says that the ticket is kept (result 1), and a new one came"));
}

// --- keys ------------------------------------------------------------------------------------------------------------

bool logs_and_issues(const ConnectionView& view) { return logs_decisions(view) && !tickets_of_step(view).empty(); }

std::string key_text(const Bytes& key) { return key.empty() ? "a ticket too short to name a key" : to_hex(key); }

void sealing_keys_as_seen(const ConnectionView& view, Breaches& breaches) {
  const std::vector<Came> came = tickets_of_step(view);
  const auto seals_with = [&](const Bytes& key) {
    return count(decisions_of(view), [&](const TicketDecision& told) { return sealed(told) && key_of(told) == key; });
  };
  for (const Came& each : came)
    if (each.key.empty() || seals_with(each.key) == 0)
      return breaches.push_back(breach_at(each.at, "the ticket begins with " + key_text(each.key) +
                                                       ", a key that the server's log does not seal with"));
  if (!step_in_sight(view)) return;
  for (const TicketDecision& told : decisions_of(view))
    if (sealed(told) &&
        std::none_of(came.begin(), came.end(), [&](const Came& each) { return each.key == key_of(told); }))
      return breaches.push_back(breach_at(
          decided_at(view, told),
          "the server's log seals a ticket with the key " + told.key + ", and no ticket that came begins so"));
}

/// The keys of all tickets that hellos of the step offer; nothing when one may be hidden, or is changed on the way.
std::optional<std::vector<Bytes>> keys_offered(const ConnectionView& view) {
  std::vector<Bytes> keys;
  for (const ConnectionView& each : connections_of_step(view)) {
    const auto& flip = each.connection.connect.disturb.flip;
    if (each.flipped_by_harness() && flip && flip->from == Side::client) return std::nullopt;
    for (const Message& message : each.messages()) {
      if (message.from != Side::client || message.type != MessageType::client_hello) continue;
      const auto* hello = message.as<ClientHello>();
      if (hello == nullptr) return std::nullopt;
      for (const Bytes* ticket : offers(*hello)) keys.push_back(key_name(*ticket));
    }
  }
  return keys;
}

void opening_keys_as_seen(const ConnectionView& view, Breaches& breaches) {
  const auto offered = keys_offered(view);
  if (!offered || handshakes_of_step(view).empty()) return;
  for (const TicketDecision& told : decisions_of(view))
    if (opens(told) && std::find(offered->begin(), offered->end(), key_of(told)) == offered->end())
      return breaches.push_back(breach_at(
          decided_at(view, told),
          "the server's log judges a ticket of the key " + told.key + ", and the client offers none that begins so"));
}

/// The log's ages are whole seconds, and a busy machine is late.
constexpr std::chrono::seconds age_tolerance{3};

/// When the log says that a key was born whose tickets nobody could read: by the first that it sealed.
std::optional<Span> birth_by_log(const ConnectionView& view, const Bytes& key) {
  for (std::size_t number = 1; number <= view.number; ++number) {
    const ConnectionView each{view.cell, number, view.cell.connections[number - 1]};
    if (each.connection.generation != view.connection.generation) continue;
    for (const TicketDecision& told : decisions_of(each))
      if (const auto age = age_of(told); sealed(told) && age && key_of(told) == key) {
        const Span span = span_of_step(each);
        return Span{span.from - *age, span.to - *age};
      }
  }
  return std::nullopt;
}

bool logs_ages(const ConnectionView& view) {
  return logs_decisions(view) &&
         count(decisions_of(view), [](const TicketDecision& told) { return told.age.has_value(); }) > 0;
}

void ages_as_seen(const ConnectionView& view, Breaches& breaches) {
  const Span now = span_of_step(view);
  for (const TicketDecision& told : decisions_of(view)) {
    const Bytes key = key_of(told);
    auto birth = birth_of(view, key);
    if (!birth) birth = birth_by_log(view, key);
    const auto age = age_of(told);
    if (!age || !birth) continue;
    if (*age > now.to - birth->from + age_tolerance || *age < now.from - birth->to - age_tolerance)
      return breaches.push_back(breach_at(
          decided_at(view, told), "the server's log says that the key " + told.key + " is " + duration_text(*age) +
                                      " old, which sealed its first ticket at " + duration_text(birth->to)));
  }
}

bool logs_no_key(const ConnectionView& view) {
  return logs_decisions(view) && script_of(view.cell) == nullptr && !decisions_of(view).empty();
}

/// Whether a key must still open its tickets, however late in this step.
bool must_live(const ConnectionView& view, const Bytes& key) {
  const auto birth = birth_of(view, key);
  const auto* expire_after = view.cell.policy.duration("expire_after");
  return birth && expire_after != nullptr && span_of_step(view).to - birth->from + age_tolerance < *expire_after;
}

void unknown_as_seen(const ConnectionView& view, Breaches& breaches) {
  for (const TicketDecision& told : decisions_of(view)) {
    if (told.age) continue;
    const int only = told.encrypt ? -1 : 0;
    if (told.result != only)
      return breaches.push_back(breach_at(
          decided_at(view, told), "the server's log tells of no key, and of result " + std::to_string(told.result)));
    if (opens(told) && must_live(view, key_of(told)))
      return breaches.push_back(breach_at(decided_at(view, told), "the server's log says that the key " + told.key +
                                                                      " is unknown, which sealed its first ticket at " +
                                                                      duration_text(birth_of(view, key_of(told))->to)));
  }
}

constexpr std::string_view section = "servers/CONTRACT.md";

constexpr Rule rules[] = {
    rule_about<logs_opening, acceptance_as_seen>("witness-accepted-but-full", Actor::server, section, Severity::witness,
                                                 "A ticket that the server's callback accepted is resumed."),
    rule_about<logs_opening, refusal_as_seen>("witness-refused-but-resumed", Actor::server, section, Severity::witness,
                                              "A ticket that the server's callback refused is not resumed."),
    rule_about<logs_opening, abort_as_seen>("witness-aborted-but-completed", Actor::server, section, Severity::witness,
                                            "A handshake that the server's callback breaks off does not go on."),
    rule_about<logs_and_resumes, resumption_logged>("witness-resumed-unlogged", Actor::server, section,
                                                    Severity::witness,
                                                    "A resumption rests on a ticket that the server's log tells of."),
    rule_about<logs_anything, results_known>("witness-log-result", Actor::server, section, Severity::witness,
                                             "A decision's result is one of those that there are."),
    rule_about<logs_sealing, tickets_logged>("witness-tickets-logged", Actor::server, section, Severity::witness,
                                             "As many tickets come as the server's log says were sealed."),
    rule_about<logs_renewal, renewal_as_seen>("witness-renewed-without-ticket", Actor::server, section,
                                              Severity::witness,
                                              "A ticket that the server's callback renews is followed by a new one."),
    rule_about<logs_renewal, keeping_as_seen>("witness-kept-but-renewed", Actor::server, section, Severity::witness,
                                              "Below TLS 1.3, a ticket that the server's callback keeps is not "
                                              "replaced."),
    rule_about<logs_and_issues, sealing_keys_as_seen>(
        "witness-sealing-key", Actor::server, section, Severity::witness,
        "A ticket begins with the name of a key that the server's log seals with, and each such key is seen."),
    rule_about<logs_opening, opening_keys_as_seen>(
        "witness-opening-key", Actor::server, section, Severity::witness,
        "The server's log judges tickets of keys that tickets offered begin with."),
    rule_about<logs_ages, ages_as_seen>("witness-key-age", Actor::server, section, Severity::witness,
                                        "A key is as old as the time since its first ticket came."),
    rule_about<logs_no_key, unknown_as_seen>("witness-unknown-key", Actor::server, section, Severity::witness,
                                             "Without a key nothing is sealed or opened, and a key that still lives is "
                                             "known."),
};

}  // namespace

std::span<const Rule> witness_server_rules() { return rules; }

}  // namespace ti

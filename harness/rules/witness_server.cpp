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

bool logs_decisions(const Visit& visit) { return visit.cell.server_logs_decisions && speaks_of_step(visit); }

const Decisions& decisions_of(const Visit& visit) { return visit.connection.server.decisions; }

template <class Test>
std::size_t count(const Decisions& decisions, Test test) {
  return static_cast<std::size_t>(std::count_if(decisions.begin(), decisions.end(), test));
}

bool opens(const TicketDecision& decision) { return !decision.encrypt; }
bool opened(const TicketDecision& decision) { return !decision.encrypt && decision.result > 0; }
bool sealed(const TicketDecision& decision) { return decision.encrypt && decision.result > 0; }

/// The best result that the server's callback gave to a ticket offered in this step; nothing if it was not asked.
std::optional<int> opening_result(const Visit& visit) {
  std::optional<int> best;
  for (const TicketDecision& decision : decisions_of(visit))
    if (opens(decision)) best = std::max(best.value_or(decision.result), decision.result);
  return best;
}

bool logs_opening(const Visit& visit) { return logs_decisions(visit) && opening_result(visit).has_value(); }

bool abbreviated(const Exchange& exchange) { return exchange.handshake.abbreviated; }
bool offering(const Exchange& exchange) {
  return exchange.client_hello != nullptr && !offers(*exchange.client_hello).empty();
}
Place server_hello_of(const Exchange& exchange) { return exchange.at(exchange.handshake.server_hello); }

// --- opened ----------------------------------------------------------------------------------------------------------

bool full_all_the_same(const Exchange& exchange) {
  return exchange.handshake.server_hello && !exchange.handshake.abbreviated && exchange.completed() &&
         any_may_go_on(exchange);
}

void acceptance_as_seen(const Visit& visit, Findings& findings) {
  const std::vector<Exchange> asked = exchanges_of_step(visit, offering);
  if (*opening_result(visit) > 0 && !asked.empty() && std::all_of(asked.begin(), asked.end(), full_all_the_same))
    findings.push_back(breach(server_hello_of(asked.front()),
                              "the server's log says that the ticket was accepted "
                              "(result " +
                                  std::to_string(*opening_result(visit)) + "), the wire shows a full handshake"));
}

void refusal_as_seen(const Visit& visit, Findings& findings) {
  const std::vector<Exchange> resumed = exchanges_of_step(visit, abbreviated);
  if (resumed.size() > count(decisions_of(visit), opened) && resumed.size() <= count(decisions_of(visit), opens))
    findings.push_back(breach(server_hello_of(resumed.front()),
                              "the server's log says that the ticket was refused "
                              "(result " +
                                  std::to_string(*opening_result(visit)) + "), the wire shows a resumption"));
}

bool logs_and_resumes(const Visit& visit) {
  return logs_decisions(visit) && !exchanges_of_step(visit, abbreviated).empty();
}

void resumption_logged(const Visit& visit, Findings& findings) {
  const std::vector<Exchange> resumed = exchanges_of_step(visit, abbreviated);
  const std::size_t told = count(decisions_of(visit), opens);
  if (resumed.size() > told)
    findings.push_back(breach(server_hello_of(resumed[told]),
                              "the wire shows a resumption, the server's log tells of no ticket that was opened"));
}

bool answered(const Exchange& exchange) { return exchange.handshake.server_hello && !exchange.handshake.abbreviated; }

void abort_as_seen(const Visit& visit, Findings& findings) {
  const std::vector<Exchange> asked = exchanges_of_step(visit, offering);
  if (*opening_result(visit) < 0 && !asked.empty() && std::all_of(asked.begin(), asked.end(), answered))
    findings.push_back(breach(server_hello_of(asked.front()),
                              "the server's log says that the handshake is broken off (result -1), and it goes on"));
}

bool logs_anything(const Visit& visit) { return logs_decisions(visit) && !decisions_of(visit).empty(); }

void results_known(const Visit& visit, Findings& findings) {
  for (const TicketDecision& told : decisions_of(visit))
    if (told.result < -1 || told.result > (told.encrypt ? 1 : 2))
      return findings.push_back(breach(decided_at(visit, told), "the server's log tells of result " +
                                                                    std::to_string(told.result) + ", which is none"));
}

// --- sealed ----------------------------------------------------------------------------------------------------------

/// Where each ticket of the step came that is not empty.
struct Came {
  Place at;
  Bytes key;
};
std::vector<Came> tickets_of_step(const Visit& visit) {
  std::vector<Came> came;
  for (const Visit& each : visits_of_step(visit))
    for (const Handshake& handshake : each.connection.handshakes)
      for (const std::size_t message : handshake.new_tickets)
        if (const auto* ticket = each.messages()[message].as<NewSessionTicket>();
            ticket != nullptr && !ticket->ticket.empty())
          came.push_back({each.at(message), key_name(ticket->ticket)});
  return came;
}

bool step_in_sight(const Visit& visit) {
  const std::vector<Visit> visits = visits_of_step(visit);
  return !exchanges_of_step(visit).empty() && std::all_of(visits.begin(), visits.end(), tickets_in_sight);
}

bool logs_sealing(const Visit& visit) { return logs_decisions(visit) && step_in_sight(visit); }

void tickets_logged(const Visit& visit, Findings& findings) {
  const std::size_t told = count(decisions_of(visit), sealed);
  const std::vector<Came> came = tickets_of_step(visit);
  if (came.size() == told) return;
  findings.push_back(breach(came.size() > told ? came[told].at : visit.at(),
                            "the server's log tells of " + std::to_string(told) + " tickets sealed, the wire shows " +
                                std::to_string(came.size())));
}

bool told_to_issue_none(const Visit& visit) {
  const auto says = [&](const char* key, const char* value) {
    const auto found = visit.cell.policy.values.find(key);
    return found != visit.cell.policy.values.end() && to_text(found->second) == value;
  };
  return says("tickets", "off") || says("tickets_per_handshake", "0");
}

bool logs_renewal(const Visit& visit) {
  return logs_opening(visit) && step_in_sight(visit) && !told_to_issue_none(visit);
}

bool resumed_at_peace(const Exchange& exchange) {
  return abbreviated(exchange) && exchange.completed() && !first_error_alert(exchange.connection);
}

bool renewed(const Exchange& exchange) { return abbreviated(exchange) && !exchange.handshake.new_tickets.empty(); }

void renewal_as_seen(const Visit& visit, Findings& findings) {
  const std::vector<Exchange> resumed = exchanges_of_step(visit, resumed_at_peace);
  if (*opening_result(visit) == 2 && !resumed.empty() && exchanges_of_step(visit, renewed).empty())
    findings.push_back(breach(server_hello_of(resumed.front()),
                              "the server's log says that the ticket is renewed (result 2), and no new ticket came"));
}

void keeping_as_seen(const Visit& visit, Findings& findings) {
  const std::vector<Exchange> replaced = exchanges_of_step(visit, renewed);
  if (*opening_result(visit) == 1 && !replaced.empty() && !replaced.front().tls13())
    findings.push_back(breach(replaced.front().at(replaced.front().handshake.new_tickets.front()),
                              "the server's log says that the ticket is kept (result 1), and a new one came"));
}

// --- keys ------------------------------------------------------------------------------------------------------------

bool logs_and_issues(const Visit& visit) { return logs_decisions(visit) && !tickets_of_step(visit).empty(); }

std::string key_text(const Bytes& key) { return key.empty() ? "a ticket too short to name a key" : to_hex(key); }

void sealing_keys_as_seen(const Visit& visit, Findings& findings) {
  const std::vector<Came> came = tickets_of_step(visit);
  const auto seals_with = [&](const Bytes& key) {
    return count(decisions_of(visit), [&](const TicketDecision& told) { return sealed(told) && key_of(told) == key; });
  };
  for (const Came& each : came)
    if (each.key.empty() || seals_with(each.key) == 0)
      return findings.push_back(breach(each.at, "the ticket begins with " + key_text(each.key) +
                                                    ", a key that the server's log does not seal with"));
  if (!step_in_sight(visit)) return;
  for (const TicketDecision& told : decisions_of(visit))
    if (sealed(told) &&
        std::none_of(came.begin(), came.end(), [&](const Came& each) { return each.key == key_of(told); }))
      return findings.push_back(breach(decided_at(visit, told), "the server's log seals a ticket with the key " +
                                                                    told.key + ", and no ticket that came begins so"));
}

/// The keys of all tickets that hellos of the step offer; nothing when one may be hidden, or is changed on the way.
std::optional<std::vector<Bytes>> keys_offered(const Visit& visit) {
  std::vector<Bytes> keys;
  for (const Visit& each : visits_of_step(visit)) {
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

void opening_keys_as_seen(const Visit& visit, Findings& findings) {
  const auto offered = keys_offered(visit);
  if (!offered || exchanges_of_step(visit).empty()) return;
  for (const TicketDecision& told : decisions_of(visit))
    if (opens(told) && std::find(offered->begin(), offered->end(), key_of(told)) == offered->end())
      return findings.push_back(breach(
          decided_at(visit, told),
          "the server's log judges a ticket of the key " + told.key + ", and the client offers none that begins so"));
}

/// The log's ages are whole seconds, and a busy machine is late.
constexpr std::chrono::seconds age_tolerance{3};

/// When the log says that a key was born whose tickets nobody could read: by the first that it sealed.
std::optional<Span> birth_by_log(const Visit& visit, const Bytes& key) {
  for (std::size_t number = 1; number <= visit.number; ++number) {
    const Visit each{visit.cell, number, visit.cell.connections[number - 1]};
    if (each.connection.generation != visit.connection.generation) continue;
    for (const TicketDecision& told : decisions_of(each))
      if (const auto age = age_of(told); sealed(told) && age && key_of(told) == key) {
        const Span span = span_of_step(each);
        return Span{span.from - *age, span.to - *age};
      }
  }
  return std::nullopt;
}

bool logs_ages(const Visit& visit) {
  return logs_decisions(visit) &&
         count(decisions_of(visit), [](const TicketDecision& told) { return told.age.has_value(); }) > 0;
}

void ages_as_seen(const Visit& visit, Findings& findings) {
  const Span now = span_of_step(visit);
  for (const TicketDecision& told : decisions_of(visit)) {
    const Bytes key = key_of(told);
    auto birth = birth_of(visit, key);
    if (!birth) birth = birth_by_log(visit, key);
    const auto age = age_of(told);
    if (!age || !birth) continue;
    if (*age > now.to - birth->from + age_tolerance || *age < now.from - birth->to - age_tolerance)
      return findings.push_back(breach(decided_at(visit, told),
                                       "the server's log says that the key " + told.key + " is " + duration_text(*age) +
                                           " old, which sealed its first ticket at " + duration_text(birth->to)));
  }
}

bool logs_no_key(const Visit& visit) {
  return logs_decisions(visit) && script_of(visit.cell) == nullptr && !decisions_of(visit).empty();
}

/// Whether a key must still open its tickets, however late in this step.
bool must_live(const Visit& visit, const Bytes& key) {
  const auto birth = birth_of(visit, key);
  const auto* expire_after = visit.cell.policy.duration("expire_after");
  return birth && expire_after != nullptr && span_of_step(visit).to - birth->from + age_tolerance < *expire_after;
}

void unknown_as_seen(const Visit& visit, Findings& findings) {
  for (const TicketDecision& told : decisions_of(visit)) {
    if (told.age) continue;
    const int only = told.encrypt ? -1 : 0;
    if (told.result != only)
      return findings.push_back(breach(
          decided_at(visit, told), "the server's log tells of no key, and of result " + std::to_string(told.result)));
    if (opens(told) && must_live(visit, key_of(told)))
      return findings.push_back(breach(decided_at(visit, told), "the server's log says that the key " + told.key +
                                                                    " is unknown, which sealed its first ticket at " +
                                                                    duration_text(birth_of(visit, key_of(told))->to)));
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

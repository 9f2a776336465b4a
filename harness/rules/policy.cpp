// The server's decisions against the policy it was told (servers/CONTRACT.md): as its log tells them, and as the
// tickets show them. Ages are whole seconds by each side's clock, so that a second either way at the borders breaks
// nothing.
#include "rules/server_log.hpp"
#include "rules/step.hpp"
#include "rules/subjects.hpp"
#include "rules/ticket_keys.hpp"

namespace ti {

namespace {

constexpr std::chrono::seconds tolerance{1};

bool has_renewal(const ConnectionView& view) {
  return view.cell.server_logs_decisions && view.cell.policy.duration("renew_after") != nullptr;
}
bool has_renewal_below_13(const ConnectionView& view) {
  return has_renewal(view) && view.connection.transcript.version != Version::tls13;
}
bool has_expiry(const ConnectionView& view) {
  return view.cell.server_logs_decisions && view.cell.policy.duration("expire_after") != nullptr;
}

/// Finds the first decision on a key of known age for which `wrong` holds.
template <class Wrong>
void find_decision(const ConnectionView& view, Breaches& breaches, Wrong wrong, const std::string& should) {
  for (const TicketDecision& decision : view.connection.server.decisions) {
    const auto age = age_of(decision);
    if (!age || !wrong(decision, *age)) continue;
    breaches.push_back(breach_at(decided_at(view, decision),
                                 std::string("the server ") + (decision.encrypt ? "sealed" : "judged") +
                                     " a ticket with a key " + std::to_string(*decision.age) + " s old, result " +
                                     std::to_string(decision.result) + "; by its policy it should " + should));
    return;
  }
}

bool opens_tickets(const ConnectionView& view) {
  const auto& decisions = view.connection.server.decisions;
  return std::any_of(decisions.begin(), decisions.end(),
                     [](const TicketDecision& decision) { return !decision.encrypt; });
}

std::string seconds_text(std::chrono::seconds value) { return std::to_string(value.count()) + " s"; }

void renewed_in_time(const ConnectionView& view, Breaches& breaches) {
  const auto limit = *view.cell.policy.duration("renew_after");
  find_decision(
      view, breaches,
      [&](const TicketDecision& decision, std::chrono::seconds age) {
        return !decision.encrypt && decision.result == 1 && age > limit + tolerance;
      },
      "have renewed it from " + seconds_text(limit));
}

void not_renewed_early(const ConnectionView& view, Breaches& breaches) {
  const auto limit = *view.cell.policy.duration("renew_after");
  find_decision(
      view, breaches,
      [&](const TicketDecision& decision, std::chrono::seconds age) {
        return !decision.encrypt && decision.result == 2 && age + tolerance < limit;
      },
      "have kept it until " + seconds_text(limit));
}

void not_sealed_late(const ConnectionView& view, Breaches& breaches) {
  const auto limit = *view.cell.policy.duration("renew_after");
  find_decision(
      view, breaches,
      [&](const TicketDecision& decision, std::chrono::seconds age) {
        return decision.encrypt && decision.result > 0 && age > limit + tolerance;
      },
      "have taken a new key from " + seconds_text(limit));
}

void not_opened_late(const ConnectionView& view, Breaches& breaches) {
  const auto limit = *view.cell.policy.duration("expire_after");
  find_decision(
      view, breaches,
      [&](const TicketDecision& decision, std::chrono::seconds age) {
        return !decision.encrypt && decision.result > 0 && age > limit + tolerance;
      },
      "have refused it from " + seconds_text(limit));
}

void not_refused_early(const ConnectionView& view, Breaches& breaches) {
  const auto limit = *view.cell.policy.duration("expire_after");
  find_decision(
      view, breaches,
      [&](const TicketDecision& decision, std::chrono::seconds age) {
        return !decision.encrypt && decision.result <= 0 && age + tolerance < limit;
      },
      "have accepted it until " + seconds_text(limit));
}

/// How old the key of a ticket is at least when this connection begins, by its first ticket that came.
std::optional<Milliseconds> least_age(const ConnectionView& view, const Bytes& ticket) {
  const auto birth = birth_of(view, key_name(ticket));
  return birth ? std::optional(view.connection.at - birth->to) : std::nullopt;
}

void key_retires(const ConnectionView& view, Breaches& breaches) {
  const auto limit = *view.cell.policy.duration("renew_after");
  for (const Handshake& handshake : view.connection.handshakes)
    for (const std::size_t message : handshake.new_tickets) {
      const auto* ticket = view.messages()[message].as<NewSessionTicket>();
      const auto age = ticket != nullptr ? least_age(view, ticket->ticket) : std::nullopt;
      if (age && *age > limit + tolerance)
        return breaches.push_back(
            breach_at(view.at(message), "the ticket is sealed with a key that sealed another " +
                                            duration_text(std::chrono::floor<std::chrono::seconds>(*age)) +
                                            " ago; by its policy the server should have taken a "
                                            "new key from " +
                                            seconds_text(limit)));
    }
}

/// The ticket that the server took up; nullptr if none, or another than was seen.
const Bytes* taken_up(const HandshakeView& view) {
  if (!view.handshake.abbreviated || view.client_hello == nullptr) return nullptr;
  if (const PskIdentity* psk = selected_psk(view)) return &psk->identity;
  return view.tls13() || !view.client_hello->ticket ? nullptr : &*view.client_hello->ticket;
}

bool takes_up_under_expiry(const HandshakeView& view) { return has_expiry(view) && taken_up(view) != nullptr; }

void key_dies(const HandshakeView& view, Breaches& breaches) {
  const auto limit = *view.cell.policy.duration("expire_after");
  const auto age = least_age(view, *taken_up(view));
  if (age && *age > limit + tolerance)
    breaches.push_back(breach_at(view.at(view.handshake.server_hello),
                                 "the server accepted a ticket whose key sealed its first " +
                                     duration_text(std::chrono::floor<std::chrono::seconds>(*age)) +
                                     " ago; by its policy it should have refused it from " + seconds_text(limit)));
}

bool has_script(const ConnectionView& view) {
  return view.cell.server_logs_decisions && script_of(view.cell) != nullptr && opens_tickets(view);
}
bool has_no_script(const ConnectionView& view) {
  return view.cell.server_logs_decisions && script_of(view.cell) == nullptr && opens_tickets(view);
}

void script_followed(const ConnectionView& view, Breaches& breaches) {
  for (const Scripted& each : scripted_decisions(view.cell))
    if (each.view.number == view.number && each.decision->result != each.told)
      return breaches.push_back(breach_at(decided_at(view, *each.decision), "the server judged a ticket, result " +
                                                                                std::to_string(each.decision->result) +
                                                                                "; by its policy it should have been " +
                                                                                std::to_string(each.told)));
}

void aborts_only_if_told(const ConnectionView& view, Breaches& breaches) {
  for (const TicketDecision& decision : view.connection.server.decisions)
    if (!decision.encrypt && decision.result < 0)
      return breaches.push_back(breach_at(decided_at(view, decision),
                                          "the server judged a ticket, result " + std::to_string(decision.result) +
                                              ", which breaks the handshake off; its policy does not tell it to"));
}

constexpr std::string_view section = "servers/CONTRACT.md";

constexpr Rule rules[] = {
    rule_about<has_renewal, renewed_in_time>("policy-renewed-in-time", Actor::server, section, Severity::expect,
                                             "A ticket whose key is past renew_after is renewed."),
    rule_about<has_renewal_below_13, not_renewed_early>(
        "policy-not-renewed-early", Actor::server, section, Severity::expect,
        "Below TLS 1.3, a ticket whose key is younger than renew_after is kept."),
    rule_about<has_renewal, not_sealed_late>("policy-not-sealed-late", Actor::server, section, Severity::expect,
                                             "A key past renew_after seals no tickets."),
    rule_about<has_expiry, not_opened_late>("policy-not-opened-late", Actor::server, section, Severity::expect,
                                            "A key past expire_after opens no tickets."),
    rule_about<has_expiry, not_refused_early>("policy-not-refused-early", Actor::server, section, Severity::expect,
                                              "A ticket whose key is younger than expire_after is accepted."),
    rule_about<has_renewal, key_retires>("policy-key-retires", Actor::server, section, Severity::expect,
                                         "By the tickets that come, a key past renew_after seals none."),
    rule_about<takes_up_under_expiry, key_dies>("policy-key-dies", Actor::server, section, Severity::expect,
                                                "By the tickets that came, a key past expire_after opens none."),
    rule_about<has_script, script_followed>("policy-script-followed", Actor::server, section, Severity::expect,
                                            "The server's callback answers what callback_results says, in order."),
    rule_about<has_no_script, aborts_only_if_told>(
        "policy-no-abort", Actor::server, section, Severity::expect,
        "The server's callback breaks off no handshake unless callback_results says so."),
};

}  // namespace

std::span<const Rule> policy_rules() { return rules; }

}  // namespace ti

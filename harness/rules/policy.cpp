// The server's decisions against the policy it was told (servers/CONTRACT.md). Ages are whole seconds by each side's
// clock, so that a second either way at the borders breaks nothing.
#include "rules/subjects.hpp"
#include "rules/view.hpp"

namespace ti {

namespace {

constexpr std::chrono::seconds tolerance{1};

bool has_renewal(const Visit& visit) {
  return visit.cell.server_logs_decisions && visit.cell.policy.duration("renew_after") != nullptr;
}
bool has_renewal_below_13(const Visit& visit) {
  return has_renewal(visit) && visit.connection.transcript.version != Version::tls13;
}
bool has_expiry(const Visit& visit) {
  return visit.cell.server_logs_decisions && visit.cell.policy.duration("expire_after") != nullptr;
}

/// Where the server made its decision known.
Place decided_at(const Visit& visit, const TicketDecision& decision) {
  const Handshake* handshake = first_handshake(visit.connection);
  if (handshake == nullptr) return visit.at();
  if (decision.encrypt && !handshake->new_tickets.empty()) return visit.at(handshake->new_tickets.front());
  return visit.at(handshake->server_hello);
}

/// Finds the first decision on a key of known age for which `wrong` holds.
template <class Wrong>
void find_decision(const Visit& visit, Findings& findings, Wrong wrong, const std::string& should) {
  for (const TicketDecision& decision : visit.connection.server.decisions) {
    if (!decision.age || !wrong(decision, std::chrono::seconds(*decision.age))) continue;
    findings.push_back(breach(decided_at(visit, decision),
                              std::string("the server ") + (decision.encrypt ? "sealed" : "judged") +
                                  " a ticket with a key " + std::to_string(*decision.age) + " s old, result " +
                                  std::to_string(decision.result) + "; by its policy it should " + should));
    return;
  }
}

std::string seconds_text(std::chrono::seconds value) { return std::to_string(value.count()) + " s"; }

void renewed_in_time(const Visit& visit, Findings& findings) {
  const auto limit = *visit.cell.policy.duration("renew_after");
  find_decision(
      visit, findings,
      [&](const TicketDecision& decision, std::chrono::seconds age) {
        return !decision.encrypt && decision.result == 1 && age > limit + tolerance;
      },
      "have renewed it from " + seconds_text(limit));
}

void not_renewed_early(const Visit& visit, Findings& findings) {
  const auto limit = *visit.cell.policy.duration("renew_after");
  find_decision(
      visit, findings,
      [&](const TicketDecision& decision, std::chrono::seconds age) {
        return !decision.encrypt && decision.result == 2 && age + tolerance < limit;
      },
      "have kept it until " + seconds_text(limit));
}

void not_sealed_late(const Visit& visit, Findings& findings) {
  const auto limit = *visit.cell.policy.duration("renew_after");
  find_decision(
      visit, findings,
      [&](const TicketDecision& decision, std::chrono::seconds age) {
        return decision.encrypt && decision.result > 0 && age > limit + tolerance;
      },
      "have taken a new key from " + seconds_text(limit));
}

void not_opened_late(const Visit& visit, Findings& findings) {
  const auto limit = *visit.cell.policy.duration("expire_after");
  find_decision(
      visit, findings,
      [&](const TicketDecision& decision, std::chrono::seconds age) {
        return !decision.encrypt && decision.result > 0 && age > limit + tolerance;
      },
      "have refused it from " + seconds_text(limit));
}

void not_refused_early(const Visit& visit, Findings& findings) {
  const auto limit = *visit.cell.policy.duration("expire_after");
  find_decision(
      visit, findings,
      [&](const TicketDecision& decision, std::chrono::seconds age) {
        return !decision.encrypt && decision.result <= 0 && age + tolerance < limit;
      },
      "have accepted it until " + seconds_text(limit));
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
};

}  // namespace

std::span<const Rule> policy_rules() { return rules; }

}  // namespace ti

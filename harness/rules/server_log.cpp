#include "rules/server_log.hpp"

#include <map>

#include "rules/step.hpp"
#include "rules/ticket_keys.hpp"

namespace ti {

Bytes key_of(const TicketDecision& decision) { return from_hex(decision.key); }

std::optional<std::chrono::seconds> age_of(const TicketDecision& decision) {
  constexpr std::int64_t most = 10'000'000'000;
  if (!decision.age) return std::nullopt;
  return std::chrono::seconds(std::clamp(*decision.age, -most, most));
}

Place decided_at(const Visit& visit, const TicketDecision& decision) {
  const auto exchange = first_exchange(visit);
  if (!exchange) return visit.at();
  const auto& tickets = exchange->handshake.new_tickets;
  if (!decision.encrypt || tickets.empty()) return visit.at(exchange->handshake.server_hello);
  const auto sealed = std::find_if(tickets.begin(), tickets.end(), [&](std::size_t message) {
    const NewSessionTicket* ticket = exchange->ticket(message);
    return ticket != nullptr && key_name(ticket->ticket) == key_of(decision);
  });
  return visit.at(sealed == tickets.end() ? tickets.front() : *sealed);
}

const std::vector<std::int64_t>* script_of(const Observation& cell) {
  const auto script = cell.policy.values.find("callback_results");
  return script == cell.policy.values.end() ? nullptr : std::get_if<std::vector<std::int64_t>>(&script->second);
}

std::vector<Scripted> scripted_decisions(const Observation& cell) {
  std::vector<Scripted> scripted;
  const auto* script = script_of(cell);
  if (script == nullptr || script->empty()) return scripted;
  std::map<std::size_t, std::size_t> taken;  // of the list, by generation
  each_visit(cell, [&](const Visit& visit) {
    for (const TicketDecision& decision : visit.connection.server.decisions) {
      if (decision.encrypt || !(decision.age || birth_of(visit, key_of(decision)))) continue;
      const std::size_t at = std::min(taken[visit.connection.generation]++, script->size() - 1);
      scripted.push_back({visit, &decision, (*script)[at]});
    }
  });
  return scripted;
}

bool told_to_abort(const Visit& visit) {
  const auto* script = script_of(visit.cell);
  if (script == nullptr) return false;
  if (!visit.cell.server_logs_decisions) return std::find(script->begin(), script->end(), -1) != script->end();
  const std::vector<Scripted> decisions = scripted_decisions(visit.cell);
  return std::any_of(decisions.begin(), decisions.end(), [&](const Scripted& each) {
    return same_step(each.visit, visit) && each.told < 0 && each.decision->result < 0;
  });
}

}  // namespace ti

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

Place decided_at(const ConnectionView& connection_view, const TicketDecision& decision) {
  const auto view = first_handshake_view(connection_view);
  if (!view) return connection_view.at();
  const auto& tickets = view->handshake.new_tickets;
  if (!decision.encrypt || tickets.empty()) return connection_view.at(view->handshake.server_hello);
  const auto sealed = std::find_if(tickets.begin(), tickets.end(), [&](std::size_t message) {
    const NewSessionTicket* ticket = view->ticket(message);
    return ticket != nullptr && key_name(ticket->ticket) == key_of(decision);
  });
  return connection_view.at(sealed == tickets.end() ? tickets.front() : *sealed);
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
  each_connection(cell, [&](const ConnectionView& view) {
    for (const TicketDecision& decision : view.connection.server.decisions) {
      if (decision.encrypt || !(decision.age || birth_of(view, key_of(decision)))) continue;
      const std::size_t at = std::min(taken[view.connection.generation]++, script->size() - 1);
      scripted.push_back({view, &decision, (*script)[at]});
    }
  });
  return scripted;
}

bool told_to_abort(const ConnectionView& view) {
  const auto* script = script_of(view.cell);
  if (script == nullptr) return false;
  if (!view.cell.server_logs_decisions) return std::find(script->begin(), script->end(), -1) != script->end();
  const std::vector<Scripted> decisions = scripted_decisions(view.cell);
  return std::any_of(decisions.begin(), decisions.end(), [&](const Scripted& each) {
    return same_step(each.view, view) && each.told < 0 && each.decision->result < 0;
  });
}

}  // namespace ti

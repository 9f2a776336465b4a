#include "rules/ticket_keys.hpp"

#include "rules/step.hpp"

namespace ti {

namespace {

std::optional<std::size_t> first_sealed_with(const ObservedConnection& connection, const Bytes& key) {
  for (const Handshake& handshake : connection.handshakes)
    for (const std::size_t message : handshake.new_tickets)
      if (const auto* issued = connection.transcript.messages[message].as<NewSessionTicket>();
          issued != nullptr && key_name(issued->ticket) == key)
        return message;
  return std::nullopt;
}

}  // namespace

Bytes key_name(const Bytes& ticket) {
  constexpr std::size_t name_bytes = 16;
  return ticket.size() < name_bytes ? Bytes{} : copy(ByteView(ticket).first(name_bytes));
}

Span span_of_step(const Visit& visit) {
  Span span{visit.connection.at, visit.connection.at};
  for (const Visit& each : visits_of_step(visit)) {
    for (const Message& message : each.messages()) span.to = std::max(span.to, moment(each, message.at));
    for (const TranscriptEnding& ending : each.connection.transcript.endings)
      span.to = std::max(span.to, moment(each, ending.at));
  }
  return span;
}

bool tickets_in_sight(const Visit& visit) {
  const auto exchange = first_exchange(visit);
  if (!exchange) return true;
  return exchange->completed() && !first_error_alert(visit.connection) && !visit.cut_by_harness() &&
         !visit.flipped_by_harness() && !visit.connection.timed_out && visit.connection.connect.read_response &&
         !tickets_hidden(visit.connection);
}

std::optional<Span> birth_of(const Visit& visit, const Bytes& key) {
  if (key.empty()) return std::nullopt;
  std::optional<Milliseconds> unseen;
  for (std::size_t number = 1; number <= visit.number; ++number) {
    const Visit each{visit.cell, number, visit.cell.connections[number - 1]};
    if (each.connection.generation != visit.connection.generation) continue;
    if (const auto sealed = first_sealed_with(each.connection, key))
      return Span{unseen.value_or(each.connection.at), moment(each, *sealed)};
    if (!unseen && !tickets_in_sight(each)) unseen = each.connection.at;
  }
  return std::nullopt;
}

}  // namespace ti

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

Span span_of_step(const ConnectionView& view) {
  Span span{view.connection.at, view.connection.at};
  for (const ConnectionView& each : connections_of_step(view)) {
    for (const Message& message : each.messages()) span.to = std::max(span.to, moment(each, message.at));
    for (const TranscriptEnding& ending : each.connection.transcript.endings)
      span.to = std::max(span.to, moment(each, ending.at));
  }
  return span;
}

bool tickets_in_sight(const ConnectionView& connection_view) {
  const auto view = first_handshake_view(connection_view);
  if (!view) return true;
  return view->completed() && !first_error_alert(connection_view.connection) && !connection_view.cut_by_harness() &&
         !connection_view.flipped_by_harness() && !connection_view.connection.timed_out &&
         connection_view.connection.connect.read_response && !tickets_hidden(connection_view.connection);
}

std::optional<Span> birth_of(const ConnectionView& view, const Bytes& key) {
  if (key.empty()) return std::nullopt;
  std::optional<Milliseconds> unseen;
  for (std::size_t number = 1; number <= view.number; ++number) {
    const ConnectionView each{view.cell, number, view.cell.connections[number - 1]};
    if (each.connection.generation != view.connection.generation) continue;
    if (const auto sealed = first_sealed_with(each.connection, key))
      return Span{unseen.value_or(each.connection.at), moment(each, *sealed)};
    if (!unseen && !tickets_in_sight(each)) unseen = each.connection.at;
  }
  return std::nullopt;
}

}  // namespace ti

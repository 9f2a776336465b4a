#include "rules/client_tickets.hpp"

namespace ti {

namespace {

/// Clocks of either side count whole seconds.
constexpr std::chrono::seconds tolerance{2};

ConnectionView connection_view_of(const Observation& cell, std::size_t number) {
  return {cell, number, cell.connections[number - 1]};
}

bool is_tls13(const Observation& cell, const Origin& ticket) {
  return view_of(connection_view_of(cell, ticket.connection), *ticket.handshake).tls13();
}

/// One past the last message that reached its receiver, as far as the harness's own cut decides it.
std::size_t end_of_delivery(const ConnectionView& view) {
  const auto& cut = view.connection.connect.disturb.cut;
  for (std::size_t i = 0; view.cut_by_harness() && cut && i < view.messages().size(); ++i)
    if (view.messages()[i].from == cut->from && view.messages()[i].type == cut->after) return i + 1;
  return view.messages().size();
}

bool changed_for_client(const ConnectionView& view) {
  const auto& flip = view.connection.connect.disturb.flip;
  return view.flipped_by_harness() && flip && flip->from == Side::server;
}

bool sent_after(const ConnectionView& view, Side side, ContentType content, std::size_t from) {
  for (std::size_t i = from; i < view.messages().size(); ++i)
    if (view.messages()[i].from == side && view.messages()[i].content == content) return true;
  return false;
}

bool client_ended_before(const ConnectionView& view, std::size_t message) {
  const auto& endings = view.connection.transcript.endings;
  return std::any_of(endings.begin(), endings.end(), [&](const TranscriptEnding& ending) {
    return ending.from == Side::client && ending.before_message <= message;
  });
}

bool says_well(const ConnectionView& view) { return view.connection.client.answered && view.connection.client.ok; }

/// A client's own Finished, or its data, comes after it has verified the server's Finished.
bool went_on_below_13(const ConnectionView& view, const Handshake& handshake) {
  if (handshake.abbreviated) return *handshake.client_finished > *handshake.server_finished;
  return sent_after(view, Side::client, ContentType::application_data, *handshake.server_finished) || says_well(view);
}

bool read_13(const ConnectionView& view, std::size_t ticket) {
  return view.connection.connect.read_response && says_well(view) && ticket < end_of_delivery(view) &&
         !client_ended_before(view, ticket);
}

/// Whether a connection offers a ticket that came together with this one.
bool offers_sibling(const ConnectionView& view, const Origin& ticket) {
  const std::vector<Origin> together = usable_tickets_of(view.cell, ticket.connection);
  return std::any_of(together.begin(), together.end(),
                     [&](const Origin& each) { return offers_ticket(view, each.ticket->ticket); });
}

/// RFC 2246 7.2.1: in TLS 1.0 a connection that its peer did not close properly leaves no session to resume.
bool improperly_closed_10(const ConnectionView& issuing, const Handshake& handshake) {
  return view_of(issuing, handshake).version <= Version::tls10 && handshake.server_finished &&
         !sent_after(issuing, Side::server, ContentType::alert, *handshake.server_finished);
}

/// Whether an error alert came at all, be it as the answer to an end: some drop the session by it, some do not.
bool any_error_alert(const ObservedConnection& connection) {
  const auto& messages = connection.transcript.messages;
  return std::any_of(messages.begin(), messages.end(), [&](const Message& message) {
    const auto* alert = message.as<Alert>();
    return alert != nullptr && is_error(*alert, connection.transcript.version);
  });
}

bool broke(const ObservedConnection& connection) {
  return connection.timed_out || first_error_alert(connection).has_value();
}

/// Whether something happened to the session that lets a client drop it: an error alert ends it (RFC 5246 7.2.2,
/// RFC 9846 6.2), a handshake that offered it failed (RFC 5077 3.2), or the server refused it. Whom the harness had to
/// stop where the step's deadline struck may have lost all that it kept.
bool may_be_dropped(const HandshakeView& view, const Origin& ticket) {
  const ConnectionView issuing = connection_view_of(view.cell, ticket.connection);
  if (broke(issuing.connection) || improperly_closed_10(issuing, *ticket.handshake)) return true;
  for (std::size_t number = ticket.connection + 1; number < view.number; ++number) {
    const ConnectionView between = connection_view_of(view.cell, number);
    if (!offers_sibling(between, ticket)) continue;
    const HandshakeKind kind = first_handshake(between.connection)->kind;
    const bool refused = kind == HandshakeKind::full && !view.offer_forced();
    if (kind == HandshakeKind::failed || refused || broke(between.connection)) return true;
  }
  return false;
}

/// A client of TLS 1.3 should use each ticket once (RFC 8446 C.4).
bool used_before(const HandshakeView& view, const Origin& ticket) {
  for (std::size_t number = ticket.connection + 1; number < view.number; ++number)
    if (offers_ticket(connection_view_of(view.cell, number), ticket.ticket->ticket)) return true;
  return false;
}

bool is_outlived(const HandshakeView& view, const Origin& ticket) {
  const std::chrono::seconds lifetime{ticket.ticket->lifetime};
  const bool tls13 = is_tls13(view.cell, ticket);
  if (tls13 && lifetime.count() == 0) return true;
  const auto age = age_at(view, ticket);
  if (!age) return false;
  if (tls13 && *age + tolerance > longest_lifetime) return true;
  return lifetime.count() != 0 && *age + tolerance > lifetime;
}

bool never_received(const Observation& cell, const Origin& ticket) {
  const Receipt receipt = receipt_of(cell, ticket);
  return receipt == Receipt::unfinished || receipt == Receipt::refused;
}

}  // namespace

Receipt receipt_of(const Observation& cell, const Origin& ticket) {
  const ConnectionView view = connection_view_of(cell, ticket.connection);
  const Handshake& handshake = *ticket.handshake;
  if (!cell.by_our_tap && handshake.kind == HandshakeKind::failed) return Receipt::unknown;
  if (unread_before(view, handshake.end, Rests::on_types)) return Receipt::unknown;
  const auto& finished = handshake.server_finished;
  if (!finished || *finished >= end_of_delivery(view) || changed_for_client(view)) return Receipt::unfinished;
  const auto* body = view.messages()[*finished].as<Finished>();
  if (body != nullptr && body->verified == false) return Receipt::unfinished;
  if (handshake.kind == HandshakeKind::failed) return Receipt::refused;
  const bool valid = is_tls13(cell, ticket) ? read_13(view, ticket.message) : went_on_below_13(view, handshake);
  return valid ? Receipt::valid : Receipt::unknown;
}

std::vector<Origin> usable_tickets_of(const Observation& cell, std::size_t number) {
  std::vector<Origin> tickets;
  const ObservedConnection& connection = cell.connections[number - 1];
  for (const Handshake& handshake : connection.handshakes)
    for (const std::size_t message : handshake.new_tickets)
      if (const auto* ticket = connection.transcript.messages[message].as<NewSessionTicket>();
          ticket != nullptr && !ticket->ticket.empty())
        tickets.push_back({number, message, ticket, &handshake});
  return tickets;
}

std::vector<Origin> usable_tickets_of_step(const Observation& cell, std::size_t number, std::size_t before) {
  const ObservedConnection& connection = cell.connections[number - 1];
  if (connection.sole) return usable_tickets_of(cell, number);
  std::vector<Origin> tickets;
  for (std::size_t each = 1; each < before; ++each)
    if (!cell.connections[each - 1].sole && cell.connections[each - 1].step == connection.step)
      for (const Origin& ticket : usable_tickets_of(cell, each)) tickets.push_back(ticket);
  return tickets;
}

Duty duty_of(const HandshakeView& view, const Origin& ticket) {
  if (never_received(view.cell, ticket) || may_be_dropped(view, ticket)) return Duty::free;
  if (is_outlived(view, ticket)) return Duty::outlived;
  if (is_tls13(view.cell, ticket) && !view.offer_forced() && used_before(view, ticket)) return Duty::free;
  const bool kept =
      receipt_of(view.cell, ticket) == Receipt::valid && !any_error_alert(view.cell.connections[ticket.connection - 1]);
  return kept ? Duty::owed : Duty::unknown;
}

Owing owing_of(const HandshakeView& view, const std::vector<Origin>& tickets) {
  Owing owing;
  bool unknown = false;
  for (const Origin& ticket : tickets) {
    const Duty duty = duty_of(view, ticket);
    if (duty == Duty::owed) return {Duty::owed, std::nullopt};
    unknown = unknown || duty == Duty::unknown;
    if (duty == Duty::outlived) owing.outlived = ticket;
  }
  if (unknown) return {Duty::unknown, std::nullopt};
  if (owing.outlived) owing.duty = Duty::outlived;
  return owing;
}

std::vector<Origin> latest_tickets(const HandshakeView& view) {
  for (std::size_t number = view.number - 1; number >= 1; --number) {
    std::vector<Origin> tickets = usable_tickets_of_step(view.cell, number, view.number);
    std::erase_if(tickets, [&](const Origin& ticket) { return never_received(view.cell, ticket); });
    if (!tickets.empty()) return tickets;
  }
  return {};
}

bool tickets_hidden_before(const ConnectionView& view) {
  for (std::size_t number = 1; number < view.number; ++number)
    if (tickets_hidden(view.cell.connections[number - 1])) return true;
  return false;
}

}  // namespace ti

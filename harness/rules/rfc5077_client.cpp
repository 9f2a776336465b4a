#include "rules/client_tickets.hpp"
#include "rules/subjects.hpp"
#include "rules/view.hpp"

namespace ti {

namespace {

/// The origin of a ticket offered in extension 35, if it came below TLS 1.3.
std::optional<Origin> offered_origin(const HandshakeView& view) {
  if (view.client_hello == nullptr || !view.client_hello->ticket || view.client_hello->ticket->empty())
    return std::nullopt;
  const auto origin = origin_of(view.cell, *view.client_hello->ticket, view.number);
  if (!origin || view.cell.connections[origin->connection - 1].transcript.version == Version::tls13)
    return std::nullopt;
  return origin;
}

bool offers_ticket(const HandshakeView& view) {
  return view.client_hello != nullptr && view.client_hello->ticket && !view.client_hello->ticket->empty();
}

bool offers_issued(const HandshakeView& view) { return offered_origin(view).has_value(); }

bool chooses_issued(const HandshakeView& view) { return !view.offer_forced() && offers_issued(view); }

void only_issued(const HandshakeView& view, Breaches& breaches) {
  if (!view.flipped_by_harness() && all_tickets_known(view.cell, view.number) &&
      !origin_of(view.cell, *view.client_hello->ticket, view.number + 1))
    breaches.push_back(breach_at(view.at(view.handshake.client_hello),
                                 "the client offered a ticket of " + std::to_string(view.client_hello->ticket->size()) +
                                     " bytes that no server had given it"));
}

bool server_ended(const ObservedConnection& connection) {
  const auto& endings = connection.transcript.endings;
  return std::any_of(endings.begin(), endings.end(), [](const TranscriptEnding& ending) {
    return ending.from == Side::server && ending.how == Ending::How::fin;
  });
}

/// Whether the server's Finished of a ticket's handshake never reached the client, or was wrong.
bool unfinished(const Observation& cell, const Origin& origin) {
  const ObservedConnection& issuing = cell.connections[origin.connection - 1];
  if (issuing.applied.flipped > 0) return false;
  if (!cell.by_our_tap && !origin.handshake->server_finished) return server_ended(issuing);
  return receipt_of(cell, origin) == Receipt::unfinished;
}

/// A ticket counts only once the server's Finished was verified. One that came several times may count from another.
void finished_first(const HandshakeView& view, Breaches& breaches) {
  const std::vector<Origin> origins = origins_of(view.cell, *view.client_hello->ticket, view.number);
  if (std::all_of(origins.begin(), origins.end(), [&](const Origin& origin) { return unfinished(view.cell, origin); }))
    breaches.push_back(breach_at(view.at(view.handshake.client_hello),
                                 "the client offered the ticket of connection " +
                                     std::to_string(origins.back().connection) +
                                     ", in which it never saw the server's Finished, or a wrong one"));
}

void dropped_after_failure(const HandshakeView& view, Breaches& breaches) {
  for (std::size_t number = 1; number < view.number; ++number) {
    const ConnectionView before{view.cell, number, view.cell.connections[number - 1]};
    const Handshake* handshake = first_handshake(before.connection);
    if (handshake == nullptr || before.cut_by_harness() || !handshake->abbreviated ||
        handshake->kind != HandshakeKind::failed)
      continue;
    const auto* hello = before.messages()[handshake->client_hello].as<ClientHello>();
    if (hello != nullptr && hello->ticket == view.client_hello->ticket)
      breaches.push_back(breach_at(view.at(view.handshake.client_hello),
                                   "the client offered a ticket again whose handshake had failed in connection " +
                                       std::to_string(number) + " after the server had accepted it"));
  }
}

/// A later connection renewed the ticket that is offered here, and the client completed it.
void renewed_offered(const HandshakeView& view, Breaches& breaches) {
  const auto origin = offered_origin(view);
  for (std::size_t number = view.number - 1; number > origin->connection; --number) {
    const ConnectionView between{view.cell, number, view.cell.connections[number - 1]};
    const std::vector<Origin> renewed = usable_tickets_of(view.cell, number);
    if (renewed.empty() || !renewed.front().handshake->abbreviated ||
        !offers_ticket(between, *view.client_hello->ticket) || duty_of(view, renewed.front()) != Duty::owed)
      continue;
    breaches.push_back(breach_at(view.at(view.handshake.client_hello),
                                 "the client offered the ticket issued " + at_text(view.cell, origin->connection) +
                                     " though the server had renewed it " + at_text(view.cell, number)));
    return;
  }
}

bool chooses_hinted(const HandshakeView& view) {
  return chooses_issued(view) && offered_origin(view)->ticket->lifetime != 0;
}

void hint_respected(const HandshakeView& view, Breaches& breaches) {
  constexpr std::chrono::seconds tolerance{1};
  const auto origin = offered_origin(view);
  const auto age = age_at(view, *origin);
  const std::chrono::seconds hint{origin->ticket->lifetime};
  if (age && *age > hint + tolerance)
    breaches.push_back(breach_at(
        view.at(view.handshake.client_hello),
        "the client offered a ticket " + duration_text(*age) + " old whose lifetime hint was " + duration_text(hint)));
}

constexpr Rule rules[] = {
    rule_about<offers_ticket, only_issued>(
        "rfc5077-3.2-only-issued-tickets", Actor::client, "RFC 5077 3.2", Severity::must,
        "A client offers the ticket it was given, byte for byte, and an empty extension when it has none."),
    rule_about<chooses_issued, dropped_after_failure>(
        "rfc5077-3.2-drop-after-failure", Actor::client, "RFC 5077 3.2", Severity::should,
        "A client drops a ticket that the server accepted in a handshake that then failed."),
    rule_about<offers_issued, finished_first>(
        "rfc5077-3.3-finished-first", Actor::client, "RFC 5077 3.3", Severity::must,
        "A client does not take a new ticket for valid before it has verified the server's Finished."),
    rule_about<chooses_issued, renewed_offered>("rfc5077-3.3-renewed-offered", Actor::client, "RFC 5077 3.3",
                                                Severity::should,
                                                "Once the server has renewed a ticket, a client offers the new one."),
    rule_about<chooses_hinted, hint_respected>(
        "rfc5077-3.3-hint-expired", Actor::client, "RFC 5077 3.3", Severity::should,
        "A client forgets a ticket when its lifetime hint has run out; a hint of 0 says nothing."),
};

}  // namespace

std::span<const Rule> rfc5077_client_rules() { return rules; }

}  // namespace ti

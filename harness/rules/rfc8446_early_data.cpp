// Early data (0-RTT) of TLS 1.3: who may send it, and who may take it.
#include "rules/subjects.hpp"
#include "rules/view.hpp"

namespace ti {

namespace {

/// The ticket of the first PSK that a hello offers, which is the one that early data goes with.
std::optional<Origin> first_ticket(const HandshakeView& view) {
  const ClientHello* hello = view.client_hello;
  if (hello == nullptr || hello->psks.empty() || view.flipped_by_harness()) return std::nullopt;
  return origin_of(view.cell, hello->psks.front().identity, view.number);
}

bool allows_early_data(const NewSessionTicket& ticket) { return find(ticket.extensions, ext::early_data) != nullptr; }

const EncryptedExtensions* encrypted_extensions(const HandshakeView& view, std::optional<std::size_t>& message) {
  message = view.find(Side::server, MessageType::encrypted_extensions);
  return message ? view.messages()[*message].as<EncryptedExtensions>() : nullptr;
}

// --- the client ------------------------------------------------------------------------------------------------------

/// The hello with which a handshake began; nullptr when it could not be read.
const ClientHello* opening_hello(const HandshakeView& view) { return view.messages()[view.begin()].as<ClientHello>(); }

bool announces(const HandshakeView& view) {
  const ClientHello* hello = opening_hello(view);
  return (hello != nullptr && hello->early_data) || (view.client_hello != nullptr && view.client_hello->early_data);
}

void announced_with_ticket(const HandshakeView& view, Breaches& breaches) {
  const ClientHello* hello = opening_hello(view);
  const Place at = view.at(view.begin());
  if (view.handshake.first_client_hello && view.client_hello != nullptr && view.client_hello->early_data)
    breaches.push_back(
        breach_at(view.at(view.handshake.client_hello), "the client announces early data in its second ClientHello"));
  if (hello == nullptr || !hello->early_data) return;
  if (hello->psks.empty()) return breaches.push_back(breach_at(at, "the client announces early data without a PSK"));
  const auto origin = origin_of(view.cell, hello->psks.front().identity, view.number);
  if (origin && !view.flipped_by_harness() && !allows_early_data(*origin->ticket))
    breaches.push_back(breach_at(at, "the client announces early data with a ticket that does not allow it"));
}

/// Of TLS 1.3, or not answered, so that nothing protected may come but early data.
bool speaks_13(const HandshakeView& view) {
  const ClientHello* hello = view.client_hello;
  const auto version = static_cast<std::uint16_t>(Version::tls13);
  return hello != nullptr && (view.server_hello == nullptr || view.tls13()) &&
         std::find(hello->versions.begin(), hello->versions.end(), version) != hello->versions.end();
}

/// One past the last message before which a client has nothing to send but what its hello announces.
std::size_t end_of_first_flight(const HandshakeView& view) {
  return std::min(view.handshake.server_hello.value_or(view.handshake.end), view.handshake.end);
}

void sent_only_if_announced(const HandshakeView& view, Breaches& breaches) {
  if (announces(view)) return;
  for (std::size_t i = view.begin(); i < end_of_first_flight(view); ++i)
    if (const Message& message = view.messages()[i];
        message.from == Side::client && message.content == ContentType::application_data)
      return breaches.push_back(
          breach_at(view.at(i), "the client sends application data in its first flight, and announced no early data"));
}

bool answered_in_sight(const HandshakeView& view) {
  std::optional<std::size_t> message;
  const auto sealed = view.connection.transcript.sealed_records.find(Side::client);
  return view.tls13() && encrypted_extensions(view, message) != nullptr &&
         (sealed == view.connection.transcript.sealed_records.end() || sealed->second == 0);
}

void ended_if_taken(const HandshakeView& view, Breaches& breaches) {
  std::optional<std::size_t> message;
  const bool taken = encrypted_extensions(view, message)->early_data;
  const auto end = view.find(Side::client, MessageType::end_of_early_data);
  const bool finished = view.completed() && view.handshake.finished_visible;
  if (taken && finished && (!end || *end > *view.handshake.client_finished))
    breaches.push_back(breach_at(view.at(view.handshake.client_finished),
                                 "the server took the early data, and the client finished without EndOfEarlyData"));
  if (!taken && end)
    breaches.push_back(
        breach_at(view.at(*end), "the client sent EndOfEarlyData, and the server had not taken its early data"));
}

// --- the server ------------------------------------------------------------------------------------------------------

bool takes_early_data(const HandshakeView& view) {
  std::optional<std::size_t> message;
  const EncryptedExtensions* extensions = encrypted_extensions(view, message);
  return extensions != nullptr && extensions->early_data && view.client_hello != nullptr;
}

/// The protocol (RFC 7301) that a server chose; nullptr for none.
const Bytes* chosen_protocol(const EncryptedExtensions& extensions) {
  constexpr std::uint16_t alpn = 16;
  return find(extensions.extensions, alpn);
}

/// What of the early data's session a server that takes it must have kept, and has not; nullptr when it is well.
const char* changed_since(const HandshakeView& view, const EncryptedExtensions& now, const Origin& origin) {
  const ConnectionView issuing{view.cell, origin.connection, view.cell.connections[origin.connection - 1]};
  const HandshakeView issued = view_of(issuing, *origin.handshake);
  std::optional<std::size_t> message;
  const EncryptedExtensions* before = encrypted_extensions(issued, message);
  if (!allows_early_data(*origin.ticket)) return "with a ticket that does not allow it";
  if (issued.server_hello != nullptr && issued.server_hello->suite != view.server_hello->suite)
    return "with another suite than the session's";
  if (before == nullptr) return nullptr;
  const Bytes* protocol = chosen_protocol(*before);
  const Bytes* chosen = chosen_protocol(now);
  const bool same = protocol == nullptr ? chosen == nullptr : chosen != nullptr && *protocol == *chosen;
  return same ? nullptr : "with another application protocol than the session's";
}

void taken_if_entitled(const HandshakeView& view, Breaches& breaches) {
  std::optional<std::size_t> message;
  const EncryptedExtensions* extensions = encrypted_extensions(view, message);
  const auto accuse = [&](const std::string& how) {
    breaches.push_back(breach_at(view.at(message), "the server accepted early data " + how));
  };
  if (!view.client_hello->early_data) return accuse("that the client did not announce");
  if (view.server_hello == nullptr || view.server_hello->selected_psk != std::uint16_t{0})
    return accuse("without selecting the first PSK offered");
  if (const auto origin = first_ticket(view))
    if (const char* changed = changed_since(view, *extensions, *origin)) accuse(changed);
}

constexpr Rule rules[] = {
    rule_about<announces, announced_with_ticket>(
        "rfc8446-4.2.10-early-data-allowed", Actor::client,
        "RFC 8446 4.1.2, 4.2.10, 4.6.1, RFC 9846 4.2.2, 4.3.10, 4.7.1", Severity::must,
        "A client announces early data only in its first hello, beside a PSK whose ticket allows it."),
    rule_about<speaks_13, sent_only_if_announced>(
        "rfc8446-4.2.10-early-data-announced", Actor::client, "RFC 8446 4.2.10, RFC 9846 4.3.10", Severity::must,
        "A client sends no application data in its first flight that its hello does not announce.", Rests::on_order),
    rule_about<answered_in_sight, ended_if_taken>(
        "rfc8446-4.5-end-of-early-data", Actor::client, "RFC 8446 4.5, RFC 9846 4.6", Severity::must,
        "A client ends its early data by EndOfEarlyData when the server took it, and else sends none."),
    rule_about<takes_early_data, taken_if_entitled>(
        "rfc8446-4.2.10-early-data", Actor::server, "RFC 8446 4.2.10, RFC 9846 4.3.10", Severity::must,
        "A server accepts early data only if it was announced, the first PSK was selected, its ticket allows it, and "
        "suite and application protocol are the session's."),
};

}  // namespace

std::span<const Rule> rfc8446_early_data_rules() { return rules; }

}  // namespace ti

#include "rules/view.hpp"

#include <algorithm>

#include "wire/suites.hpp"

namespace ti {

Place ConnectionView::at(std::size_t message) const {
  if (message >= messages().size()) return at();
  return {.connection = number, .message = message};
}

std::optional<std::size_t> HandshakeView::find(Side side, MessageType type, std::size_t from) const {
  for (std::size_t i = std::max(from, begin()); i < handshake.end; ++i)
    if (messages()[i].from == side && messages()[i].type == type) return i;
  return std::nullopt;
}

namespace {

/// The version of a handshake whose ServerHello could not be read, by what only one of them has: records of TLS 1.3 do
/// not tell theirs, it alone has EncryptedExtensions, and there the server's flight is over before a ticket comes.
Version version_by_shape(const ConnectionView& view, const Handshake& handshake) {
  for (std::size_t i = handshake.client_hello; i < handshake.end; ++i) {
    const Message& message = view.messages()[i];
    if (message.from == Side::client) continue;
    if (message.type == MessageType::encrypted_extensions) return Version::tls13;
    if (message.type == MessageType::server_hello_done || message.type == MessageType::new_session_ticket)
      return message.record_version == 0 ? Version::tls12
                                         : std::min(static_cast<Version>(message.record_version), Version::tls12);
    if (message.type == MessageType::finished) break;
  }
  return Version::none;
}

}  // namespace

HandshakeView view_of(const ConnectionView& view, const Handshake& handshake) {
  const auto* client_hello = view.messages()[handshake.client_hello].as<ClientHello>();
  const auto* server_hello =
      handshake.server_hello ? view.messages()[*handshake.server_hello].as<ServerHello>() : nullptr;
  Version version = server_hello != nullptr ? server_hello->version : view.connection.transcript.version;
  if (version == Version::none) version = version_by_shape(view, handshake);
  return {view, handshake, client_hello, server_hello, version};
}

std::optional<HandshakeView> first_handshake_view(const ConnectionView& view) {
  const Handshake* handshake = first_handshake(view.connection);
  return handshake == nullptr ? std::nullopt : std::optional(view_of(view, *handshake));
}

bool has_document(Version version) {
  return version == Version::none || (!name(version).empty() && version != Version::ssl30);
}

std::string version_text(Version version) {
  if (version == Version::ssl30) return "SSL 3.0";
  if (!name(version).empty()) return "TLS " + std::string(name(version));
  const auto number = static_cast<std::uint16_t>(version);
  constexpr std::uint16_t drafts = 0x7f00;
  constexpr std::uint16_t low_byte = 0xff;
  if ((number & drafts) == drafts && number < 0x8000)
    return "draft " + std::to_string(number & low_byte) + " of TLS 1.3";
  return "version " + hex16(number);
}

std::optional<Version> foreign_version(const ConnectionView& connection_view) {
  const auto view = first_handshake_view(connection_view);
  if (!view || has_document(view->version)) return std::nullopt;
  const auto number = static_cast<std::uint16_t>(view->version);
  const ClientHello* hello = view->client_hello;
  const bool offered = hello == nullptr || (view->version == Version::ssl30 && hello->versions.empty()) ||
                       std::find(hello->versions.begin(), hello->versions.end(), number) != hello->versions.end();
  return offered ? std::optional(view->version) : std::nullopt;
}

bool offers_tls13(const ClientHello& hello) {
  return std::find(hello.versions.begin(), hello.versions.end(), static_cast<std::uint16_t>(Version::tls13)) !=
         hello.versions.end();
}

std::vector<Origin> origins_of(const Observation& cell, const Bytes& ticket, std::size_t before) {
  std::vector<Origin> origins;
  for (std::size_t number = 1; number < before && number <= cell.connections.size(); ++number) {
    const ObservedConnection& connection = cell.connections[number - 1];
    for (const Handshake& handshake : connection.handshakes)
      for (const std::size_t message : handshake.new_tickets) {
        const auto* issued = connection.transcript.messages[message].as<NewSessionTicket>();
        if (issued != nullptr && issued->ticket == ticket) origins.push_back({number, message, issued, &handshake});
      }
  }
  return origins;
}

std::optional<Origin> origin_of(const Observation& cell, const Bytes& ticket, std::size_t before) {
  const std::vector<Origin> origins = origins_of(cell, ticket, before);
  return origins.empty() ? std::nullopt : std::optional(origins.back());
}

std::vector<const Bytes*> offers(const ClientHello& hello) {
  std::vector<const Bytes*> tickets;
  for (const PskIdentity& psk : hello.psks) tickets.push_back(&psk.identity);
  if (hello.ticket && !hello.ticket->empty()) tickets.push_back(&*hello.ticket);
  return tickets;
}

bool lists_psk_dhe(const ClientHello& hello) {
  constexpr std::uint8_t psk_dhe_ke = 1;
  return std::find(hello.psk_modes.begin(), hello.psk_modes.end(), psk_dhe_ke) != hello.psk_modes.end();
}

bool offers_ticket(const ConnectionView& connection_view, const Bytes& ticket) {
  const auto view = first_handshake_view(connection_view);
  if (!view || view->client_hello == nullptr) return false;
  const std::vector<const Bytes*> offered = offers(*view->client_hello);
  return std::any_of(offered.begin(), offered.end(), [&](const Bytes* each) { return *each == ticket; });
}

bool offers_nothing(const ConnectionView& connection_view) {
  const auto view = first_handshake_view(connection_view);
  return view && view->client_hello != nullptr && offers(*view->client_hello).empty();
}

bool tickets_hidden(const ObservedConnection& connection) {
  const auto sealed = connection.transcript.sealed_records.find(Side::server);
  return connection.transcript.version == Version::tls13 && sealed != connection.transcript.sealed_records.end() &&
         sealed->second > 0;
}

bool all_tickets_known(const Observation& cell, std::size_t before) {
  if (!cell.by_our_tap) return false;
  for (std::size_t i = 0; i + 1 < before && i < cell.connections.size(); ++i)
    if (tickets_hidden(cell.connections[i]) || cell.connections[i].applied.flipped > 0) return false;
  return true;
}

Milliseconds moment(const ConnectionView& view, Instant at) {
  return view.connection.at + std::chrono::duration_cast<Milliseconds>(at - view.connection.begun);
}

Milliseconds moment(const ConnectionView& view, std::size_t message) {
  return moment(view, view.messages()[message].at);
}

std::optional<Milliseconds> age_at(const HandshakeView& view, const Origin& origin) {
  const ConnectionView issuing{view.cell, origin.connection, view.cell.connections[origin.connection - 1]};
  if (issuing.connection.transcript.vantage != Vantage::wire || view.connection.transcript.vantage != Vantage::wire)
    return std::nullopt;
  return moment(view, view.handshake.client_hello) - moment(issuing, origin.message);
}

std::optional<bool> same_master_secret(const HandshakeView& view) {
  if (view.client_hello == nullptr || !view.client_hello->ticket || &view.handshake != first_handshake(view.connection))
    return std::nullopt;
  const auto origin = origin_of(view.cell, *view.client_hello->ticket, view.number);
  if (!origin) return std::nullopt;
  const ObservedConnection& issuing = view.cell.connections[origin->connection - 1];
  const Bytes& before = issuing.transcript.master_secret;
  const Bytes& now = view.connection.transcript.master_secret;
  if (before.empty() || now.empty() || origin->handshake != first_handshake(issuing)) return std::nullopt;
  return before == now;
}

namespace {

/// Whether the peer of a message's sender had ended its stream before: an alert then answers that end.
bool peer_had_ended(const Transcript& transcript, std::size_t message) {
  return std::any_of(transcript.endings.begin(), transcript.endings.end(), [&](const TranscriptEnding& ending) {
    return ending.from != transcript.messages[message].from && ending.before_message <= message;
  });
}

/// Whether the peer had said close_notify before.
bool peer_had_left(const Transcript& transcript, std::size_t message) {
  const auto& messages = transcript.messages;
  return std::any_of(
      messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(message), [&](const Message& each) {
        const auto* alert = each.as<Alert>();
        return each.from != messages[message].from && alert != nullptr && alert->description == alert_close_notify;
      });
}

/// Whether the peer said nothing since the sender's last word, so that an alert can answer nothing but its end.
bool answers_silence(const Transcript& transcript, std::size_t message) {
  const auto& messages = transcript.messages;
  return message > 0 && messages[message - 1].from == messages[message].from;
}

bool is_complete(const ObservedConnection& connection) {
  const Handshake* handshake = first_handshake(connection);
  return handshake != nullptr && handshake->kind != HandshakeKind::failed;
}

/// Whether a server's end, before that message, is one without a farewell: a truncation for all that its client knows.
bool server_was_cut_short(const Transcript& transcript, std::size_t message) {
  return transcript.messages[message].from == Side::client && !peer_had_left(transcript, message);
}

/// decode_error and internal_error may be what a side makes of an end without close_notify, and clients have more words
/// for it.
bool may_answer_an_end(const ObservedConnection& connection, std::size_t message) {
  const Alert& alert = *connection.transcript.messages[message].as<Alert>();
  if (answers_silence(connection.transcript, message) || server_was_cut_short(connection.transcript, message))
    return true;
  return !is_complete(connection) || !claims_fault(alert) || alert.description == alert_decode_error ||
         alert.description == alert_internal_error;
}

}  // namespace

bool claims_fault(const Alert& alert) {
  constexpr std::uint8_t claims[] = {alert_unexpected_message, alert_bad_record_mac,        alert_decryption_failed,
                                     alert_record_overflow,    alert_decompression_failure, alert_illegal_parameter,
                                     alert_decode_error,       alert_decrypt_error,         alert_internal_error,
                                     alert_missing_extension,  alert_unsupported_extension};
  return std::find(std::begin(claims), std::end(claims), alert.description) != std::end(claims);
}

std::optional<std::size_t> first_error_alert(const ObservedConnection& connection) {
  const std::vector<Message>& messages = connection.transcript.messages;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto* alert = messages[i].as<Alert>();
    if (alert == nullptr || !is_error(*alert, connection.transcript.version)) continue;
    const bool answers_end = (peer_had_ended(connection.transcript, i) && may_answer_an_end(connection, i)) ||
                             (peer_had_left(connection.transcript, i) && !is_complete(connection));
    if (!answers_end) return i;
  }
  return std::nullopt;
}

const TranscriptEnding* first_ending(const ObservedConnection& connection) {
  const TranscriptEnding* first = nullptr;
  for (const TranscriptEnding& ending : connection.transcript.endings)
    if (!ending.by_harness && (first == nullptr || ending.at < first->at)) first = &ending;
  return first;
}

std::optional<std::string> unread_before(const ConnectionView& view, std::size_t end, Rests rests) {
  for (const Problem& problem : view.connection.transcript.problems) {
    const bool of_content = rests == Rests::on_content || rests == Rests::on_message;
    const bool bears_on_it =
        problem.missing == Missing::messages || (problem.missing == Missing::content && of_content);
    if (bears_on_it && problem.before_message < end) return problem.what;
  }
  return std::nullopt;
}

const char* hash_of(std::uint16_t suite) {
  constexpr std::uint16_t tls13_suites = 0x13;
  const auto known = suite >> 8 == tls13_suites ? suite_of(suite) : std::nullopt;
  return known ? known->prf_hash : nullptr;
}

const char* hash_of(const HandshakeView& view, const PskIdentity& psk) {
  const auto origin = origin_of(view.cell, psk.identity, view.number);
  return origin ? hash_of(view.cell.connections[origin->connection - 1].transcript.suite) : nullptr;
}

const PskIdentity* selected_psk(const HandshakeView& view) {
  if (view.client_hello == nullptr || view.server_hello == nullptr || !view.server_hello->selected_psk) return nullptr;
  const auto& psks = view.client_hello->psks;
  return *view.server_hello->selected_psk < psks.size() ? &psks[*view.server_hello->selected_psk] : nullptr;
}

std::string duration_text(Milliseconds duration) {
  constexpr std::int64_t second = 1000;
  constexpr std::int64_t day = std::int64_t{24} * 3600 * second;
  const std::int64_t count = duration.count();
  if (count != 0 && count % day == 0) return std::to_string(count / day) + " d";
  if (count >= 10 * second || count % second == 0) return std::to_string(count / second) + " s";
  return std::to_string(count) + " ms";
}

std::string at_text(const Observation& cell, std::size_t number) {
  return "at " + duration_text(cell.connections[number - 1].at);
}

std::string hex16(std::uint16_t number) {
  const std::uint8_t bytes[] = {static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
  return "0x" + to_hex(bytes);
}

Breach breach_at(Place at, std::string reason) { return breach_by(Side::server, at, std::move(reason)); }

Breach breach_by(Side actor, Place at, std::string reason) {
  return {.rule = {}, .severity = Severity::must, .actor = actor, .reason = std::move(reason), .at = at};
}

}  // namespace ti

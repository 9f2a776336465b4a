// RFC 5246 7.3: the order of a handshake below TLS 1.3, what is in its messages, and who may speak when.
#include "rules/flights.hpp"
#include "rules/hellos.hpp"
#include "rules/subjects.hpp"

namespace ti {

namespace {

bool below_13(const HandshakeView& view) { return !view.tls13() && as_it_passed(view); }

void in_order(const HandshakeView& view, Breaches& breaches) {
  for (const Side side : {Side::client, Side::server})
    if (const auto disorder = disorder_of(view, side))
      breaches.push_back(
          breach_by(side, view.at(disorder->message), "the " + std::string(name(side)) + " " + disorder->what));
}

bool messages_read(const HandshakeView& view) {
  return as_it_passed(view) && view.version != Version::none && view.handshake.server_hello.has_value();
}

void bodies_read(const HandshakeView& view, Breaches& breaches) {
  for (std::size_t i = view.begin(); i < view.handshake.end; ++i) {
    const Message& message = view.messages()[i];
    if (message.content != ContentType::handshake || message.raw.size() != message.bytes || message.raw.empty() ||
        message.raw.front() != static_cast<std::uint8_t>(message.type))
      continue;
    const std::uint16_t suite = view.server_hello != nullptr ? view.server_hello->suite : 0;
    if (reads_well(message.type, message.raw, view.version, suite) == false)
      breaches.push_back(breach_by(message.from, view.at(i),
                                   "the " + std::string(name(message.from)) + "'s " + std::string(name(message.type)) +
                                       " of " + std::to_string(message.bytes) + " bytes does not read as one"));
  }
}

void server_shows_certificate(const HandshakeView& view, Breaches& breaches) {
  const auto shown = certificate_of(view, Side::server);
  if (shown && is_empty_certificate(view, *shown) == true)
    breaches.push_back(breach_at(view.at(*shown), "the server's Certificate holds no certificate"));
}

/// RFC 5246 6.2.1: a record bears the version that is employed; in TLS 1.3 that of TLS 1.2 (RFC 8446 5.1). An alert may
/// come of a side that does not speak what was agreed on; and whoever writes captures by hand is not told it.
void records_bear_version(const HandshakeView& view, Breaches& breaches) {
  if (!view.cell.has_expectations || &view.handshake != first_handshake(view.connection)) return;
  const auto agreed = static_cast<std::uint16_t>(std::min(view.version, Version::tls12));
  for (std::size_t i = *view.handshake.server_hello + 1; i < view.handshake.end; ++i) {
    const Message& message = view.messages()[i];
    if (message.record_version == 0 || message.record_version == agreed || message.content == ContentType::alert)
      continue;
    breaches.push_back(breach_by(message.from, view.at(i),
                                 "the " + std::string(name(message.from)) + "'s " + std::string(name(message.type)) +
                                     " is in a record of version " + hex16(message.record_version) + ", and " +
                                     version_text(view.version) + " was agreed on"));
    return;
  }
}

bool has_heartbeat(const ConnectionView& view) {
  return std::any_of(view.messages().begin(), view.messages().end(),
                     [](const Message& message) { return message.type == MessageType::heartbeat; });
}

/// RFC 6520 2, 3: each side says in its hello whether it takes requests, and none may be sent in a handshake.
void heartbeat_agreed(const ConnectionView& connection_view, Breaches& breaches) {
  constexpr std::uint8_t peer_allowed_to_send = 1;
  constexpr std::uint8_t request = 1;
  const auto view = first_handshake_view(connection_view);
  const auto mode_of = [&](Side side) -> std::optional<std::uint8_t> {
    if (!view) return std::nullopt;
    for (const Block& block : extension_blocks(*view))
      if ((block.carrier == Carrier::client_hello) == (side == Side::client))
        if (const Bytes* mode = find(block.extensions, ext::heartbeat); mode != nullptr && mode->size() == 1)
          return mode->front();
    return std::nullopt;
  };
  for (std::size_t i = 0; i < connection_view.messages().size(); ++i) {
    const Message& message = connection_view.messages()[i];
    if (message.type != MessageType::heartbeat) continue;
    const bool asks = !message.raw.empty() && message.raw.front() == request;
    const bool agreed = mode_of(Side::client) && mode_of(Side::server);
    const bool in_handshake = view && (!view->completed() || i < std::max(*view->handshake.client_finished,
                                                                          *view->handshake.server_finished));
    const char* wrong = !agreed        ? "that was not agreed on"
                        : in_handshake ? "in the middle of the handshake"
                        : asks && mode_of(other(message.from)) != peer_allowed_to_send
                            ? "to a peer that takes no requests"
                            : nullptr;
    if (wrong == nullptr) continue;
    breaches.push_back(breach_by(message.from, connection_view.at(i),
                                 "the " + std::string(name(message.from)) + " sent a heartbeat " + wrong));
    return;
  }
}

constexpr Rule rules[] = {
    rule_about<below_13, in_order>(
        "rfc5246-7.3-in-order", Actor::either, "RFC 5246 7.3, 7.4, RFC 6066 8", Severity::must,
        "The messages of a handshake below TLS 1.3 are all there, each in its place.", Rests::on_order),
    rule_about<messages_read, bodies_read>("rfc5246-7.4-bodies-read", Actor::either, "RFC 5246 7.4, RFC 8446 4",
                                           Severity::must, "The content of a handshake message is that of its kind.",
                                           Rests::on_message),
    rule_about<messages_read, records_bear_version>(
        "rfc5246-6.2.1-record-version", Actor::either, "RFC 5246 6.2.1, RFC 8446 5.1", Severity::must,
        "From the ServerHello on each record bears the version that was agreed on, or that of TLS 1.2 for TLS 1.3.",
        Rests::on_message),
    rule_about<messages_read, server_shows_certificate>(
        "rfc5246-7.4.2-certificate-there", Actor::server, "RFC 5246 7.4.2, RFC 8446 4.4.2.4", Severity::must,
        "A server's Certificate holds at least one certificate.", Rests::on_message),
    rule_about<has_heartbeat, heartbeat_agreed>("rfc6520-3-heartbeat-agreed", Actor::either, "RFC 6520 2, 3",
                                                Severity::must,
                                                "Heartbeats pass only between those who agreed on them, and after the "
                                                "handshake."),
};

}  // namespace

std::span<const Rule> rfc5246_flight_rules() { return rules; }

}  // namespace ti

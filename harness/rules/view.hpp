#pragma once
// How rules look at an observation: connections with their number, handshakes with their hellos, tickets with their
// origin.
#include <algorithm>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "rules/registry.hpp"

namespace ti {

using Breaches = std::vector<Breach>;

/// ConnectionView is one connection of the cell with its number, counted from 1.
struct ConnectionView {
  const Observation& cell;
  std::size_t number;
  const ObservedConnection& connection;

  const std::vector<Message>& messages() const { return connection.transcript.messages; }
  Place at() const { return {.connection = number, .message = std::nullopt}; }
  /// A place in this connection; one past the last message is no message.
  Place at(std::size_t message) const;
  Place at(std::optional<std::size_t> message) const { return message ? at(*message) : at(); }

  /// What the harness did, not what it was to do.
  bool cut_by_harness() const { return connection.applied.cut; }
  bool flipped_by_harness() const { return connection.applied.flipped > 0; }
  /// The scenario made the client offer a certain ticket: what it offers is not its own choice.
  bool offer_forced() const { return connection.connect.offer_connection.has_value(); }
};

/// HandshakeView is one handshake where it stands. The hellos are nullptr when they were not seen or could not be read;
/// the version is then the connection's, or what the kinds of its messages tell.
struct HandshakeView : ConnectionView {
  const Handshake& handshake;
  const ClientHello* client_hello;
  const ServerHello* server_hello;
  Version version;

  bool tls13() const { return version == Version::tls13; }
  bool completed() const { return handshake.kind != HandshakeKind::failed; }
  std::size_t begin() const { return handshake.first_client_hello.value_or(handshake.client_hello); }
  /// The first message of that kind in this handshake, from index `from` on.
  std::optional<std::size_t> find(Side side, MessageType type, std::size_t from = 0) const;
  const NewSessionTicket* ticket(std::size_t message) const { return messages()[message].as<NewSessionTicket>(); }
};

/// Of the connections from a number on.
template <class Function>
void each_connection(const Observation& cell, Function function, std::size_t first_number = 1) {
  for (std::size_t i = first_number - 1; i < cell.connections.size(); ++i)
    function(ConnectionView{cell, i + 1, cell.connections[i]});
}

/// Whether `test` holds for a connection of this one's step, itself or another that the client made there.
template <class Test>
bool any_of_step(const ConnectionView& view, Test test) {
  return std::any_of(view.cell.connections.begin(), view.cell.connections.end(), [&](const ObservedConnection& each) {
    const bool together = !each.sole && !view.connection.sole && each.step == view.connection.step;
    return (&each == &view.connection || together) && test(each);
  });
}

/// Whether rules here speak of a version, or it is not known: they speak of neither drafts of TLS 1.3 nor SSL 3.0.
bool has_document(Version version);

/// A version for people: "TLS 1.2", "draft 28 of TLS 1.3", "version 0xfb1a".
std::string version_text(Version version);

/// The version that a connection agreed on, if it has no document here and its client offered it: it is named, and
/// nothing but the scenario is held against that connection.
std::optional<Version> foreign_version(const ConnectionView& view);

/// Whether the client offers TLS 1.3 itself, and not only drafts of it, so that its document binds the hello.
bool offers_tls13(const ClientHello& hello);

HandshakeView view_of(const ConnectionView& view, const Handshake& handshake);

/// The connection's first handshake, which is what the scenario and the two sides' words are about.
std::optional<HandshakeView> first_handshake_view(const ConnectionView& view);

template <class Function>
void each_handshake(const Observation& cell, Function function, std::size_t first_number = 1) {
  each_connection(
      cell,
      [&](const ConnectionView& view) {
        for (const Handshake& handshake : view.connection.handshakes) function(view_of(view, handshake));
      },
      first_number);
}

/// Origin is where a ticket was issued.
struct Origin {
  std::size_t connection;  ///< from 1
  std::size_t message;
  const NewSessionTicket* ticket;
  const Handshake* handshake;
};

/// The last NewSessionTicket with these bytes that came in a connection before number `before`.
std::optional<Origin> origin_of(const Observation& cell, const Bytes& ticket, std::size_t before);

/// Every NewSessionTicket with these bytes that came in a connection before number `before`, in order.
std::vector<Origin> origins_of(const Observation& cell, const Bytes& ticket, std::size_t before);

/// Every ticket that a hello offers: PSK identities, then extension 35 when it is not empty.
std::vector<const Bytes*> offers(const ClientHello& hello);

/// Whether a hello lists the PSK mode with a key share, the only one that most servers know (RFC 8446 4.2.9).
bool lists_psk_dhe(const ClientHello& hello);

/// Whether the connection's first hello could be read, and offers this ticket.
bool offers_ticket(const ConnectionView& view, const Bytes& ticket);

/// Whether the connection's first hello could be read, and offers no ticket at all.
bool offers_nothing(const ConnectionView& view);

/// Whether tickets may have passed in this connection that nobody could read: TLS 1.3 without its keys.
bool tickets_hidden(const ObservedConnection& connection);

/// Whether every ticket that any connection before number `before` brought is known, as the server sent it.
bool all_tickets_known(const Observation& cell, std::size_t before);

/// Time of a message, or of whatever the recording dates, on the cell's timeline.
Milliseconds moment(const ConnectionView& view, Instant at);
Milliseconds moment(const ConnectionView& view, std::size_t message);

/// Time from a ticket's coming to the hello of a handshake; nothing when the transcripts do not tell time.
std::optional<Milliseconds> age_at(const HandshakeView& view, const Origin& origin);

/// Whether a session resumed by ticket below TLS 1.3 has the master secret of the session that its ticket was issued
/// in; nothing when the key log does not tell both.
std::optional<bool> same_master_secret(const HandshakeView& view);

/// Whether an alert claims a fault in the peer's protocol (RFC 5246 7.2.2, RFC 8446 6.2), so that whoever sends it
/// after legal messages is at fault; internal_error is, by its own word, its sender's. All others may have a side's own
/// reasons: whom it trusts, what it is set up for, whom it lets in.
bool claims_fault(const Alert& alert);

/// The connection's first alert that ends it in error, if it could be read. One that was sent after the peer
/// had ended its stream may answer that end, and is none; unless the handshake was complete, and the alert claims a
/// fault that no end can be: then it answers what came before, and only came late.
std::optional<std::size_t> first_error_alert(const ObservedConnection& connection);

/// The first end of stream that is not the harness's doing; nullptr for none.
const TranscriptEnding* first_ending(const ObservedConnection& connection);

/// What the evidence lacks of a connection before message `end`, so that what is said of the rest may rest on a gap.
/// Nothing when all is there. With Rests::on_types, only what may be a message that nobody knows of.
std::optional<std::string> unread_before(const ConnectionView& view, std::size_t end, Rests rests = Rests::on_content);

/// RFC 8446 4.6.1: the longest that a ticket may live.
inline constexpr std::chrono::seconds longest_lifetime{604800};

/// The hash of a TLS 1.3 suite; nullptr for any other.
const char* hash_of(std::uint16_t suite);

/// The hash of the session that a PSK resumes; nullptr when the ticket was not seen being issued.
const char* hash_of(const HandshakeView& view, const PskIdentity& psk);

/// The PSK that the server selected, nullptr if it selected none of those offered.
const PskIdentity* selected_psk(const HandshakeView& view);

/// A duration for people: "15 s", "1.5 s", "7 d".
std::string duration_text(Milliseconds duration);
std::string at_text(const Observation& cell, std::size_t number);
std::string hex16(std::uint16_t number);

/// What a check has to say; the registry adds rule, severity and, unless the rule may be either's, the actor.
Breach breach_at(Place at, std::string reason);
Breach breach_by(Side actor, Place at, std::string reason);

template <class Subject, class Function>
void each(const Observation& cell, Function function, std::size_t first_number = 1) {
  if constexpr (std::is_same_v<Subject, ConnectionView>)
    each_connection(cell, function, first_number);
  else
    each_handshake(cell, function, first_number);
}

template <class Subject>
Subject subject_of(bool (*)(const Subject&));

/// A rule about handshakes (HandshakeView) or connections (ConnectionView): `Speaks` picks those that it is about,
/// `Test` appends a breach for each breach.
template <auto Speaks, auto Test>
constexpr Rule rule_about(std::string_view id, Actor actor, std::string_view section, Severity severity,
                          std::string_view sentence, Rests rests = Rests::on_content) {
  using Subject = decltype(subject_of(Speaks));
  return {id,
          section,
          sentence,
          [](const Observation& cell) {
            bool speaks = false;
            each<Subject>(cell, [&](const Subject& subject) { speaks = speaks || Speaks(subject); });
            return speaks;
          },
          [](const Observation& cell, Breaches& breaches, std::size_t first_number) {
            each<Subject>(
                cell,
                [&](const Subject& subject) {
                  if (Speaks(subject)) Test(subject, breaches);
                },
                first_number);
          },
          actor,
          severity,
          rests};
}

}  // namespace ti

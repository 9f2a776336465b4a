#include <cstdlib>
#include <cstring>

#include "rules/subjects.hpp"
#include "rules/view.hpp"

namespace ti {

namespace {

using std::chrono::seconds;

constexpr std::uint8_t psk_ke = 0;  ///< the mode without a key share

/// The extension had its number in drafts already: only a hello that offers TLS 1.3 itself is bound by its document.
bool offers_psk(const HandshakeView& view) {
  return view.client_hello != nullptr && !view.client_hello->psks.empty() && offers_tls13(*view.client_hello);
}

bool chooses_psk(const HandshakeView& view) { return offers_psk(view) && !view.offer_forced(); }

/// Calls test(psk, origin, age) for each identity whose ticket was seen being issued.
template <class Test>
void each_known_psk(const HandshakeView& view, Test test) {
  for (const PskIdentity& psk : view.client_hello->psks)
    if (const auto origin = origin_of(view.cell, psk.identity, view.number)) test(psk, *origin, age_at(view, *origin));
}

bool offers_known_psk(const HandshakeView& view) {
  bool known = false;
  if (offers_psk(view))
    each_known_psk(view, [&](const PskIdentity&, const Origin& origin, const auto&) {
      known = known || origin.ticket->age_add.has_value();
    });
  return known;
}

bool chooses_known_psk(const HandshakeView& view) { return !view.offer_forced() && offers_known_psk(view); }

Place hello_of(const HandshakeView& view) { return view.at(view.handshake.client_hello); }

std::string age_text(Milliseconds age) { return duration_text(std::chrono::floor<seconds>(age)) + " old"; }

void seven_days(const HandshakeView& view, Breaches& breaches) {
  constexpr seconds tolerance{2};
  each_known_psk(view, [&](const PskIdentity&, const Origin&, std::optional<Milliseconds> age) {
    if (age && *age > longest_lifetime + tolerance)
      breaches.push_back(
          breach_at(hello_of(view), "the client offered a ticket " + age_text(*age) + ", more than seven days"));
  });
}

/// Clocks of either side count whole seconds; none makes a second of no time at all.
void within_lifetime(const HandshakeView& view, Breaches& breaches) {
  each_known_psk(view, [&](const PskIdentity&, const Origin& origin, std::optional<Milliseconds> age) {
    const seconds lifetime{origin.ticket->lifetime};
    const seconds tolerance{lifetime.count() == 0 ? 1 : 2};
    if (age && *age > lifetime + tolerance)
      breaches.push_back(breach_at(hello_of(view), "the client offered a ticket " + age_text(*age) +
                                                       " whose lifetime was " + duration_text(lifetime)));
  });
}

void zero_lifetime_discarded(const HandshakeView& view, Breaches& breaches) {
  each_known_psk(view, [&](const PskIdentity&, const Origin& origin, const auto&) {
    if (origin.ticket->lifetime == 0)
      breaches.push_back(breach_at(
          hello_of(view),
          "the client offered a ticket that came with lifetime 0 in connection " + std::to_string(origin.connection)));
  });
}

/// Claim is the age that a client claims of a ticket, and what it may honestly be.
struct Claim {
  std::int64_t ms;
  Milliseconds least;  ///< from the last sign of life of the ticket's connection, for a client may read it late
  Milliseconds most;   ///< from the begin of that connection
};

/// What is claimed is known modulo 2^32 ms, seven weeks: that nearest to the truth is meant.
Claim claim_of(const HandshakeView& view, const PskIdentity& psk, const Origin& origin, Milliseconds age) {
  const ConnectionView issuing{view.cell, origin.connection, view.cell.connections[origin.connection - 1]};
  Instant last = issuing.messages().back().at;
  for (const TranscriptEnding& ending : issuing.connection.transcript.endings) last = std::max(last, ending.at);
  const std::uint32_t claimed = psk.obfuscated_ticket_age - *origin.ticket->age_add;
  const auto beside = static_cast<std::int32_t>(claimed - static_cast<std::uint32_t>(age.count()));
  return {.ms = age.count() + beside,
          .least = view.connection.at - moment(issuing, last),
          .most = moment(view, view.handshake.client_hello) - issuing.connection.at};
}

/// Some libraries count in whole seconds: what they claim may be up to two seconds too little (OpenSSL takes one off,
/// to be sure) or up to one too much. Others have one of the two times in whole seconds, and claim up to one too much.
/// What passes between a step's begin and its first byte is the machine's, and of what came from elsewhere we know
/// less.
bool honest(const Claim& claim, bool our_own_tap) {
  constexpr Milliseconds second{1000};
  const Milliseconds slack = our_own_tap ? second / 2 : 5 * second;
  const bool whole_seconds = claim.ms % second.count() == 0;
  const Milliseconds said{claim.ms};
  return said >= claim.least - slack - (whole_seconds ? 2 * second : Milliseconds{0}) &&
         said <= claim.most + slack + second;
}

/// A ticket that came several times may be as old as any of them.
void obfuscated_age(const HandshakeView& view, Breaches& breaches) {
  const auto fits = [&](const PskIdentity& psk, const Origin& origin) {
    const auto age = age_at(view, origin);
    return !age || !origin.ticket->age_add || honest(claim_of(view, psk, origin, *age), view.cell.by_our_tap);
  };
  each_known_psk(view, [&](const PskIdentity& psk, const Origin& origin, std::optional<Milliseconds> age) {
    const std::vector<Origin> origins = origins_of(view.cell, psk.identity, view.number);
    if (std::any_of(origins.begin(), origins.end(), [&](const Origin& each) { return fits(psk, each); })) return;
    breaches.push_back(breach_at(hello_of(view), "the client claims that its ticket is " +
                                                     std::to_string(claim_of(view, psk, origin, *age).ms) +
                                                     " ms old; it is " + std::to_string(age->count()) + " ms old"));
  });
}

void psk_last(const HandshakeView& view, Breaches& breaches) {
  const auto& extensions = view.client_hello->extensions;
  if (!extensions.empty() && extensions.back().type != ext::pre_shared_key)
    breaches.push_back(breach_at(hello_of(view), "extension " + std::to_string(extensions.back().type) +
                                                     " stands after pre_shared_key, which must be the last"));
}

void modes_present(const HandshakeView& view, Breaches& breaches) {
  if (!view.client_hello->psk_modes_present)
    breaches.push_back(breach_at(hello_of(view), "the client offers a PSK without psk_key_exchange_modes"));
}

void key_share_beside(const HandshakeView& view, Breaches& breaches) {
  if (!view.client_hello->key_share)
    breaches.push_back(breach_at(
        hello_of(view), "the client offers a PSK without a key share, so that the server cannot refuse it in peace"));
}

void only_issued(const HandshakeView& view, Breaches& breaches) {
  if (view.flipped_by_harness() || !all_tickets_known(view.cell, view.number)) return;
  for (const PskIdentity& psk : view.client_hello->psks)
    if (!origin_of(view.cell, psk.identity, view.number + 1))
      breaches.push_back(breach_at(hello_of(view), "the client offered a PSK identity of " +
                                                       std::to_string(psk.identity.size()) +
                                                       " bytes that no server had given it"));
}

void one_place(const HandshakeView& view, Breaches& breaches) {
  const ClientHello& hello = *view.client_hello;
  for (const PskIdentity& psk : hello.psks)
    if (hello.ticket == psk.identity)
      breaches.push_back(breach_at(
          hello_of(view), "the client offers one and the same ticket as PSK and in the SessionTicket extension"));
}

void suite_of_hash(const HandshakeView& view, Breaches& breaches) {
  for (const PskIdentity& psk : view.client_hello->psks) {
    const char* hash = hash_of(view, psk);
    const auto& suites = view.client_hello->suites;
    if (hash != nullptr && std::none_of(suites.begin(), suites.end(), [&](std::uint16_t suite) {
          const char* offered = hash_of(suite);
          return offered != nullptr && std::strcmp(offered, hash) == 0;
        }))
      breaches.push_back(breach_at(hello_of(view), std::string("the client offers a ticket of a session with ") + hash +
                                                       " and no suite of that hash"));
  }
}

/// Which of the three things that a client checks of a selected PSK does not fit; nullptr when all do.
const char* wrong_selection(const HandshakeView& view) {
  const ServerHello& hello = *view.server_hello;
  const auto& modes = view.client_hello->psk_modes;
  if (!hello.selected_psk) return nullptr;
  const PskIdentity* psk = selected_psk(view);
  if (psk == nullptr) return "selected a PSK it had not offered";
  const char* issued = hash_of(view, *psk);
  const char* now = hash_of(hello.suite);
  if (issued != nullptr && now != nullptr && std::strcmp(issued, now) != 0)
    return "selected a suite of another hash than the PSK's";
  const bool may_go_without = std::find(modes.begin(), modes.end(), psk_ke) != modes.end();
  return hello.key_share || may_go_without ? nullptr : "took the PSK without the key share that its modes ask for";
}

void selection_checked(const HandshakeView& view, Breaches& breaches) {
  const char* wrong = wrong_selection(view);
  const auto finished = view.find(Side::client, MessageType::finished);
  if (wrong != nullptr && finished)
    breaches.push_back(
        breach_at(view.at(*finished), std::string("the client finished the handshake though the server ") + wrong));
}

bool agreed_13(const ConnectionView& view) { return view.connection.transcript.version == Version::tls13; }

void no_renegotiation(const ConnectionView& view, Breaches& breaches) {
  const auto& handshakes = view.connection.handshakes;
  if (handshakes.size() > 1)
    breaches.push_back(breach_at(view.at(view_of(view, handshakes[1]).begin()),
                                 "the client sent another ClientHello in a connection of TLS 1.3"));
}

bool answered_13(const HandshakeView& view) {
  return view.tls13() && view.server_hello != nullptr && view.client_hello != nullptr;
}

void same_server_name(const HandshakeView& view, Breaches& breaches) {
  each_known_psk(view, [&](const PskIdentity&, const Origin& origin, const auto&) {
    const ObservedConnection& issuing = view.cell.connections[origin.connection - 1];
    const auto* hello = issuing.transcript.messages[origin.handshake->client_hello].as<ClientHello>();
    if (hello != nullptr && hello->server_name != view.client_hello->server_name)
      breaches.push_back(breach_at(hello_of(view), "the client offers a ticket it got as a client of \"" +
                                                       hello->server_name.value_or("") + "\" when it asks for \"" +
                                                       view.client_hello->server_name.value_or("") + "\""));
  });
}

void single_use(const HandshakeView& view, Breaches& breaches) {
  for (std::size_t number = 1; number < view.number; ++number) {
    const ObservedConnection& before = view.cell.connections[number - 1];
    const Handshake* handshake = first_handshake(before);
    if (handshake == nullptr) continue;
    const auto* hello = before.transcript.messages[handshake->client_hello].as<ClientHello>();
    if (hello == nullptr) continue;
    for (const PskIdentity& psk : view.client_hello->psks)
      if (std::any_of(hello->psks.begin(), hello->psks.end(),
                      [&](const PskIdentity& used) { return used.identity == psk.identity; })) {
        breaches.push_back(
            breach_at(hello_of(view),
                      "the client offered a ticket that it had already used in connection " + std::to_string(number)));
        return;
      }
  }
}

void dropped_after_alert(const HandshakeView& view, Breaches& breaches) {
  each_known_psk(view, [&](const PskIdentity&, const Origin& origin, const auto&) {
    const ObservedConnection& issuing = view.cell.connections[origin.connection - 1];
    if (const auto alert = first_error_alert(issuing))
      breaches.push_back(
          breach_at(hello_of(view), "the client offered a ticket of connection " + std::to_string(origin.connection) +
                                        ", which had ended with the alert " +
                                        alert_name(issuing.transcript.messages[*alert].as<Alert>()->description)));
  });
}

constexpr Rule rules[] = {
    rule_about<offers_psk, psk_last>("rfc8446-4.2.11-psk-last", Actor::client, "RFC 8446 4.2.11, RFC 9846 4.3.11",
                                     Severity::must, "pre_shared_key is the last extension of a ClientHello.",
                                     Rests::on_message),
    rule_about<offers_psk, modes_present>("rfc8446-4.2.9-modes-present", Actor::client,
                                          "RFC 8446 4.2.9, RFC 9846 4.3.9", Severity::must,
                                          "Who offers a PSK also sends psk_key_exchange_modes.", Rests::on_message),
    rule_about<offers_psk, key_share_beside>("rfc8446-2.2-key-share", Actor::client, "RFC 8446 2.2, RFC 9846 2.2",
                                             Severity::should, "A client that offers a PSK sends a key share as well."),
    rule_about<offers_psk, only_issued>("rfc8446-4.6.1-only-issued-tickets", Actor::client,
                                        "RFC 8446 4.6.1, RFC 9846 4.7.1", Severity::must,
                                        "A client offers the ticket it was given, byte for byte."),
    rule_about<offers_psk, one_place>("rfc8446-4.6.1-one-place", Actor::client,
                                      "RFC 8446 4.2.11, 4.6.1, RFC 9846 4.3.11, 4.7.1", Severity::should,
                                      "A ticket of TLS 1.3 is offered as PSK, not in the SessionTicket extension "
                                      "too."),
    rule_about<chooses_known_psk, seven_days>("rfc8446-4.6.1-seven-days", Actor::client,
                                              "RFC 8446 4.6.1, RFC 9846 4.7.1", Severity::must,
                                              "A client keeps no ticket beyond seven days."),
    rule_about<chooses_known_psk, within_lifetime>("rfc8446-4.2.11.1-lifetime", Actor::client,
                                                   "RFC 8446 4.2.11.1, RFC 9846 4.3.11.1", Severity::must,
                                                   "A client offers no ticket that is older than its lifetime."),
    rule_about<chooses_known_psk, zero_lifetime_discarded>("rfc8446-4.6.1-lifetime-zero", Actor::client,
                                                           "RFC 8446 4.6.1, RFC 9846 4.7.1", Severity::should,
                                                           "A client throws a ticket of lifetime 0 away at once."),
    rule_about<offers_known_psk, obfuscated_age>(
        "rfc8446-4.2.11.1-age", Actor::client, "RFC 8446 4.2.11, 4.2.11.1, RFC 9846 4.3.11, 4.3.11.1", Severity::must,
        "The age that a client claims, less ticket_age_add, is the ticket's age in milliseconds."),
    rule_about<offers_known_psk, suite_of_hash>("rfc8446-4.6.1-suite-of-hash", Actor::client,
                                                "RFC 8446 4.6.1, RFC 9846 4.7.1", Severity::should,
                                                "A client that offers a ticket offers a suite of that session's "
                                                "hash."),
    rule_about<answered_13, selection_checked>("rfc8446-4.2.11-selection-checked", Actor::client,
                                               "RFC 8446 4.2.11, RFC 9846 4.3.11", Severity::must,
                                               "A client aborts when the server selects a PSK it did not offer, a "
                                               "suite of another hash, or no key share where it needs one."),
    rule_about<agreed_13, no_renegotiation>(
        "rfc8446-4.1.2-no-renegotiation", Actor::client, "RFC 8446 4.1.2, RFC 9846 4.2.2", Severity::must,
        "A client sends no further ClientHello once TLS 1.3 is agreed.", Rests::on_order),
    rule_about<offers_known_psk, same_server_name>("rfc8446-4.6.1-same-server-name", Actor::client,
                                                   "RFC 8446 4.6.1, RFC 9846 4.7.1", Severity::should,
                                                   "A client resumes under the server name it had before."),
    rule_about<chooses_psk, single_use>("rfc8446-C.4-single-use", Actor::client, "RFC 8446 C.4, RFC 9846 C.4",
                                        Severity::should, "A client uses a ticket once."),
    rule_about<chooses_known_psk, dropped_after_alert>(
        "rfc8446-6.2-drop-after-alert", Actor::client, "RFC 8446 6.2, RFC 9846 6.2", Severity::should,
        "Tickets of a connection that ended with an error alert are dropped."),
};

}  // namespace

std::span<const Rule> rfc8446_client_rules() { return rules; }

}  // namespace ti

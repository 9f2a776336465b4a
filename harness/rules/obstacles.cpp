#include "rules/obstacles.hpp"

#include <cstring>

#include "rules/client_tickets.hpp"
#include "rules/hellos.hpp"
#include "rules/session.hpp"

namespace ti {

namespace {

constexpr std::chrono::seconds tolerance{1};

bool same_key(const Bytes& a, const Bytes& b) {
  constexpr std::size_t name_bytes = 16;
  return a.size() >= name_bytes && b.size() >= name_bytes && std::equal(a.begin(), a.begin() + name_bytes, b.begin());
}

/// The first ticket that the same process of the server sealed with the same key.
std::optional<Origin> first_of_key(const HandshakeView& view, const Bytes& ticket) {
  for (std::size_t number = 1; number < view.number; ++number) {
    if (view.cell.connections[number - 1].generation != view.connection.generation) continue;
    for (const Origin& issued : usable_tickets_of(view.cell, number))
      if (same_key(issued.ticket->ticket, ticket)) return issued;
  }
  return std::nullopt;
}

/// The handshake that brought a ticket.
HandshakeView issuing_of(const HandshakeView& view, const Origin& origin) {
  return view_of(ConnectionView{view.cell, origin.connection, view.cell.connections[origin.connection - 1]},
                 *origin.handshake);
}

/// Whether the ticket was sealed by a key that by the policy should no longer have sealed any, so that its early death
/// is the server's doing.
bool sealed_too_late(const HandshakeView& view, const Origin& origin) {
  const auto* renew_after = view.cell.policy.duration("renew_after");
  const auto first = first_of_key(view, origin.ticket->ticket);
  if (renew_after == nullptr || !first || !view.cell.server_logs_decisions) return false;
  const auto key = age_at(view, *first);
  const auto ticket = age_at(view, origin);
  return key && ticket && *key - *ticket > *renew_after + tolerance;
}

/// Whether every handshake that brought the ticket was left unfinished, so that nobody holds it for good.
bool never_received(const HandshakeView& view, const Bytes& ticket) {
  const std::vector<Origin> origins = origins_of(view.cell, ticket, view.number);
  return std::all_of(origins.begin(), origins.end(), [&](const Origin& origin) {
    const Receipt receipt = receipt_of(view.cell, origin);
    return receipt == Receipt::unfinished || receipt == Receipt::refused;
  });
}

/// Whether a key has reached an age that the policy sets.
Known has_passed(const std::chrono::seconds* limit, const KeyAge& age) {
  if (limit == nullptr) return Known::unknown;
  if (age.at_least && *age.at_least >= *limit + tolerance) return Known::yes;
  return age.at_most && *age.at_most + tolerance < *limit ? Known::no : Known::unknown;
}

std::optional<Obstacle> by_policy(const HandshakeView& view, const Origin& origin) {
  if (alive_by_policy(view, origin.ticket->ticket) != Known::no) return std::nullopt;
  const std::string what = "whose key is dead by the server's policy";
  if (sealed_too_late(view, origin))
    return Obstacle{Side::server, what + ", and was too old to seal it in the first place"};
  return Obstacle{std::nullopt, what};
}

/// RFC 5246 7.2.2, RFC 8446 6.2: a session that an error alert ended is one to forget, for the server as well.
std::optional<Obstacle> by_alert(const HandshakeView& view, const Origin& origin) {
  for (std::size_t number = origin.connection; number < view.number; ++number) {
    const ConnectionView before{view.cell, number, view.cell.connections[number - 1]};
    if (first_error_alert(before.connection) &&
        (number == origin.connection || offers_ticket(before, origin.ticket->ticket)))
      return Obstacle{std::nullopt, "which an error alert had ended in connection " + std::to_string(number)};
  }
  return std::nullopt;
}

/// RFC 6066 3, RFC 8446 4.6.1: a session goes on under the name that it was begun with.
std::optional<Obstacle> by_name(const HandshakeView& view, const HandshakeView& issuing) {
  if (issuing.client_hello->server_name == view.client_hello->server_name) return std::nullopt;
  return Obstacle{Side::client, "which came under another server name"};
}

bool lists(const std::vector<std::uint16_t>& suites, std::uint16_t suite) {
  return std::find(suites.begin(), suites.end(), suite) != suites.end();
}

bool asks_extended(const ClientHello& hello) { return find(hello.extensions, ext::extended_master_secret) != nullptr; }

/// RFC 7627 5.3: only where the server shows, here or before, that it knows the extension.
std::optional<Obstacle> by_extended_master_secret(const HandshakeView& view, const HandshakeView& issuing,
                                                  const Session& session) {
  const bool asks = asks_extended(*view.client_hello);
  if (session.extended_master_secret && !asks)
    return Obstacle{Side::client, "which used the extended master secret that the ClientHello no longer asks for"};
  if (session.extended_master_secret || !asks || !knows_extended_master_secret(view)) return std::nullopt;
  if (asks_extended(*issuing.client_hello))
    return Obstacle{Side::server, "for which the server had left out the extended master secret that it knows"};
  return Obstacle{Side::client, "which did not use the extended master secret that the ClientHello now asks for"};
}

std::optional<Obstacle> below_13(const HandshakeView& view, const HandshakeView& issuing) {
  const auto session = session_offered(view);
  if (!session) return std::nullopt;
  if (!may_resume(*view.client_hello, *session))
    return Obstacle{Side::client, "whose version the ClientHello no longer offers"};
  if (!lists(view.client_hello->suites, session->suite))
    return Obstacle{Side::client, "whose cipher suite the ClientHello no longer offers"};
  return by_extended_master_secret(view, issuing, *session);
}

bool offers_hash(const ClientHello& hello, const char* hash) {
  return std::any_of(hello.suites.begin(), hello.suites.end(), [&](std::uint16_t suite) {
    const char* offered = hash_of(suite);
    return offered != nullptr && std::strcmp(offered, hash) == 0;
  });
}

std::optional<Obstacle> in_13(const HandshakeView& view, const HandshakeView& issuing) {
  const char* hash = hash_of(issuing.connection.transcript.suite);
  const ClientHello& hello = *view.client_hello;
  const ClientHello& before = *issuing.client_hello;
  if (hash != nullptr && !offers_hash(hello, hash))
    return Obstacle{Side::client, "whose hash no suite of the ClientHello has"};
  const char* chosen = view.server_hello == nullptr ? nullptr : hash_of(view.server_hello->suite);
  if (hash != nullptr && chosen != nullptr && std::strcmp(hash, chosen) != 0 && hello.suites != before.suites)
    return Obstacle{std::nullopt, "whose hash the suite does not have that was chosen of a changed list"};
  if (!lists_psk_dhe(hello) && lists_psk_dhe(before))
    return Obstacle{Side::client, "for which the ClientHello no longer lists the mode with a key share"};
  return std::nullopt;
}

}  // namespace

KeyAge key_age_at(const HandshakeView& view, const Bytes& ticket) {
  const auto first = first_of_key(view, ticket);
  const auto origins = origins_of(view.cell, ticket, view.number);
  const auto by_name = first ? age_at(view, *first) : std::nullopt;
  const auto by_ticket = origins.empty() ? std::nullopt : age_at(view, origins.front());
  return {view.cell.server_logs_decisions ? by_name : by_ticket,
          all_tickets_known(view.cell, view.number) ? by_name : std::nullopt};
}

Known alive_by_policy(const HandshakeView& view, const Bytes& ticket) {
  const auto origin = origin_of(view.cell, ticket, view.number);
  if (origin && view.cell.connections[origin->connection - 1].generation != view.connection.generation)
    return Known::no;
  const Known past = has_passed(view.cell.policy.duration("expire_after"), key_age_at(view, ticket));
  if (past == Known::unknown) return past;
  return past == Known::yes ? Known::no : Known::yes;
}

Known renewal_due(const HandshakeView& view, const Bytes& ticket) {
  return has_passed(view.cell.policy.duration("renew_after"), key_age_at(view, ticket));
}

std::optional<Obstacle> obstacle_to(const HandshakeView& view, const Bytes& ticket) {
  const auto origin = origin_of(view.cell, ticket, view.number);
  if (!origin)
    return Obstacle{all_tickets_known(view.cell, view.number) ? std::optional(Side::client) : std::nullopt,
                    "which was not seen being issued"};
  const HandshakeView issuing = issuing_of(view, *origin);
  if (never_received(view, ticket)) return Obstacle{Side::client, "whose handshake had not been completed"};
  if (view.client_hello == nullptr || issuing.client_hello == nullptr)
    return Obstacle{std::nullopt, "and its ClientHello could not be read"};
  if (auto dead = by_policy(view, *origin)) return dead;
  if (auto ended = by_alert(view, *origin)) return ended;
  if (auto renamed = by_name(view, issuing)) return renamed;
  return issuing.tls13() ? in_13(view, issuing) : below_13(view, issuing);
}

bool any_may_go_on(const HandshakeView& view) {
  const std::vector<const Bytes*> offered = offers(*view.client_hello);
  return std::any_of(offered.begin(), offered.end(), [&](const Bytes* ticket) {
    const auto origin = origin_of(view.cell, *ticket, view.number);
    if (!origin || obstacle_to(view, *ticket)) return false;
    const auto age = age_at(view, *origin);
    return ask_alike(*issuing_of(view, *origin).client_hello, *view.client_hello) && age &&
           *age + tolerance < std::chrono::seconds(origin->ticket->lifetime);
  });
}

}  // namespace ti

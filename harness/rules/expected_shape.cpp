#include "rules/expected_shape.hpp"

#include "rules/conduct.hpp"
#include "rules/keeping.hpp"
#include "rules/obstacles.hpp"

namespace ti {

namespace {

bool is_name(const std::string& word) { return word != "none" && word != "any"; }

/// The connection, of those before number `before`, that last gave a ticket this name; 0 if none did.
std::size_t bearer_of(const Observation& cell, const std::string& name, std::size_t before) {
  for (std::size_t number = before - 1; number >= 1; --number)
    if (cell.connections[number - 1].expect.new_ticket == name && !usable_tickets_of(cell, number).empty())
      return number;
  return 0;
}

/// What a ticket is called: its name in the scenario, and where it came from.
std::string describe(const Observation& cell, std::size_t connection) {
  const auto& name = cell.connections[connection - 1].expect.new_ticket;
  const bool named = name && is_name(*name) && bearer_of(cell, *name, cell.connections.size() + 1) == connection;
  return (named ? *name : "the ticket of connection " + std::to_string(connection)) + " (issued " +
         at_text(cell, connection) + ")";
}

std::string describe_offer(const Exchange& exchange) {
  if (exchange.client_hello == nullptr) return "what nobody could read";
  const std::vector<const Bytes*> offered = offers(*exchange.client_hello);
  if (offered.empty()) return "no ticket";
  for (const Bytes* ticket : offered)
    if (const auto origin = origin_of(exchange.cell, *ticket, exchange.number))
      return describe(exchange.cell, origin->connection);
  return "a ticket that was not seen being issued";
}

// --- what is offered -------------------------------------------------------------------------------------------------

/// Offer is how what a client offers stands to what the scenario wants.
struct Offer {
  enum class State : std::uint8_t {
    as_wanted,
    otherwise,  ///< the client's breach
    excused,    ///< it need not, or could not, offer that
    unknown
  };
  State state = State::as_wanted;
  std::optional<Origin> outlived;  ///< excused by this ticket's lifetime
};
using State = Offer::State;

Offer by_duty(const Owing& owing) {
  switch (owing.duty) {
    case Duty::owed:
      return {State::otherwise, std::nullopt};
    case Duty::unknown:
      return {State::unknown, std::nullopt};
    case Duty::free:
    case Duty::outlived:
      break;
  }
  return {State::excused, owing.outlived};
}

/// Of a client that offers nothing and was wanted to offer something.
Offer offering_nothing(const Exchange& exchange) {
  if (tickets_hidden_before(exchange)) return {State::unknown, std::nullopt};
  return by_duty(owing_of(exchange, latest_tickets(exchange)));
}

/// Of a client that was wanted to offer nothing. What it was given, and nothing asks it to drop, it may offer, unless
/// it was told not to.
Offer wanted_none(const Exchange& exchange, const std::vector<const Bytes*>& offered) {
  if (offered.empty()) return {State::as_wanted, std::nullopt};
  if (exchange.connection.connect.offer == "none") return {State::otherwise, std::nullopt};
  Offer offer{State::excused, std::nullopt};
  for (const Bytes* ticket : offered) {
    const auto origin = origin_of(exchange.cell, *ticket, exchange.number);
    const Duty unseen = tickets_hidden_before(exchange) ? Duty::unknown : Duty::free;
    const Duty duty = origin ? duty_of(exchange, *origin) : unseen;
    if (duty == Duty::unknown)
      offer.state = State::unknown;
    else if (duty != Duty::owed)
      return {State::otherwise, std::nullopt};
  }
  return offer;
}

bool any_of_them(const std::vector<const Bytes*>& offered, const std::vector<Origin>& tickets) {
  return std::any_of(offered.begin(), offered.end(), [&](const Bytes* each) {
    return std::any_of(tickets.begin(), tickets.end(),
                       [&](const Origin& ticket) { return ticket.ticket->ticket == *each; });
  });
}

/// Of a client that offers no ticket of that name, though one bears it.
Offer without_the_named(const Exchange& exchange, const std::vector<Origin>& named, bool offers_something) {
  const std::vector<Origin> latest = latest_tickets(exchange);
  const bool newer = !latest.empty() && latest.front().connection > named.back().connection;
  if (exchange.offer_forced() || !newer) return by_duty(owing_of(exchange, named));
  return offers_something ? Offer{State::excused, std::nullopt} : by_duty(owing_of(exchange, latest));
}

Offer offer_of(const Exchange& exchange, const std::string& wanted) {
  if (exchange.client_hello == nullptr) return {State::unknown, std::nullopt};
  const std::vector<const Bytes*> offered = offers(*exchange.client_hello);
  if (wanted == "none") return wanted_none(exchange, offered);
  if (wanted == "any") return offered.empty() ? offering_nothing(exchange) : Offer{};
  const std::size_t bearer = bearer_of(exchange.cell, wanted, exchange.number);
  if (bearer != 0) {
    const std::vector<Origin> named = usable_tickets_of_step(exchange.cell, bearer, exchange.number);
    if (any_of_them(offered, named)) return {};
    if (tickets_hidden_before(exchange)) return {State::unknown, std::nullopt};
    return without_the_named(exchange, named, !offered.empty());
  }
  return {tickets_hidden_before(exchange) ? State::unknown : State::excused, std::nullopt};
}

Answer blame(Side actor, Place place, std::string reason) { return {breach_by(actor, place, std::move(reason)), {}}; }

Answer doubt(std::string what) { return {std::nullopt, std::move(what)}; }

/// A client that keeps to a ticket's lifetime does not offer it. Where the policy has the ticket live on, it is the
/// server that gave it too short a one.
Answer blame_lifetime(const Exchange& exchange, const Origin& ticket) {
  const auto age = age_at(exchange, ticket);
  const bool in_time = !age || *age <= longest_lifetime;
  if (!in_time || alive_by_policy(exchange, ticket.ticket->ticket) == Known::no) return {};
  const std::string life = duration_text(std::chrono::seconds(ticket.ticket->lifetime));
  return blame(Side::server, {ticket.connection, ticket.message},
               "the server gave its ticket a lifetime of " + life +
                   ", so that the client rightly did not offer it in connection " + std::to_string(exchange.number) +
                   ", where the scenario expects it");
}

std::string unknown_offer(const Exchange& exchange) {
  const std::string number = std::to_string(exchange.number);
  if (exchange.client_hello == nullptr)
    return "the ClientHello of connection " + number + " could not be read, so that what it offers is not known";
  return "whether the client of connection " + number +
         " offered what it should could not be seen: of tickets that came before it is not known what they are, or "
         "whether the client has them";
}

// --- handshake -------------------------------------------------------------------------------------------------------

/// The first ticket of a hello that the server should have resumed by; else why it rightly did not.
std::optional<Obstacle> obstacle_to_any(const Exchange& exchange) {
  std::optional<Obstacle> first;
  for (const Bytes* ticket : offers(*exchange.client_hello)) {
    std::optional<Obstacle> obstacle = obstacle_to(exchange, *ticket);
    if (!obstacle) return std::nullopt;
    if (!first) first = std::move(obstacle);
  }
  return first;
}

bool all_dead_by_policy(const Exchange& exchange) {
  const std::vector<const Bytes*> offered = offers(*exchange.client_hello);
  return std::all_of(offered.begin(), offered.end(),
                     [&](const Bytes* ticket) { return alive_by_policy(exchange, *ticket) == Known::no; });
}

bool any_alive_by_policy(const Exchange& exchange) {
  const std::vector<const Bytes*> offered = offers(*exchange.client_hello);
  return std::any_of(offered.begin(), offered.end(),
                     [&](const Bytes* ticket) { return alive_by_policy(exchange, *ticket) == Known::yes; });
}

/// Whether a client that was free to choose left a ticket at home that it has, and that is newer than what it offers.
bool offers_stale(const Exchange& exchange) {
  const std::vector<Origin> latest = latest_tickets(exchange);
  return !exchange.offer_forced() && !any_of_them(offers(*exchange.client_hello), latest) &&
         owing_of(exchange, latest).duty == Duty::owed;
}

std::string shapes(const Exchange& exchange, HandshakeKind expected) {
  return "the handshake was " + std::string(name(exchange.handshake.kind)) + ", should have been " +
         std::string(name(expected)) + ", the client having offered " + describe_offer(exchange);
}

Answer full_instead_of_resumed(const Exchange& exchange, const std::string& wanted) {
  const Offer offer = offer_of(exchange, wanted.empty() ? "any" : wanted);
  const std::string reason = shapes(exchange, HandshakeKind::resumed);
  const bool nothing = exchange.client_hello != nullptr && offers(*exchange.client_hello).empty();
  if (offer.state == State::otherwise) return blame(Side::client, exchange.at(exchange.begin()), reason);
  if (nothing && offer.state == State::excused && offer.outlived) return blame_lifetime(exchange, *offer.outlived);
  if (exchange.client_hello == nullptr || (nothing && offer.state == State::unknown))
    return doubt(reason + ": " + unknown_offer(exchange));
  if (nothing) return {};
  const auto obstacle = obstacle_to_any(exchange);
  if (!obstacle) return blame(Side::server, exchange.at(exchange.handshake.server_hello), reason);
  const std::string why = reason + ": a session " + obstacle->what;
  if (obstacle->whose == Side::client || (!obstacle->whose && offers_stale(exchange)))
    return blame(Side::client, exchange.at(exchange.begin()), why);
  if (obstacle->whose) return blame(Side::server, exchange.at(exchange.handshake.server_hello), why);
  return all_dead_by_policy(exchange) && offer.state != State::unknown ? Answer{} : doubt(why);
}

Answer resumed_instead_of_full(const Exchange& exchange, const std::string& wanted) {
  const std::string reason = shapes(exchange, HandshakeKind::full);
  const Place at_server = exchange.at(exchange.handshake.server_hello);
  if (exchange.client_hello == nullptr) return doubt(reason);
  const State state = wanted.empty() ? State::as_wanted : offer_of(exchange, wanted).state;
  if (state == State::otherwise) return blame(Side::client, exchange.at(exchange.begin()), reason);
  const bool by_ticket = exchange.handshake.resumed_by == ResumedBy::ticket;
  if (!by_ticket || all_dead_by_policy(exchange)) return blame(Side::server, at_server, reason);
  if (state == State::excused) return {};
  if (state == State::unknown) return doubt(reason + ": " + unknown_offer(exchange));
  if (wanted.empty() && any_alive_by_policy(exchange))
    return doubt(reason + ", and by the server's policy that ticket is alive");
  return blame(Side::server, at_server, reason);
}

/// There is no session cache at the server: what is resumed is to be resumed by ticket.
Answer resumed_by_session_id(const Exchange& exchange, const std::string& wanted) {
  const bool owed = offer_of(exchange, wanted.empty() ? "any" : wanted).state == State::otherwise;
  return blame(owed ? Side::client : Side::server,
               exchange.at(owed ? exchange.begin() : exchange.handshake.server_hello),
               "the session was resumed by its session ID, should have been by ticket, the client having offered " +
                   describe_offer(exchange));
}

Answer not_failed(const Visit& visit, const Exchange& exchange) {
  const std::string reason = "the handshake completed, and should have failed";
  const Place place = visit.at(exchange.handshake.client_hello);
  if (const auto refuser = who_should_refuse(visit)) return blame(*refuser, place, reason);
  const State state = offer_of(exchange, visit.connection.expect.offered.value_or("any")).state;
  if (state == State::otherwise)
    return blame(Side::client, place, reason + ": the client offered nothing that the server could refuse");
  return state == State::unknown ? doubt(reason + ": " + unknown_offer(exchange)) : Answer{};
}

Answer failed(const Visit& visit, HandshakeKind expected) {
  const auto end = bad_end_of(visit);
  if (!end || !end->side) return {};
  return blame(*end->side, end->at,
               "the handshake failed, and should have been " + std::string(name(expected)) + ": " + end->what);
}

}  // namespace

Answer look_at_offer(const Visit& visit) {
  const auto exchange = first_exchange(visit);
  if (!exchange) return {};
  const std::string& wanted = *visit.connection.expect.offered;
  const Offer offer = offer_of(*exchange, wanted);
  if (offer.state == State::unknown) return doubt(unknown_offer(*exchange));
  if (offer.state == State::excused && offer.outlived) return blame_lifetime(*exchange, *offer.outlived);
  if (offer.state != State::otherwise) return {};
  std::string whom = wanted == "none" ? "none" : "one";
  if (is_name(wanted)) whom = describe(visit.cell, bearer_of(visit.cell, wanted, visit.number));
  return blame(Side::client, visit.at(exchange->begin()),
               "the client offered " + describe_offer(*exchange) + ", should have offered " + whom);
}

Answer look_at_handshake(const Visit& visit) {
  const HandshakeKind expected = *visit.connection.expect.handshake;
  const auto exchange = first_exchange(visit);
  const HandshakeKind seen = exchange ? exchange->handshake.kind : HandshakeKind::failed;
  const std::string wanted = visit.connection.expect.offered.value_or("");
  if (seen == HandshakeKind::failed) return expected == seen ? Answer{} : failed(visit, expected);
  if (expected == HandshakeKind::failed) return not_failed(visit, *exchange);
  if (expected == HandshakeKind::resumed && seen == HandshakeKind::full)
    return full_instead_of_resumed(*exchange, wanted);
  if (expected == HandshakeKind::full && seen == HandshakeKind::resumed)
    return resumed_instead_of_full(*exchange, wanted);
  if (seen == HandshakeKind::resumed && exchange->handshake.resumed_by != ResumedBy::ticket)
    return resumed_by_session_id(*exchange, wanted);
  return {};
}

bool shape_as_expected(const Visit& visit) {
  const auto& expected = visit.connection.expect.handshake;
  const Handshake* handshake = first_handshake(visit.connection);
  return !expected || (handshake != nullptr && handshake->kind == *expected);
}

std::optional<Side> who_should_refuse(const Visit& visit) {
  const DisturbPlan& disturb = visit.connection.connect.disturb;
  if (disturb.flip) return other(disturb.flip->from);
  return disturb.cut || !offers_nothing(visit) ? std::optional(Side::server) : std::nullopt;
}

}  // namespace ti

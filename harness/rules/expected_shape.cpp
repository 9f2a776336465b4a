#include "rules/expected_shape.hpp"

#include "rules/client_tickets.hpp"
#include "rules/endings.hpp"
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

std::string describe_offer(const HandshakeView& view) {
  if (view.client_hello == nullptr) return "what nobody could read";
  const std::vector<const Bytes*> offered = offers(*view.client_hello);
  if (offered.empty()) return "no ticket";
  for (const Bytes* ticket : offered)
    if (const auto origin = origin_of(view.cell, *ticket, view.number)) return describe(view.cell, origin->connection);
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
Offer offering_nothing(const HandshakeView& view) {
  if (tickets_hidden_before(view)) return {State::unknown, std::nullopt};
  return by_duty(owing_of(view, latest_tickets(view)));
}

/// Of a client that was wanted to offer nothing. What it was given, and nothing asks it to drop, it may offer, unless
/// it was told not to.
Offer wanted_none(const HandshakeView& view, const std::vector<const Bytes*>& offered) {
  if (offered.empty()) return {State::as_wanted, std::nullopt};
  if (view.connection.connect.offer == "none") return {State::otherwise, std::nullopt};
  Offer offer{State::excused, std::nullopt};
  for (const Bytes* ticket : offered) {
    const auto origin = origin_of(view.cell, *ticket, view.number);
    const Duty unseen = tickets_hidden_before(view) ? Duty::unknown : Duty::free;
    const Duty duty = origin ? duty_of(view, *origin) : unseen;
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
Offer without_the_named(const HandshakeView& view, const std::vector<Origin>& named, bool offers_something) {
  const std::vector<Origin> latest = latest_tickets(view);
  const bool newer = !latest.empty() && latest.front().connection > named.back().connection;
  if (view.offer_forced() || !newer) return by_duty(owing_of(view, named));
  return offers_something ? Offer{State::excused, std::nullopt} : by_duty(owing_of(view, latest));
}

Offer offer_of(const HandshakeView& view, const std::string& wanted) {
  if (view.client_hello == nullptr) return {State::unknown, std::nullopt};
  const std::vector<const Bytes*> offered = offers(*view.client_hello);
  if (wanted == "none") return wanted_none(view, offered);
  if (wanted == "any") return offered.empty() ? offering_nothing(view) : Offer{};
  const std::size_t bearer = bearer_of(view.cell, wanted, view.number);
  if (bearer != 0) {
    const std::vector<Origin> named = usable_tickets_of_step(view.cell, bearer, view.number);
    if (any_of_them(offered, named)) return {};
    if (tickets_hidden_before(view)) return {State::unknown, std::nullopt};
    return without_the_named(view, named, !offered.empty());
  }
  return {tickets_hidden_before(view) ? State::unknown : State::excused, std::nullopt};
}

Answer blame(Side actor, Place place, std::string reason) { return {breach_by(actor, place, std::move(reason)), {}}; }

Answer doubt(std::string what) { return {std::nullopt, std::move(what)}; }

/// A client that keeps to a ticket's lifetime does not offer it. Where the policy has the ticket live on, it is the
/// server that gave it too short a one.
Answer blame_lifetime(const HandshakeView& view, const Origin& ticket) {
  const auto age = age_at(view, ticket);
  const bool in_time = !age || *age <= longest_lifetime;
  if (!in_time || alive_by_policy(view, ticket.ticket->ticket) == Known::no) return {};
  const std::string life = duration_text(std::chrono::seconds(ticket.ticket->lifetime));
  return blame(Side::server, {ticket.connection, ticket.message},
               "the server gave its ticket a lifetime of " + life +
                   ", so that the client rightly did not offer it in connection " + std::to_string(view.number) +
                   ", where the scenario expects it");
}

std::string unknown_offer(const HandshakeView& view) {
  const std::string number = std::to_string(view.number);
  if (view.client_hello == nullptr)
    return "the ClientHello of connection " + number + " could not be read, so that what it offers is not known";
  return "whether the client of connection " + number +
         " offered what it should could not be seen: of tickets that came before it is not known what they are, or "
         "whether the client has them";
}

// --- handshake -------------------------------------------------------------------------------------------------------

/// The first ticket of a hello that the server should have resumed by; else why it rightly did not.
std::optional<Obstacle> obstacle_to_any(const HandshakeView& view) {
  std::optional<Obstacle> first;
  for (const Bytes* ticket : offers(*view.client_hello)) {
    std::optional<Obstacle> obstacle = obstacle_to(view, *ticket);
    if (!obstacle) return std::nullopt;
    if (!first) first = std::move(obstacle);
  }
  return first;
}

bool all_dead_by_policy(const HandshakeView& view) {
  const std::vector<const Bytes*> offered = offers(*view.client_hello);
  return std::all_of(offered.begin(), offered.end(),
                     [&](const Bytes* ticket) { return alive_by_policy(view, *ticket) == Known::no; });
}

bool any_alive_by_policy(const HandshakeView& view) {
  const std::vector<const Bytes*> offered = offers(*view.client_hello);
  return std::any_of(offered.begin(), offered.end(),
                     [&](const Bytes* ticket) { return alive_by_policy(view, *ticket) == Known::yes; });
}

/// Whether a client that was free to choose left a ticket at home that it has, and that is newer than what it offers.
bool offers_stale(const HandshakeView& view) {
  const std::vector<Origin> latest = latest_tickets(view);
  return !view.offer_forced() && !any_of_them(offers(*view.client_hello), latest) &&
         owing_of(view, latest).duty == Duty::owed;
}

std::string shapes(const HandshakeView& view, HandshakeKind expected) {
  return "the handshake was " + std::string(name(view.handshake.kind)) + ", should have been " +
         std::string(name(expected)) + ", the client having offered " + describe_offer(view);
}

Answer full_instead_of_resumed(const HandshakeView& view, const std::string& wanted) {
  const Offer offer = offer_of(view, wanted.empty() ? "any" : wanted);
  const std::string reason = shapes(view, HandshakeKind::resumed);
  const bool nothing = view.client_hello != nullptr && offers(*view.client_hello).empty();
  if (offer.state == State::otherwise) return blame(Side::client, view.at(view.begin()), reason);
  if (nothing && offer.state == State::excused && offer.outlived) return blame_lifetime(view, *offer.outlived);
  if (view.client_hello == nullptr || (nothing && offer.state == State::unknown))
    return doubt(reason + ": " + unknown_offer(view));
  if (nothing) return {};
  const auto obstacle = obstacle_to_any(view);
  if (!obstacle) return blame(Side::server, view.at(view.handshake.server_hello), reason);
  const std::string why = reason + ": a session " + obstacle->what;
  if (obstacle->whose == Side::client || (!obstacle->whose && offers_stale(view)))
    return blame(Side::client, view.at(view.begin()), why);
  if (obstacle->whose) return blame(Side::server, view.at(view.handshake.server_hello), why);
  return all_dead_by_policy(view) && offer.state != State::unknown ? Answer{} : doubt(why);
}

Answer resumed_instead_of_full(const HandshakeView& view, const std::string& wanted) {
  const std::string reason = shapes(view, HandshakeKind::full);
  const Place at_server = view.at(view.handshake.server_hello);
  if (view.client_hello == nullptr) return doubt(reason);
  const State state = wanted.empty() ? State::as_wanted : offer_of(view, wanted).state;
  if (state == State::otherwise) return blame(Side::client, view.at(view.begin()), reason);
  const bool by_ticket = view.handshake.resumed_by == ResumedBy::ticket;
  if (!by_ticket || all_dead_by_policy(view)) return blame(Side::server, at_server, reason);
  if (state == State::excused) return {};
  if (state == State::unknown) return doubt(reason + ": " + unknown_offer(view));
  if (wanted.empty() && any_alive_by_policy(view))
    return doubt(reason + ", and by the server's policy that ticket is alive");
  return blame(Side::server, at_server, reason);
}

/// There is no session cache at the server: what is resumed is to be resumed by ticket.
Answer resumed_by_session_id(const HandshakeView& view, const std::string& wanted) {
  const bool owed = offer_of(view, wanted.empty() ? "any" : wanted).state == State::otherwise;
  return blame(owed ? Side::client : Side::server, view.at(owed ? view.begin() : view.handshake.server_hello),
               "the session was resumed by its session ID, should have been by ticket, the client having offered " +
                   describe_offer(view));
}

Answer not_failed(const ConnectionView& connection_view, const HandshakeView& view) {
  const std::string reason = "the handshake completed, and should have failed";
  const Place place = connection_view.at(view.handshake.client_hello);
  if (const auto refuser = who_should_refuse(connection_view)) return blame(*refuser, place, reason);
  const State state = offer_of(view, connection_view.connection.expect.offered.value_or("any")).state;
  if (state == State::otherwise)
    return blame(Side::client, place, reason + ": the client offered nothing that the server could refuse");
  return state == State::unknown ? doubt(reason + ": " + unknown_offer(view)) : Answer{};
}

Answer failed(const ConnectionView& view, HandshakeKind expected) {
  const auto end = bad_end_of(view);
  if (!end || !end->side) return {};
  return blame(*end->side, end->at,
               "the handshake failed, and should have been " + std::string(name(expected)) + ": " + end->what);
}

}  // namespace

Answer look_at_offer(const ConnectionView& connection_view) {
  const auto view = first_handshake_view(connection_view);
  if (!view) return {};
  const std::string& wanted = *connection_view.connection.expect.offered;
  const Offer offer = offer_of(*view, wanted);
  if (offer.state == State::unknown) return doubt(unknown_offer(*view));
  if (offer.state == State::excused && offer.outlived) return blame_lifetime(*view, *offer.outlived);
  if (offer.state != State::otherwise) return {};
  std::string whom = wanted == "none" ? "none" : "one";
  if (is_name(wanted))
    whom = describe(connection_view.cell, bearer_of(connection_view.cell, wanted, connection_view.number));
  return blame(Side::client, connection_view.at(view->begin()),
               "the client offered " + describe_offer(*view) + ", should have offered " + whom);
}

Answer look_at_handshake(const ConnectionView& connection_view) {
  const HandshakeKind expected = *connection_view.connection.expect.handshake;
  const auto view = first_handshake_view(connection_view);
  const HandshakeKind seen = view ? view->handshake.kind : HandshakeKind::failed;
  const std::string wanted = connection_view.connection.expect.offered.value_or("");
  if (seen == HandshakeKind::failed) return expected == seen ? Answer{} : failed(connection_view, expected);
  if (expected == HandshakeKind::failed) return not_failed(connection_view, *view);
  if (expected == HandshakeKind::resumed && seen == HandshakeKind::full) return full_instead_of_resumed(*view, wanted);
  if (expected == HandshakeKind::full && seen == HandshakeKind::resumed) return resumed_instead_of_full(*view, wanted);
  if (seen == HandshakeKind::resumed && view->handshake.resumed_by != ResumedBy::ticket)
    return resumed_by_session_id(*view, wanted);
  return {};
}

bool shape_as_expected(const ConnectionView& view) {
  const auto& expected = view.connection.expect.handshake;
  const Handshake* handshake = first_handshake(view.connection);
  return !expected || (handshake != nullptr && handshake->kind == *expected);
}

std::optional<Side> who_should_refuse(const ConnectionView& view) {
  const DisturbPlan& disturb = view.connection.connect.disturb;
  if (disturb.flip) return other(disturb.flip->from);
  return disturb.cut || !offers_nothing(view) ? std::optional(Side::server) : std::nullopt;
}

}  // namespace ti

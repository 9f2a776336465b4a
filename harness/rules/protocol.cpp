// Rules of TLS itself without which those of tickets could not be judged: well-formed bytes, Finished, order.
#include "rules/subjects.hpp"
#include "rules/view.hpp"

namespace ti {

namespace {

bool undisturbed(const ConnectionView& view) { return !view.flipped_by_harness(); }

/// Whether a server answers a client that has spoken, and begun no TLS: then nothing asks it to speak TLS, either.
bool answers_no_tls(const ConnectionView& view, const Problem& problem) {
  const auto begin = view.messages().begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(std::min(problem.before_message, view.messages().size()));
  const auto is_client = [](const Message& message) { return message.from == Side::client; };
  return problem.from == Side::server && std::any_of(begin, end, is_client) &&
         std::all_of(begin, end, [&](const Message& message) {
           return is_client(message) && message.content == ContentType::alert;
         });
}

void well_formed(const ConnectionView& view, Breaches& breaches) {
  for (const Problem& problem : view.connection.transcript.problems)
    if (problem.malformed && !answers_no_tls(view, problem))
      breaches.push_back(breach_by(problem.from, view.at(problem.before_message),
                                   "the " + std::string(name(problem.from)) + "'s bytes at offset " +
                                       std::to_string(problem.offset) + ": " + problem.what));
}

void check_finished(const HandshakeView& view, Breaches& breaches, bool after_ticket) {
  const auto& tickets = view.handshake.new_tickets;
  for (std::size_t i = view.begin(); i < view.handshake.end; ++i) {
    const auto* finished = view.messages()[i].as<Finished>();
    if (finished == nullptr || finished->verified != false) continue;
    const bool ticket_before = !tickets.empty() && tickets.front() < i;
    if (ticket_before == after_ticket)
      breaches.push_back(breach_by(view.messages()[i].from, view.at(i),
                                   "the " + std::string(name(view.messages()[i].from)) +
                                       "'s Finished does not fit the messages that passed" +
                                       (after_ticket ? ", the NewSessionTicket among them" : "")));
  }
}

bool finished_seen(const HandshakeView& view) {
  if (view.flipped_by_harness()) return false;
  for (std::size_t i = view.begin(); i < view.handshake.end; ++i)
    if (const auto* finished = view.messages()[i].as<Finished>(); finished != nullptr && finished->verified)
      return true;
  return false;
}

bool finished_below_13(const HandshakeView& view) { return !view.tls13() && finished_seen(view); }
bool finished_13(const HandshakeView& view) { return view.tls13() && finished_seen(view); }
bool finished_with_ticket(const HandshakeView& view) {
  return finished_below_13(view) && !view.handshake.new_tickets.empty();
}

void finished_right(const HandshakeView& view, Breaches& breaches) { check_finished(view, breaches, false); }
void ticket_counted(const HandshakeView& view, Breaches& breaches) { check_finished(view, breaches, true); }

bool completed_below_13(const HandshakeView& view) {
  const Vantage vantage = view.connection.transcript.vantage;
  return view.completed() && !view.tls13() && (vantage == Vantage::wire || vantage == Vantage::untimed);
}

/// More than a protected HelloRequest can take: four bytes, IV, MAC and the longest padding.
constexpr std::size_t most_sealed_hello_request = 4 + 16 + 64 + 256;

/// Sealed records still show what they are and how long.
void nothing_after_finished(const HandshakeView& view, Breaches& breaches) {
  const std::size_t done = std::max(*view.handshake.client_finished, *view.handshake.server_finished);
  if (!view.handshake.new_tickets.empty() && view.handshake.new_tickets.back() > done) return;
  std::optional<std::size_t> sealed;
  for (std::size_t i = done + 1; i < view.handshake.end; ++i) {
    const Message& message = view.messages()[i];
    if (message.from == Side::client) {
      if (message.content == ContentType::handshake) return;
      continue;
    }
    if (message.content == ContentType::change_cipher_spec) {
      if (unread_before(view, i + 1, Rests::on_types)) return;  // it may answer a ClientHello that was missed
      breaches.push_back(
          breach_at(view.at(sealed.value_or(i)),
                    "after both sides had finished, the server began another flight of handshake messages "
                    "and ChangeCipherSpec of its own accord"));
      return;
    }
    if (message.type != MessageType::encrypted || message.content != ContentType::handshake) continue;
    if (!sealed) sealed = i;
    if (message.bytes > most_sealed_hello_request) {
      breaches.push_back(breach_at(view.at(i),
                                   "after both sides had finished, the server sent a protected handshake "
                                   "record of " +
                                       std::to_string(message.bytes) +
                                       " bytes: too long for a HelloRequest, all it may send there"));
      return;
    }
  }
}

/// Our own tap saw how the client began.
bool begun_in_sight(const ConnectionView& view) { return view.cell.by_our_tap && !view.messages().empty(); }

void hello_first(const ConnectionView& view, Breaches& breaches) {
  for (std::size_t i = 0; i < view.messages().size(); ++i) {
    const Message& message = view.messages()[i];
    const auto* alert = message.as<Alert>();
    if (message.from != Side::client || (alert != nullptr && alert->description == alert_close_notify)) continue;
    if (message.type != MessageType::client_hello)
      breaches.push_back(
          breach_by(Side::client, view.at(i),
                    "the client begins with " + std::string(name(message.type)) + " where a ClientHello should stand"));
    return;
  }
}

constexpr Rule rules[] = {
    rule_about<undisturbed, well_formed>("rfc5246-6-well-formed", Actor::either, "RFC 5246 6, RFC 8446 5",
                                         Severity::must,
                                         "What either side sends are TLS records and messages that can be read."),
    rule_about<begun_in_sight, hello_first>("rfc5246-7.4.1.2-hello-first", Actor::client,
                                            "RFC 5246 7.4.1.2, RFC 8446 4.1.2", Severity::must,
                                            "A client begins with a ClientHello.", Rests::on_order),
    rule_about<finished_below_13, finished_right>(
        "rfc5246-7.4.9-finished", Actor::either, "RFC 5246 7.4.9", Severity::must,
        "Each side's Finished fits the handshake messages that passed before it."),
    rule_about<finished_with_ticket, ticket_counted>(
        "rfc5077-3.3-counted-in-finished", Actor::either, "RFC 5077 3.3", Severity::must,
        "The NewSessionTicket counts in the hash of each Finished that follows it."),
    rule_about<finished_13, finished_right>("rfc8446-4.4.4-finished", Actor::either, "RFC 8446 4.4.4, RFC 9846 4.5.3",
                                            Severity::must,
                                            "Each side's Finished fits the handshake messages that passed before "
                                            "it."),
    rule_about<completed_below_13, nothing_after_finished>(
        "rfc5246-7.4-nothing-after-finished", Actor::server, "RFC 5246 7.3, 7.4", Severity::must,
        "After both Finished a server begins nothing but a HelloRequest until the client sends a ClientHello.",
        Rests::on_types),
};

}  // namespace

std::span<const Rule> protocol_rules() { return rules; }

}  // namespace ti

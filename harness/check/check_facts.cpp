#include "check/check_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>

#include "wire/suites.hpp"

namespace ti {

namespace {

void want_version(const Attempt& attempt, std::string_view where) {
  const std::string version(name(attempt.wire.version));
  if (attempt.word.version && *attempt.word.version != version)
    throw CheckFailed(fmt::format("{}: it says version {}, the wire {}", where, *attempt.word.version, version));
}

void want_resumption(const Attempt& attempt, std::string_view where) {
  const HandshakeKind kind = attempt.handshakes.front().kind;
  if (attempt.word.resumed && *attempt.word.resumed != (kind == HandshakeKind::resumed))
    throw CheckFailed(fmt::format("{}: it says resumed: {}, the wire shows a {} handshake", where,
                                  *attempt.word.resumed, name(kind)));
}

void want_suite(const Attempt& attempt, std::string_view where) {
  const std::string suite = suite_name(attempt.wire.suite);
  if (attempt.word.cipher && plain_suite(*attempt.word.cipher) != plain_suite(suite))
    throw CheckFailed(fmt::format("{}: it says cipher {}, the wire {}", where, *attempt.word.cipher, suite));
}

void want_ticket_count(const Attempt& attempt, std::string_view where) {
  const std::size_t came = tickets_of(attempt).size();
  if (attempt.word.tickets_received.value_or(0) > came)
    throw CheckFailed(fmt::format("{}: it says that it received {} tickets, the wire shows {}", where,
                                  *attempt.word.tickets_received, came));
}

void want_response_bytes(const Attempt& attempt, std::string_view where) {
  std::size_t came = 0;
  for (const Message& message : attempt.wire.messages)
    if (message.from == Side::server && message.type == MessageType::application_data) came += message.bytes;
  const auto sealed = attempt.wire.sealed_records.find(Side::server);
  if (sealed != attempt.wire.sealed_records.end() && sealed->second > 0) return;  // some cannot be counted
  if (attempt.word.response_bytes && *attempt.word.response_bytes != came)
    throw CheckFailed(fmt::format("{}: it says that it received {} bytes, the wire shows {}", where,
                                  *attempt.word.response_bytes, came));
}

/// Below TLS 1.3 a resumption has the session ID that both hellos show or, where a library makes it from the ticket,
/// that one's digest. After a new ticket the choice is the client's (RFC 5077 3.4).
void want_session_id(const Attempt& attempt, std::string_view where) {
  const Handshake& handshake = attempt.handshakes.front();
  if (!attempt.word.session_id || attempt.wire.version == Version::tls13 || !handshake.server_hello) return;
  const auto& hello = *attempt.wire.messages[*handshake.server_hello].as<ServerHello>();
  if (hello.session_id.empty() || !tickets_of(attempt).empty()) return;
  std::string said = *attempt.word.session_id;
  std::transform(said.begin(), said.end(), said.begin(), [](unsigned char digit) { return std::tolower(digit); });
  if (said != to_hex(hello.session_id) && said != sha256_hex(offered_by(attempt)))
    throw CheckFailed(fmt::format("{}: it says session_id {}, the wire {}", where, said, to_hex(hello.session_id)));
}

}  // namespace

bool grease(std::uint16_t number) { return (number & 0x0f0f) == 0x0a0a && number >> 8 == (number & 0xff); }

const ClientHello& hello_of(const Attempt& attempt) {
  for (const Message& message : attempt.wire.messages)
    if (const auto* hello = message.as<ClientHello>()) return *hello;
  throw CheckFailed(attempt.recordings.empty() ? "it made no connection" : "it sent no ClientHello");
}

Bytes offered_by(const Attempt& attempt) {
  const Bytes* offered = hello_of(attempt).offered();
  return offered ? *offered : Bytes{};
}

std::vector<const NewSessionTicket*> tickets_of(const Attempt& attempt) {
  std::vector<const NewSessionTicket*> tickets;
  for (const Message& message : attempt.wire.messages)
    if (const auto* ticket = message.as<NewSessionTicket>(); ticket && !ticket->ticket.empty())
      tickets.push_back(ticket);
  return tickets;
}

const NewSessionTicket* find_ticket(const Attempt& attempt, const Bytes& offered) {
  for (const NewSessionTicket* ticket : tickets_of(attempt))
    if (ticket->ticket == offered) return ticket;
  return nullptr;
}

bool sent(const Attempt& attempt, MessageType type) {
  return std::any_of(attempt.wire.messages.begin(), attempt.wire.messages.end(),
                     [&](const Message& message) { return message.from == Side::client && message.type == type; });
}

bool says_close_notify(const Attempt& attempt) {
  return std::any_of(attempt.wire.messages.begin(), attempt.wire.messages.end(), [](const Message& message) {
    const auto* alert = message.as<Alert>();
    return message.from == Side::client && alert && alert->description == alert_close_notify;
  });
}

std::string words_of(const ClientWord& word) { return word.error_stage + ": " + word.error_text.substr(0, 160); }

std::string at_version(Version version) { return "TLS " + std::string(name(version)); }

std::string listed(const std::vector<Version>& versions) {
  std::string text;
  for (const Version version : versions) text += (text.empty() ? "" : " ") + std::string(name(version));
  return text;
}

void want_success(const Attempt& attempt, std::string_view where) {
  if (attempt.hung) throw CheckFailed(fmt::format("{}: the connection does not end", where));
  if (!attempt.word.ok) throw CheckFailed(fmt::format("{}: it fails, {}", where, words_of(attempt.word)));
  if (attempt.handshakes.empty() || attempt.handshakes.front().kind == HandshakeKind::failed)
    throw CheckFailed(fmt::format("{}: it says all is well, but the handshake on the wire did not complete", where));
}

void want_truth(const Attempt& attempt, std::string_view where) {
  want_version(attempt, where);
  want_resumption(attempt, where);
  want_suite(attempt, where);
  want_ticket_count(attempt, where);
  want_response_bytes(attempt, where);
  want_session_id(attempt, where);
}

void want_fresh(const Attempt& attempt, const std::string& where) {
  want_success(attempt, where);
  if (!offered_by(attempt).empty()) throw CheckFailed(where + ": told to offer none, it offers a ticket");
  if (attempt.handshakes.front().kind != HandshakeKind::full)
    throw CheckFailed(where + ": told to offer none, it resumes");
}

std::string beyond(const ClientHello& hello, Version pinned) {
  std::vector<std::uint16_t> offered;
  std::copy_if(hello.versions.begin(), hello.versions.end(), std::back_inserter(offered),
               [](std::uint16_t version) { return !grease(version); });
  if (offered.empty()) offered.push_back(hello.legacy_version);
  for (const std::uint16_t version : offered)
    if (version != static_cast<std::uint16_t>(pinned))
      return fmt::format("pinned to {} its ClientHello offers {:#06x}", name(pinned), version);
  return {};
}

}  // namespace ti

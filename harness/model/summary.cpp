#include <algorithm>

#include "model/results.hpp"

namespace ti {

namespace {

using Names = std::map<std::string, std::string>;

/// A, B, ... Z, AA, AB, ...
std::string letters(std::size_t index) {
  std::string text;
  for (++index; index > 0; index = (index - 1) / 26)
    text.insert(text.begin(), static_cast<char>('A' + (index - 1) % 26));
  return text;
}

/// What the tickets of a connection are called: as the scenario says, else the next free letter.
std::string name_for(const ObservedConnection& connection, const Names& names) {
  const auto taken = [&](const std::string& candidate) {
    return std::any_of(names.begin(), names.end(), [&](const auto& entry) { return entry.second == candidate; });
  };
  const auto& given = connection.expect.new_ticket;
  if (given && *given != "none" && *given != "any") {
    std::string name = *given;
    while (taken(name)) name += '\'';
    return name;
  }
  std::size_t index = 0;
  while (taken(letters(index))) ++index;
  return letters(index);
}

/// Names a ticket when it first comes. The first of a connection has its plain name; the others are numbered (B, B2,
/// B3).
class TicketNamer {
 public:
  TicketNamer(const ObservedConnection& connection, Names& names) : names_(names), base_(name_for(connection, names)) {}

  const std::string& operator()(const std::string& sha256) {
    const auto [entry, added] = names_.emplace(sha256, "");
    if (added) entry->second = ++count_ == 1 ? base_ : base_ + std::to_string(count_);
    return entry->second;
  }

 private:
  Names& names_;
  std::string base_;
  std::size_t count_ = 0;
};

std::string describe(const ClientHello& hello, const Names& names) {
  if (const Bytes* offered = hello.offered()) {
    const auto name = names.find(sha256_hex(*offered));
    return name == names.end() ? "offers a ticket that never came" : "offers " + name->second;
  }
  return hello.ticket ? "asks for a ticket" : "";
}

std::string describe(const ServerHello& hello) {
  if (hello.selected_psk) return "accepts PSK " + std::to_string(*hello.selected_psk);
  return hello.ticket_promised ? "promises a ticket" : "";
}

std::string describe(const NewSessionTicket& ticket, TicketNamer& namer) {
  if (ticket.ticket.empty()) return "empty ticket";
  return "ticket " + namer(sha256_hex(ticket.ticket)) + ", lifetime" + (ticket.age_add ? " " : " hint ") +
         std::to_string(ticket.lifetime) + " s, " + std::to_string(ticket.ticket.size()) + " bytes";
}

std::string_view describe(ContentType content) {
  switch (content) {
    case ContentType::change_cipher_spec:
      return "change_cipher_spec";
    case ContentType::alert:
      return "alert";
    case ContentType::handshake:
      return "handshake";
    case ContentType::application_data:
      return "application_data";
  }
  return "unknown";
}

std::string note_of(const Message& message, const Names& names, TicketNamer& namer) {
  if (const auto* hello = message.as<ClientHello>()) return describe(*hello, names);
  if (const auto* hello = message.as<ServerHello>()) return describe(*hello);
  if (const auto* ticket = message.as<NewSessionTicket>()) return describe(*ticket, namer);
  if (const auto* alert = message.as<Alert>()) return alert_name(alert->description);
  if (const auto* finished = message.as<Finished>()) return finished->verified == false ? "does not verify" : "";
  if (message.type == MessageType::encrypted) return "a sealed " + std::string(describe(message.content)) + " record";
  return "";
}

std::string_view text_of(ResumedBy by) {
  switch (by) {
    case ResumedBy::nothing:
      return "";
    case ResumedBy::ticket:
      return "ticket";
    case ResumedBy::session_id:
      return "session_id";
  }
  return "";
}

double milliseconds(Instant instant) { return std::chrono::duration<double, std::milli>(instant).count(); }

void summarise_handshake(const Transcript& transcript, const Handshake& handshake, ConnectionSummary& summary) {
  summary.handshake = name(handshake.kind);
  if (handshake.kind == HandshakeKind::resumed) summary.resumed_by = text_of(handshake.resumed_by);
  const auto* hello = transcript.messages.at(handshake.client_hello).as<ClientHello>();
  if (const Bytes* offered = hello ? hello->offered() : nullptr) summary.offered = sha256_hex(*offered);
}

}  // namespace

ConnectionSummary summarise(const ObservedConnection& connection, std::map<std::string, std::string>& names) {
  const Transcript& transcript = connection.transcript;
  ConnectionSummary summary;
  summary.at_s = std::chrono::duration<double>(connection.at).count();
  summary.handshake = name(HandshakeKind::failed);
  if (const Handshake* handshake = first_handshake(connection)) summarise_handshake(transcript, *handshake, summary);
  summary.version = name(transcript.version);
  if (transcript.version != Version::none) summary.cipher = suite_name(transcript.suite);
  TicketNamer namer(connection, names);
  summary.messages.reserve(transcript.messages.size());
  for (const Message& message : transcript.messages) {
    summary.messages.push_back({message.from, std::string(name(message.type)), message.bytes, milliseconds(message.at),
                                message.protection == Protection::sealed, note_of(message, names, namer)});
    if (const auto* ticket = message.as<NewSessionTicket>())
      summary.new_tickets.push_back({sha256_hex(ticket->ticket), ticket->lifetime, ticket->ticket.size()});
  }
  summary.client = connection.client;
  summary.server = connection.server;
  return summary;
}

}  // namespace ti

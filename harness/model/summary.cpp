#include <algorithm>

#include "model/results.hpp"

namespace ti {

namespace {

/// A, B, ... Z, AA, AB, ...
std::string letters(std::size_t index) {
  std::string text;
  for (++index; index > 0; index = (index - 1) / 26)
    text.insert(text.begin(), static_cast<char>('A' + (index - 1) % 26));
  return text;
}

/// Names a ticket when it first comes. The first of a connection is called as the scenario says, else by the next free
/// letter; the others are numbered (B, B2, B3).
class TicketNamer {
 public:
  TicketNamer(const ObservedConnection& connection, TicketNames& names)
      : names_(names), given_(connection.expect.new_ticket) {
    if (given_ == "none" || given_ == "any") given_.reset();
  }

  const std::string* find(const std::string& sha256) const { return names_.find(sha256); }

  const std::string& operator()(const std::string& sha256) {
    if (const std::string* known = names_.find(sha256)) return *known;
    if (++count_ > 1) return names_.add(sha256, base_ + std::to_string(count_));
    const std::string& name = names_.add(sha256, given_ ? *given_ : names_.letter());
    base_ = name;
    return name;
  }

 private:
  TicketNames& names_;
  std::optional<std::string> given_;
  std::string base_;
  std::size_t count_ = 0;
};

std::string describe(const ClientHello& hello, const TicketNamer& namer) {
  if (const Bytes* offered = hello.offered()) {
    const std::string* name = namer.find(sha256_hex(*offered));
    return name == nullptr ? "offers a ticket that never came" : "offers " + *name;
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
    case ContentType::heartbeat:
      return "heartbeat";
  }
  return "unknown";
}

std::string note_of(const Message& message, TicketNamer& namer) {
  if (const auto* hello = message.as<ClientHello>()) return describe(*hello, namer);
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

const std::string* TicketNames::find(const std::string& sha256) const {
  const auto found = names_.find(sha256);
  return found == names_.end() ? nullptr : &found->second;
}

const std::string& TicketNames::add(const std::string& sha256, std::string name) {
  const auto [entry, is_new] = names_.try_emplace(sha256);
  if (!is_new) return entry->second;
  while (!taken_.insert(name).second) name += '\'';
  return entry->second = std::move(name);
}

std::string TicketNames::letter() {
  while (taken_.contains(letters(next_))) ++next_;
  return letters(next_);
}

ConnectionSummary summarise(const ObservedConnection& connection, TicketNames& names) {
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
                                message.protection == Protection::sealed, note_of(message, namer)});
    if (const auto* ticket = message.as<NewSessionTicket>())
      summary.new_tickets.push_back({sha256_hex(ticket->ticket), ticket->lifetime, ticket->ticket.size()});
  }
  for (const Problem& problem : transcript.problems)
    summary.problems.push_back({problem.from, problem.before_message, problem.what});
  summary.client = connection.client;
  summary.server = connection.server;
  return summary;
}

}  // namespace ti

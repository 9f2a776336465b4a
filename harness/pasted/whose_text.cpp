#include "pasted/whose_text.hpp"

#include <algorithm>
#include <map>

namespace ti {

std::optional<Side> sender_of(MessageType type) {
  switch (type) {
    case MessageType::client_hello:
    case MessageType::client_key_exchange:
    case MessageType::end_of_early_data:
      return Side::client;
    case MessageType::hello_request:
    case MessageType::server_hello:
    case MessageType::hello_retry_request:
    case MessageType::new_session_ticket:
    case MessageType::encrypted_extensions:
    case MessageType::server_key_exchange:
    case MessageType::certificate_request:
    case MessageType::server_hello_done:
    case MessageType::certificate_status:
      return Side::server;
    default:
      return std::nullopt;
  }
}

Side whose_text(const Transcript& transcript) {
  for (const Message& message : transcript.messages)
    if (const auto sender = sender_of(message.type)) return message.from == Side::client ? *sender : other(*sender);
  return Side::client;
}

Transcript with_sides_changed(Transcript transcript) {
  for (Message& message : transcript.messages) message.from = other(message.from);
  for (Problem& problem : transcript.problems) problem.from = other(problem.from);
  for (TranscriptEnding& ending : transcript.endings) ending.from = other(ending.from);
  std::map<Side, std::size_t> sealed;
  for (const auto& [side, records] : transcript.sealed_records) sealed[other(side)] = records;
  transcript.sealed_records = std::move(sealed);
  return transcript;
}

void note_missing_beginning(Transcript& transcript) {
  if (transcript.messages.empty() || transcript.messages.front().type == MessageType::client_hello) return;
  if (transcript.messages.front().type == MessageType::hello_request) return;
  transcript.problems.insert(transcript.problems.begin(), {.from = Side::client,
                                                           .offset = 0,
                                                           .before_message = 0,
                                                           .what = "the text begins behind the ClientHello",
                                                           .malformed = false,
                                                           .missing = Missing::messages});
}

Missing missing_without_content(MessageType type) {
  switch (type) {
    case MessageType::client_hello:
    case MessageType::server_hello:
    case MessageType::hello_retry_request:
    case MessageType::encrypted_extensions:
    case MessageType::new_session_ticket:
      return Missing::content;
    case MessageType::unknown_handshake:
      return Missing::messages;
    default:
      return Missing::nothing;
  }
}

}  // namespace ti

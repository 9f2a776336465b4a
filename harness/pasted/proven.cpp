#include "pasted/proven.hpp"

#include "wire/connection_keys.hpp"

namespace ti {

namespace {

KeyLog keys_of(const Transcript& transcript, ByteView master_secret) {
  KeyLog keys;
  for (const Message& message : transcript.messages)
    if (const auto* hello = message.as<ClientHello>())
      keys.add("CLIENT_RANDOM " + to_hex(hello->random) + " " + to_hex(master_secret) + "\n");
  return keys;
}

}  // namespace

void note_proven(Transcript& transcript, ByteView master_secret) {
  const KeyLog known = keys_of(transcript, master_secret);
  ConnectionKeys keys(known);
  for (Message& message : transcript.messages) {
    if (message.type == MessageType::change_cipher_spec) keys.change_cipher_spec(message.from);
    if (message.content != ContentType::handshake) continue;
    if (message.raw.size() != message.bytes) keys.missed();
    const auto fits = keys.handshake(message.from, message.type, message.body, message.raw);
    if (auto* finished = std::get_if<Finished>(&message.body); finished != nullptr && fits == true)
      finished->verified = true;
  }
}

}  // namespace ti

// GnuTLS's debug output (`gnutls-cli -d 5`, GNUTLS_DEBUG_LEVEL): the names and lengths of messages.
#include "pasted/format.hpp"
#include "pasted/named_messages.hpp"
#include "pasted/reads.hpp"

namespace ti {

namespace {

constexpr std::size_t header = 4;

/// Words from `from` up to `to` as one.
std::string phrase(const PastedText& words, std::size_t from, std::size_t to) {
  std::string text;
  for (std::size_t i = from; i < to; ++i) text.append(words[i].text).append(" ");
  return text;
}

/// The index of `what` within a few words of words[at]; nothing otherwise.
std::optional<std::size_t> soon(const PastedText& words, std::size_t at, std::string_view what) {
  constexpr std::size_t far = 8;
  for (std::size_t i = at; i < at + far; ++i)
    if (words.stands(i, what)) return i;
  return std::nullopt;
}

/// The alert in `Alert[2|40]`.
std::optional<Alert> alert_of(std::string_view word) {
  const std::size_t bracket = word.find('[');
  const std::size_t bar = word.find('|');
  if (bracket == word.npos || bar == word.npos || bar < bracket) return std::nullopt;
  const auto level = number_at(word.substr(bracket + 1));
  const auto description = number_at(word.substr(bar + 1));
  if (!level || !description) return std::nullopt;
  return Alert{static_cast<std::uint8_t>(*level), static_cast<std::uint8_t>(*description)};
}

/// `HSK[0x..]: SERVER HELLO (2) was received. Length 151[151], ...`, `HSK[0x..]: CLIENT HELLO was queued [386 bytes]`
void read_message(const PastedText& words, std::size_t at, NamedConnections& connections) {
  if (const auto queued = soon(words, at, "was queued")) {
    const std::string name = phrase(words, at, *queued);
    const std::string_view length = words[*queued + 2].text;
    const std::size_t bytes = length.starts_with('[') ? number_at(length.substr(1)).value_or(0) : 0;
    if (const auto type = message_named(name)) connections.handshake(Side::client, *type, bytes);
  } else if (const auto received = soon(words, at, "was received. Length")) {
    const std::string name = phrase(words, at, *received);
    const std::size_t bytes = number_at(words[*received + 3].text).value_or(0);
    if (const auto type = message_named(name.substr(0, name.find('('))))
      connections.handshake(Side::server, *type, header + bytes);
  }
}

void read_record(const PastedText& words, std::size_t at, NamedConnections& connections) {
  if (words.stands(at, "Sent ChangeCipherSpec")) connections.change_cipher_spec(Side::client);
  if (words.stands(at, "Received Packet ChangeCipherSpec(20)")) connections.change_cipher_spec(Side::server);
  if (words.stands(at, "Sending Alert[")) connections.alert(Side::client, alert_of(words[at + 1].text));
  if (words.stands(at, "Alert[") && soon(words, at, "was received"))
    connections.alert(Side::server, alert_of(words[at].text));
}

}  // namespace

bool is_gnutls(const PastedText& words) {
  return words.holds("HSK[0x") || words.holds("REC[0x") || words.holds("- Description: (TLS");
}

void read_gnutls(const PastedText& words, Pasted& pasted) {
  NamedConnections connections(NamedConnections::Relative::to_owner);
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::string_view word = words[at].text;
    if (is_elision(words, at)) connections.missing(words.place(at) + ": a message is missing here");
    if (word.starts_with("HSK[")) read_message(words, at + 1, connections);
    if (word.starts_with("REC[") || word == "REC:") read_record(words, at + 1, connections);
  }
  if (connections.empty()) pasted.notes.emplace_back("gnutls-cli -d 5 shows the messages; a capture shows their bytes");
  add_connections(connections.take(), pasted);
}

}  // namespace ti

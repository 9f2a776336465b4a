// What wpa_supplicant, hostapd and eapol_test print at -dd: each message that libssl tells them of, and with -ddd (or
// eapol_test) its bytes.
#include "pasted/format.hpp"
#include "pasted/named_messages.hpp"
#include "pasted/reads.hpp"

namespace ti {

namespace {

constexpr std::size_t header_info = 256;
constexpr std::size_t inner_content = 257;

/// The number behind the equals sign of `content_type=22`, `hexdump(len=179):`.
std::size_t behind_equals(std::string_view word) {
  return number_at(word.substr(std::min(word.find('='), word.size() - 1) + 1)).value_or(0);
}

/// The message of `(handshake/client hello)`.
MessageType named_in(const PastedText& words, std::size_t from, std::size_t to) {
  std::string name;
  for (std::size_t i = from; i < to; ++i) name += words[i].text;
  return message_named(name.substr(std::min(name.find('/'), name.size()))).value_or(MessageType::unknown_handshake);
}

void take(NamedConnections& connections, Side from, std::size_t content, MessageType named, std::size_t length,
          ByteView bytes) {
  const bool whole = bytes.size() == length && length > 0;
  Reader reader(bytes);
  switch (content) {
    case header_info:
      if (const std::uint8_t type = reader.u8(); whole) {
        const std::uint16_t version = reader.u16();
        connections.record(from, version, type, reader.u16());
      }
      break;
    case inner_content:
      if (whole) connections.inner_content(from, bytes[0]);
      break;
    case static_cast<std::size_t>(ContentType::handshake):
      connections.handshake(from, whole ? handshake_type(bytes) : named, length, whole ? bytes : ByteView());
      break;
    case static_cast<std::size_t>(ContentType::change_cipher_spec):
      connections.change_cipher_spec(from);
      break;
    case static_cast<std::size_t>(ContentType::alert):
      connections.alert(from, whole && length == 2 ? std::optional(Alert{bytes[0], bytes[1]}) : std::nullopt);
      break;
    default:
      break;
  }
}

}  // namespace

bool is_hostap(const PastedText& words) { return words.holds("OpenSSL: TX ver=") || words.holds("OpenSSL: RX ver="); }

void read_hostap(const PastedText& words, Pasted& pasted) {
  constexpr std::size_t most_words_of_name = 8;
  NamedConnections connections(NamedConnections::Relative::to_owner);
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (is_elision(words, at)) connections.missing(words.place(at) + ": a message is missing here");
    const bool sent = words[at].text == "TX";
    if ((!sent && words[at].text != "RX") || !words.stands(at + 2, "content_type=")) continue;
    const std::size_t content = behind_equals(words[at + 2].text);
    std::size_t dump = at + 3;
    while (dump < at + most_words_of_name && !words.stands(dump, "hexdump(len=")) ++dump;
    const MessageType named = named_in(words, at + 3, std::min(dump, at + 6));
    const std::size_t length = words.stands(dump, "hexdump(len=") ? behind_equals(words[dump].text) : 0;
    std::size_t end = dump + 1;
    const Bytes bytes = read_hex(words, end, length);
    take(connections, sent ? Side::client : Side::server, content, named, length, bytes);
  }
  add_connections(connections.take(), pasted);
}

}  // namespace ti

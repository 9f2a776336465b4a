// FreeRADIUS's debug output: `(TLS) recv TLS 1.3 Handshake, ClientHello`, the names of messages.
#include "pasted/format.hpp"
#include "pasted/named_messages.hpp"
#include "pasted/reads.hpp"

namespace ti {

namespace {

/// The index of `recv` or `send` behind `(TLS)`, or behind `(TLS) PEAP -`; nothing if words[at] begins no such line.
std::optional<std::size_t> direction_at(const PastedText& words, std::size_t at) {
  if (words[at].text != "(TLS)") return std::nullopt;
  for (const std::size_t i : {at + 1, at + 3})
    if ((words[i].text == "recv" || words[i].text == "send") && words[i + 1].text == "TLS") return i;
  return std::nullopt;
}

}  // namespace

bool is_freeradius(const PastedText& words) {
  return words.holds("(TLS) recv TLS") || words.holds("(TLS) send TLS") || words.holds("- recv TLS");
}

void read_freeradius(const PastedText& words, Pasted& pasted) {
  NamedConnections connections(NamedConnections::Relative::to_owner);
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (is_elision(words, at)) connections.missing(words.place(at) + ": a message is missing here");
    if (words.stands(at, "read change cipher spec")) connections.change_cipher_spec(Side::server);
    const auto direction = direction_at(words, at);
    if (!direction) continue;
    const Side from = words[*direction].text == "send" ? Side::client : Side::server;
    const std::size_t content = *direction + 3;
    if (words[content].text.starts_with("ChangeCipherSpec")) connections.change_cipher_spec(from);
    if (words[content].text.starts_with("Alert")) connections.alert(from, std::nullopt);
    if (words[content].text != "Handshake,") continue;
    if (const auto type = message_named(words[content + 1].text)) connections.handshake(from, *type, 0);
  }
  add_connections(connections.take(), pasted);
}

}  // namespace ti

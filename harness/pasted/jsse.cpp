// What JSSE prints with javax.net.debug: with `all`, the bytes of every record; else the names of messages.
#include "pasted/format.hpp"
#include "pasted/named_messages.hpp"
#include "pasted/printed_bytes.hpp"
#include "pasted/reads.hpp"

namespace ti {

namespace {

/// `Produced client Finished handshake message (`, `Consuming NewSessionTicket`, also of Java 8 `*** ClientHello`
std::optional<MessageType> message_behind(const PastedText& words, std::size_t at) {
  constexpr std::size_t most_words = 3;
  for (std::size_t i = at; i < at + most_words; ++i) {
    std::string_view word = words[i].text;
    if (word.ends_with(',')) word.remove_suffix(1);
    if (const auto type = message_named(word)) return type;
  }
  return std::nullopt;
}

bool says(std::string_view word, std::string_view what) { return word.ends_with(what); }

void read_bytes(const PastedText& words, Pasted& pasted) {
  PrintedBytes bytes;
  for (std::size_t at = 0; at < words.size();) {
    const bool own = says(words[at].text, "|Raw") && words[at + 1].text == "write";
    const bool peer = says(words[at].text, "|Raw") && words[at + 1].text == "read";
    if (is_elision(words, at)) bytes.gap();
    if (!own && !peer) {
      ++at;
      continue;
    }
    at += 2;
    if (words[at].text == "(") ++at;
    const Bytes dumped = read_offset_dump(words, at);
    bytes.add(own, dumped, dumped.empty() ? 1 : 0);
  }
  add_connections(bytes.transcripts({}), pasted);
}

void read_names(const PastedText& words, Pasted& pasted) {
  NamedConnections connections(NamedConnections::Relative::to_owner);
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::string_view word = words[at].text;
    const bool own = says(word, "|Produced");
    if (is_elision(words, at)) connections.missing(words.place(at) + ": a message is missing here");
    if (!own && !says(word, "|Consuming")) continue;
    const Side from = own ? Side::client : Side::server;
    if (words[at + 1].text == "ChangeCipherSpec") connections.change_cipher_spec(from);
    if (words[at + 1].text == "alert") connections.alert(from, std::nullopt);
    if (const auto type = message_behind(words, at + 1)) connections.handshake(from, *type, 0);
  }
  add_connections(connections.take(), pasted);
}

}  // namespace

bool is_jsse(const PastedText& words) {
  return words.holds("javax.net.ssl|") || words.holds("|Produced ClientHello") ||
         words.holds("|Consuming ServerHello") || words.holds("|Raw read") || words.holds("|Raw write");
}

void read_jsse(const PastedText& words, Pasted& pasted) {
  if (words.holds("|Raw read (") || words.holds("|Raw write (")) return read_bytes(words, pasted);
  read_names(words, pasted);
  if (!pasted.connections.empty()) pasted.notes.emplace_back("-Djavax.net.debug=all shows the bytes, too");
}

}  // namespace ti

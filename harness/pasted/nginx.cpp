// nginx's error log: what it says of each TLS connection. On level debug it tells versions, sessions and tickets, on
// any level why a handshake failed; it names no messages.
#include <map>

#include "pasted/format.hpp"

namespace ti {

namespace {

/// Told is what the log says of one connection, `*5` in it.
struct Told {
  std::string agreed;  ///< `TLSv1.3, TLS_AES_256_GCM_SHA384`
  bool reused = false;
  std::vector<std::string> deeds;  ///< with tickets, and how it failed
};

/// The number of the connection that a line is about: `*5`, behind which the line's own words stand.
std::optional<std::size_t> connection_at(const PastedText& words, std::size_t at) {
  const std::string_view word = words[at].text;
  return word.starts_with('*') ? number_at(word.substr(1)) : std::nullopt;
}

std::string_view trimmed(std::string_view word) {
  while (!word.empty() && (word.front() == '"' || word.front() == '(')) word.remove_prefix(1);
  while (!word.empty() && (word.back() == '"' || word.back() == ',' || word.back() == ')')) word.remove_suffix(1);
  return word;
}

/// `(SSL: error:0A0000C1:SSL routines::no shared cipher)`, without the brackets.
std::string reason_at(const PastedText& words, std::size_t at) {
  constexpr std::size_t most_words = 24;
  std::string reason;
  for (std::size_t i = at; i < at + most_words && !words[i].text.empty() && words[i].text != "while"; ++i)
    reason.append(reason.empty() ? "" : " ").append(words[i].text);
  return std::string(trimmed(reason));
}

/// `ticket encrypt, key: "0206..." (new session)`
void read_ticket(const PastedText& words, std::size_t at, Told& told) {
  const bool seals = words[at + 1].text == "encrypt,";
  if ((!seals && words[at + 1].text != "decrypt,") || words[at + 2].text != "key:") return;
  const bool unknown = words[at + 4].text == "not";
  const std::string key(trimmed(words[at + 3].text));
  told.deeds.push_back(seals     ? "sealed a ticket with key " + key
                       : unknown ? "knew no key " + key + " of the ticket offered"
                                 : "opened a ticket of key " + key);
}

void read_line(const PastedText& words, std::size_t at, Told& told) {
  if (words.stands(at, "SSL reused session")) told.reused = true;
  if (words[at].text == "SSL:" && words[at + 2].text == "cipher:")
    told.agreed = std::string(words[at + 1].text) + " " + std::string(trimmed(words[at + 3].text));
  for (const std::size_t ticket : {at + 1, at + 2})
    if (words[at].text == "ssl" && words[ticket].text == "ticket") read_ticket(words, ticket, told);
  if (words.stands(at, "SSL_do_handshake() failed"))
    told.deeds.push_back("failed to shake hands: " + reason_at(words, at + 2));
}

std::string text_of(std::size_t number, const Told& told) {
  std::string text = "nginx's connection *" + std::to_string(number) + ":";
  if (!told.agreed.empty()) text.append(told.reused ? " resumed " : " full ").append(told.agreed);
  for (std::size_t i = 0; i < told.deeds.size(); ++i)
    text.append(i == 0 && told.agreed.empty() ? " " : ", ").append(told.deeds[i]);
  return text;
}

}  // namespace

bool is_nginx(const PastedText& words) {
  return words.holds("SSL_do_handshake()") || words.holds("SSL_do_handshake:") || words.holds("ssl session ticket");
}

void read_nginx(const PastedText& words, Pasted& pasted) {
  std::map<std::size_t, Told> connections;
  for (std::size_t at = 0; at < words.size(); ++at)
    if (const auto number = connection_at(words, at)) read_line(words, at + 1, connections[*number]);
  for (const auto& [number, told] : connections)
    if (!told.agreed.empty() || !told.deeds.empty()) pasted.notes.push_back(text_of(number, told));
  if (!connections.empty()) pasted.notes.emplace_back("nginx's log names no messages: a capture shows them");
}

}  // namespace ti

// The states that libssl's callbacks tell, as `s_client -state` and servers' logs print them: the names of messages,
// and alerts.
#include "pasted/format.hpp"
#include "pasted/named_messages.hpp"

namespace ti {

namespace {

/// The message of `read server hello`, `write session ticket` that stands behind words[at]; a few words at most.
std::optional<MessageType> message_behind(const PastedText& words, std::size_t at) {
  constexpr std::size_t most_words = 4;
  std::optional<MessageType> longest;
  std::string name;
  for (std::size_t i = at; i < at + most_words && words[i].line == words[at].line; ++i) {
    name += words[i].text;
    if (const auto type = message_named(name)) longest = type;
  }
  return longest;
}

/// `alert read:fatal:unexpected message`, `TLS Alert write:fatal:handshake failure`
std::optional<Alert> alert_behind(std::string_view said) {
  constexpr int most = 256;
  const std::size_t colon = said.find(':');
  if (colon == said.npos) return std::nullopt;
  std::string name(said.substr(colon + 1));
  for (char& c : name)
    if (c == ' ') c = '_';
  for (int i = 0; i < most; ++i)
    if (const auto description = static_cast<std::uint8_t>(i); name.starts_with(alert_name(description)))
      return Alert{static_cast<std::uint8_t>(said.starts_with("fatal") ? 2 : 1), description};
  return std::nullopt;
}

class StateReader {
 public:
  explicit StateReader(const PastedText& words) : words_(words) {}

  std::vector<PrintedConnection> read() {
    for (std::size_t at = 0; at < words_.size(); ++at) {
      if (is_elision(words_, at)) connections_.missing(words_.place(at) + ": a message is missing here");
      read_alert(at);
      read_state(at);
    }
    return connections_.take();
  }

 private:
  /// `SSL_connect:SSLv3/TLS write client hello`: a state that is left twice is told twice.
  void read_state(std::size_t at) {
    const std::string_view word = words_[at].text;
    const std::size_t state = word.find("SSL_connect:") != word.npos  ? word.find("SSL_connect:")
                              : word.find("SSL_accept:") != word.npos ? word.find("SSL_accept:")
                                                                      : word.find("TLS_accept:");
    if (state == word.npos) return;
    const bool writes = words_[at + 1].text == "write";
    const bool message = writes || words_[at + 1].text == "read";
    if (!message) last_.reset();
    if (word.find(":before") != word.npos && !begun_) connections_.next_connection();
    begun_ = word.find(":before") != word.npos;
    if (!message) return;
    const Side from = writes ? Side::client : Side::server;
    const bool change = words_.stands(at + 2, "change cipher spec");
    const auto type = change ? MessageType::change_cipher_spec : message_behind(words_, at + 2);
    if (!type || last_ == std::pair(from, *type)) return;
    last_ = {from, *type};
    change ? connections_.change_cipher_spec(from) : connections_.handshake(from, *type, 0);
  }

  void read_alert(std::size_t at) {
    const bool alert = words_[at].text == "alert" || words_[at].text == "Alert";
    const std::string_view next = words_[at + 1].text;
    if (!alert || !(next.starts_with("read:") || next.starts_with("write:"))) return;
    std::string said(next.substr(next.find(':') + 1));
    for (std::size_t i = at + 2; i < at + 4 && words_[i].line == words_[at].line; ++i)
      said.append(" ").append(words_[i].text);
    connections_.alert(next.starts_with("write") ? Side::client : Side::server, alert_behind(said));
  }

  const PastedText& words_;
  NamedConnections connections_{NamedConnections::Relative::to_owner};
  std::optional<std::pair<Side, MessageType>> last_;
  bool begun_ = false;  ///< the last state was that before a connection
};

bool has_messages(const Pasted& pasted) {
  for (const PrintedConnection& connection : pasted.connections)
    if (!connection.transcript.messages.empty()) return true;
  return false;
}

}  // namespace

bool is_library_states(const PastedText& words) {
  for (const std::string_view mark : {"SSL_connect:", "SSL_accept:", "TLS_accept:"})
    if (words.holds(mark)) return true;
  return false;
}

void read_library_states(const PastedText& words, Pasted& pasted) {
  if (has_messages(pasted)) return;
  std::vector<PrintedConnection> told = StateReader(words).read();
  for (std::size_t i = 0; i < told.size(); ++i) {
    if (i == pasted.connections.size()) pasted.connections.emplace_back();
    pasted.connections[i].transcript = std::move(told[i].transcript);
  }
  if (has_messages(pasted)) pasted.notes.emplace_back("states name the messages; s_client -msg shows their bytes");
}

}  // namespace ti

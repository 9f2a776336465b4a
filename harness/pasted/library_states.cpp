// The states that libssl's callbacks tell, as `s_client -state`, hostap, FreeRADIUS and others log them: the names of
// messages, and alerts.
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
      read_recv(at);
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
    if (words_.stands(at + 1, "SSL initialization") || word.find(":before") != word.npos) {
      if (!last_.starts_with("before")) connections_.next_connection();
      last_ = "before";
      return;
    }
    const bool writes = words_[at + 1].text == "write";
    if (!writes && words_[at + 1].text != "read") return;
    const Side from = writes ? Side::client : Side::server;
    const std::string said = words_.snippet(at + 1);
    if (said == last_) return;
    last_ = said;
    if (words_.stands(at + 2, "change cipher spec")) return connections_.change_cipher_spec(from);
    if (const auto type = message_behind(words_, at + 2)) connections_.handshake(from, *type, 0);
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

  /// FreeRADIUS: `(TLS) recv TLS 1.3 Handshake, ClientHello`, `(TLS) send TLS 1.2 Alert, fatal ...`
  void read_recv(std::size_t at) {
    const bool received = words_[at].text == "recv" || words_[at].text == "Received";
    if (!received && words_[at].text != "send" && words_[at].text != "Sending") return;
    if (words_[at + 1].text != "TLS" || words_[at + 3].text.empty()) return;
    const Side from = received ? Side::server : Side::client;
    if (words_[at + 3].text.starts_with("ChangeCipherSpec")) return connections_.change_cipher_spec(from);
    if (words_[at + 3].text != "Handshake,") return;
    if (const auto type = message_named(words_[at + 4].text)) connections_.handshake(from, *type, 0);
  }

  const PastedText& words_;
  NamedConnections connections_{NamedConnections::Relative::to_owner};
  std::string last_;
};

bool has_messages(const Pasted& pasted) {
  for (const PrintedConnection& connection : pasted.connections)
    if (!connection.transcript.messages.empty()) return true;
  return false;
}

}  // namespace

bool is_library_states(const PastedText& words) {
  for (const std::string_view mark : {"SSL_connect:", "SSL_accept:", "TLS_accept:", "(TLS) recv TLS", "- recv TLS"})
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

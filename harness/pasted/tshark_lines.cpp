// tshark's one-line summaries: the names of messages, neither their content nor, for most, whose connection they are
// of.
#include "pasted/format.hpp"
#include "pasted/named_messages.hpp"
#include "pasted/reads.hpp"

namespace ti {

namespace {

bool is_arrow(std::string_view word) { return word == "\xe2\x86\x92" || word == "->"; }

/// The index of the first name behind `127.0.0.1 → 127.0.0.1 TLSv1.2 693 `, if such a line has its arrow at words[at].
std::optional<std::size_t> names_of_line(const PastedText& words, std::size_t at) {
  const std::string_view protocol = words[at + 2].text;
  if (!is_arrow(words[at].text) || !(protocol.starts_with("TLSv1") || protocol.starts_with("SSL"))) return std::nullopt;
  return number_at(words[at + 3].text) ? std::optional(at + 4) : std::nullopt;
}

class LineReader {
 public:
  explicit LineReader(const PastedText& words) : words_(words) {}

  std::vector<PrintedConnection> read() {
    for (std::size_t at = 1; at < words_.size(); ++at)
      if (const auto names = names_of_line(words_, at)) read_names(std::string(words_[at - 1].text), *names);
    return connections_.take();
  }

 private:
  void read_names(const std::string& from, std::size_t at) {
    constexpr std::size_t most_words = 40;
    const std::size_t line = words_[at].line;
    std::vector<std::string> names(1);
    for (std::size_t i = at; i < at + most_words && words_[i].line == line; ++i) {
      std::string_view word = words_[i].text;
      const bool last = word.ends_with(',');
      if (last) word.remove_suffix(1);
      names.back().append(names.back().empty() ? "" : " ").append(word);
      if (last) names.emplace_back();
    }
    Side side = from == client_ ? Side::client : Side::server;
    for (const std::string& name : names)
      if (name == "Client Hello" || name == "Client Key Exchange") side = Side::client;
    for (const std::string& name : names)
      if (name == "Server Hello" || name == "New Session Ticket") side = Side::server;
    if (names.front() == "Client Hello") client_ = from;
    for (const std::string& name : names) take(side, name);
  }

  void take(Side side, const std::string& name) {
    if (name == "Client Hello")
      connections_.missing("a line of tshark's does not tell which connection it is of, nor what is in it");
    if (name == "Change Cipher Spec")
      connections_.change_cipher_spec(side);
    else if (name == "Application Data")
      connections_.sealed(side, ContentType::application_data, 0);
    else if (name == "Encrypted Handshake Message")
      connections_.sealed(side, ContentType::handshake, 0);
    else if (name == "Encrypted Alert")
      connections_.sealed(side, ContentType::alert, 0);
    else if (const auto type = message_named(name))
      connections_.handshake(side, *type, 0);
    if (name == "Client Hello")
      connections_.missing("a line of tshark's does not tell which connection it is of, nor what is in it");
  }

  const PastedText& words_;
  NamedConnections connections_{NamedConnections::Relative::to_wire};
  std::string client_;
};

}  // namespace

bool is_tshark_lines(const PastedText& words) {
  for (std::size_t at = 0; at < words.size(); ++at)
    if (names_of_line(words, at)) return true;
  return false;
}

void read_tshark_lines(const PastedText& words, Pasted& pasted) {
  if (!pasted.capture.empty() || !pasted.connections.empty()) return;
  add_connections(LineReader(words).read(), pasted);
  pasted.notes.emplace_back("tshark's lines name the messages only; tshark -T json, or the capture itself, holds them");
}

}  // namespace ti

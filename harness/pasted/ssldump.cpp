// ssldump: records with the names of messages, and with -x their bytes.
#include "pasted/format.hpp"
#include "pasted/named_messages.hpp"
#include "pasted/printed_bytes.hpp"
#include "pasted/reads.hpp"

namespace ti {

namespace {

/// RecordLine is `1 4  0.0010 (0.0003)  S>CV3.3(122)  Handshake`.
struct RecordLine {
  std::string connection;
  Side from;
  std::size_t length;  ///< 0 where it is not printed
  std::string_view content;
  std::size_t end;  ///< behind it
};

std::optional<RecordLine> record_line(const PastedText& words, std::size_t at) {
  const bool numbered =
      number_at(words[at].text) && number_at(words[at + 1].text) && words[at + 3].text.starts_with('(');
  if (!numbered) return std::nullopt;
  std::size_t i = at + 4;
  const std::string_view direction = words[i].text;
  if (!direction.starts_with("C>S") && !direction.starts_with("S>C")) return std::nullopt;
  const std::string_view version = direction.size() > 3 ? direction.substr(3) : words[i + 1].text;
  RecordLine line{std::string(words[at].text), direction.starts_with('C') ? Side::client : Side::server, 0, {}, 0};
  ++i;
  if (version.starts_with('V')) {
    const std::size_t bracket = version.find('(');
    if (bracket != version.npos) line.length = number_at(version.substr(bracket + 1)).value_or(0);
    if (direction.size() == 3) ++i;
  }
  line.content = words[i].text;
  line.end = i + 1;
  return line;
}

bool is_record_line(const PastedText& words, std::size_t at) { return record_line(words, at).has_value(); }

void read_names(const PastedText& words, Pasted& pasted) {
  constexpr std::size_t header = 4;
  NamedConnections connections(NamedConnections::Relative::to_wire);
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (is_elision(words, at)) connections.missing(words.place(at) + ": a message is missing here");
    const auto line = record_line(words, at);
    if (!line) continue;
    connections.select(line->connection);
    at = line->end - 1;
    if (line->content == "ChangeCipherSpec") connections.change_cipher_spec(line->from);
    if (line->content == "application_data")
      connections.sealed(line->from, ContentType::application_data, line->length);
    if (line->content == "Alert") connections.alert(line->from, std::nullopt);
    if (line->content != "Handshake") continue;
    const auto type = is_record_line(words, line->end) ? std::nullopt : message_named(words[line->end].text);
    if (type)
      connections.handshake(line->from, *type, line->length > 0 ? line->length : header);
    else
      connections.sealed(line->from, ContentType::handshake, line->length);
  }
  add_connections(connections.take(), pasted);
}

/// `Packet data[297]=` and the record's bytes
void read_bytes(const PastedText& words, Pasted& pasted) {
  std::map<std::string, PrintedBytes> connections;
  std::vector<std::string> order;
  std::optional<RecordLine> last;
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (is_elision(words, at) && last) connections.at(last->connection).gap();
    if (const auto line = record_line(words, at)) {
      if (connections.emplace(line->connection, PrintedBytes(PrintedBytes::Order::wire)).second)
        order.push_back(line->connection);
      last = line;
    }
    if (!last || words[at].text != "Packet" || !words[at + 1].text.starts_with("data[")) continue;
    const std::size_t declared = number_at(words[at + 1].text.substr(5)).value_or(0);
    at += 2;
    const Bytes bytes = read_hex(words, at, declared);
    connections.at(last->connection).add(last->from == Side::client, bytes, declared - bytes.size());
    --at;
  }
  for (const std::string& name : order) add_connections(connections.at(name).transcripts({}), pasted);
}

}  // namespace

bool is_ssldump(const PastedText& words) {
  return words.holds("New TCP connection #") || words.holds(") C>S") || words.holds(") S>C");
}

void read_ssldump(const PastedText& words, Pasted& pasted) {
  if (words.holds("Packet data[")) return read_bytes(words, pasted);
  const std::size_t before = pasted.connections.size();
  read_names(words, pasted);
  if (pasted.connections.size() > before) pasted.notes.emplace_back("ssldump -AHx shows the bytes, too");
}

}  // namespace ti

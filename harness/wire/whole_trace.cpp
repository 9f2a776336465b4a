#include "wire/whole_trace.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/text.hpp"
#include "wire/sslv2_hello.hpp"
#include "wire/trace.hpp"

namespace ti {

namespace {

constexpr std::string_view cell_mark = "=== ticket-interop: ";
constexpr std::string_view all_mark = " connections, all that passed in ";
constexpr std::string_view some_mark = " connections of ";
constexpr std::string_view head_mark = "=== connection ";
constexpr std::string_view end_mark = "=== end: ";
constexpr std::string_view digest_mark = ", sha256 ";
constexpr std::string_view record_sslv2 = "0002";

std::string hex16(std::uint16_t number) {
  char text[8];
  std::snprintf(text, sizeof text, "%04x", static_cast<unsigned>(number));
  return text;
}

std::string record_of(const Message& message) {
  std::string text = std::to_string(message.offset) + "/" + hex16(message.record_version);
  if (message.protection == Protection::sealed) text += 's';
  if (message.protection == Protection::opened) text += 'o';
  if (message.receiver_has_key) text += 'k';
  if (const auto* finished = message.as<Finished>(); finished != nullptr && finished->verified)
    text += *finished->verified ? 'v' : 'x';
  return text;
}

std::size_t sealed_of(const Transcript& transcript, Side side) {
  const auto found = transcript.sealed_records.find(side);
  return found == transcript.sealed_records.end() ? 0 : found->second;
}

std::string trailer(const Transcript& transcript) {
  std::string text = std::string(end_mark) + std::to_string(transcript.messages.size()) + " messages, " +
                     hex16(static_cast<std::uint16_t>(transcript.version)) + " " + hex16(transcript.suite) + " " +
                     (transcript.master_secret.empty() ? "-" : sha256_hex(transcript.master_secret)) + " " +
                     std::to_string(sealed_of(transcript, Side::client)) + " " +
                     std::to_string(sealed_of(transcript, Side::server));
  for (const Message& message : transcript.messages) text += " " + record_of(message);
  return text;
}

template <class Number>
bool take_number(std::string_view& text, Number& value, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

/// "   0.000222 >>> ".
bool take_time_and_side(std::string_view& line, Instant& at, Side& from) {
  constexpr std::int64_t per_second = 1'000'000, nanoseconds = 1000;
  std::int64_t seconds = 0;
  std::int64_t micros = 0;
  while (take(line, " ")) continue;
  const bool negative = line.starts_with('-');
  if (!take_number(line, seconds) || !take(line, ".") || !take_number(line, micros)) return false;
  at = Instant{(seconds * per_second + (negative ? -micros : micros)) * nanoseconds};
  from = line.starts_with(" <<< ") ? Side::server : Side::client;
  return take(line, " <<< ") || take(line, " >>> ");
}

/// TraceReader puts one connection together again. Its lines are known to be as they were written.
class TraceReader {
 public:
  /// `lines` are those between head and trailer.
  std::optional<Transcript> read(const std::vector<std::string_view>& lines, std::string_view trailer) {
    for (const std::string_view line : lines)
      if (!read_problem(line) && !read_row(line) && !read_event(line)) return std::nullopt;
    if (!read_trailer(trailer)) return std::nullopt;
    for (Message& message : transcript_.messages) read_body(message);
    return std::move(transcript_);
  }

 private:
  bool read_problem(std::string_view line) {
    Problem problem{Side::client, 0, transcript_.messages.size(), "", false, Missing::nothing};
    if (!take(line, "    problem in the ")) return false;
    if (line.starts_with("server")) problem.from = Side::server;
    if (!take(line, "client's bytes at ") && !take(line, "server's bytes at ")) return false;
    if (!take_number(line, problem.offset)) return false;
    problem.malformed = take(line, ", malformed");
    if (take(line, ", content missing")) problem.missing = Missing::content;
    if (take(line, ", messages missing")) problem.missing = Missing::messages;
    if (!take(line, ": ")) return false;
    problem.what = line;
    transcript_.problems.push_back(std::move(problem));
    return true;
  }

  bool read_row(std::string_view line) {
    if (transcript_.messages.empty() || !take(line, "    ")) return false;
    std::string digits;
    for (const char c : line)
      if (c != ' ') digits += c;
    const Bytes bytes = from_hex(digits);
    Bytes& raw = transcript_.messages.back().raw;
    raw.insert(raw.end(), bytes.begin(), bytes.end());
    return !bytes.empty();
  }

  bool read_event(std::string_view line) {
    Instant at{};
    Side from{};
    if (!take_time_and_side(line, at, from)) return false;
    if (line.starts_with("FIN") || line.starts_with("RST")) {
      transcript_.endings.push_back({.from = from,
                                     .how = line.starts_with("FIN") ? Ending::How::fin : Ending::How::reset,
                                     .at = at,
                                     .before_message = transcript_.messages.size(),
                                     .by_harness = line.ends_with(" by the harness")});
      return true;
    }
    return read_header(line.substr(std::min(line.find(", ") + 2, line.size())), at, from);
  }

  /// From the content's name on.
  bool read_header(std::string_view line, Instant at, Side from) {
    struct Kind {
      std::string_view name;
      ContentType content;
      MessageType type;
    };
    constexpr Kind kinds[] = {
        {"Handshake", ContentType::handshake, MessageType::unknown_handshake},
        {"ChangeCipherSpec", ContentType::change_cipher_spec, MessageType::change_cipher_spec},
        {"Alert", ContentType::alert, MessageType::alert},
        {"ApplicationData", ContentType::application_data, MessageType::application_data},
        {"Heartbeat", ContentType::heartbeat, MessageType::heartbeat},
    };
    const auto* kind =
        std::find_if(std::begin(kinds), std::end(kinds), [&](const Kind& each) { return line.starts_with(each.name); });
    if (kind == std::end(kinds)) return false;
    Message& message = transcript_.messages.emplace_back();
    message.from = from;
    message.at = at;
    message.content = kind->content;
    line.remove_prefix(kind->name.size());
    if (!take(line, " [length ") || !take_number(line, message.bytes, 16) || !take(line, "]")) return false;
    const bool sealed = line == ", encrypted";
    const auto named = take(line, ", ") ? message_type_of(line) : std::nullopt;
    message.type = sealed                                    ? MessageType::encrypted
                   : kind->content == ContentType::handshake ? named.value_or(kind->type)
                                                             : kind->type;
    return true;
  }

  bool read_trailer(std::string_view line) {
    std::size_t count = 0;
    std::uint16_t version = 0;
    std::size_t sealed_client = 0;
    std::size_t sealed_server = 0;
    if (!take(line, end_mark) || !take_number(line, count) || count != transcript_.messages.size() ||
        !take(line, " messages, ") || !take_number(line, version, 16) || !take(line, " ") ||
        !take_number(line, transcript_.suite, 16) || !take(line, " "))
      return false;
    const std::string_view secret = line.substr(0, line.find(' '));
    transcript_.version = static_cast<Version>(version);
    if (secret != "-") transcript_.master_secret = from_hex(secret);
    line.remove_prefix(secret.size());
    if (!take(line, " ") || !take_number(line, sealed_client) || !take(line, " ") || !take_number(line, sealed_server))
      return false;
    if (sealed_client > 0) transcript_.sealed_records[Side::client] = sealed_client;
    if (sealed_server > 0) transcript_.sealed_records[Side::server] = sealed_server;
    return std::all_of(transcript_.messages.begin(), transcript_.messages.end(),
                       [&](Message& message) { return read_record(line, message); }) &&
           line.empty();
  }

  static bool read_record(std::string_view& line, Message& message) {
    if (!take(line, " ") || !take_number(line, message.offset) || !take(line, "/") ||
        !take_number(line, message.record_version, 16))
      return false;
    if (take(line, "s")) message.protection = Protection::sealed;
    if (take(line, "o")) message.protection = Protection::opened;
    message.receiver_has_key = take(line, "k");
    if (take(line, "v"))
      message.body = Finished{{}, true};
    else if (take(line, "x"))
      message.body = Finished{{}, false};
    return true;
  }

  void read_body(Message& message) {
    if (message.type == MessageType::alert && message.raw.size() == 2)
      message.body = Alert{message.raw[0], message.raw[1]};
    if (message.content != ContentType::handshake || message.type == MessageType::encrypted) return;
    if (hex16(message.record_version) == record_sslv2) {
      if (auto hello = parse_sslv2_hello(message.raw)) message.body = std::move(*hello);
      return;
    }
    const auto* known = message.as<Finished>();
    const auto verified = known == nullptr ? std::nullopt : known->verified;
    message.body = parse_handshake_body(message.raw, negotiated_, nullptr);
    if (auto* finished = std::get_if<Finished>(&message.body)) finished->verified = verified;
    if (const auto* hello = message.as<ServerHello>()) negotiated_ = hello->version;
  }

  Transcript transcript_;
  Version negotiated_ = Version::none;
};

/// A text's lines from our first on, without what stands before each of them, and without blanks at their ends.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::string quote;
  for (std::string& line : split(text, '\n')) {
    line.erase(line.find_last_not_of(" \r\t") + 1);
    const std::size_t head = std::min(line.find(cell_mark), line.find(head_mark));
    if (lines.empty() && head == std::string::npos) continue;
    if (lines.empty()) quote = line.substr(0, head);
    const bool empty = quote.substr(0, quote.find_last_not_of(' ') + 1) == line;
    lines.push_back(empty ? "" : line.starts_with(quote) ? line.substr(quote.size()) : line);
  }
  return lines;
}

/// What the digest is made of: the lines, a line feed behind each but the last, which has no digest yet.
std::string digest_of(const std::vector<std::string_view>& lines, std::string_view trailer) {
  std::string text;
  for (const std::string_view line : lines) text.append(line).append("\n");
  return sha256_hex(as_bytes(text.append(trailer)));
}

/// One connection, its head and its trailer; nothing if its digest does not fit.
std::optional<Transcript> read_whole_trace(const std::vector<std::string_view>& lines, std::string_view end) {
  const std::size_t digest = std::min(end.rfind(digest_mark), end.size());
  const std::string_view trailer = end.substr(0, digest);
  if (end.substr(digest) != std::string(digest_mark) + digest_of(lines, trailer)) return std::nullopt;
  return TraceReader().read({lines.begin() + 1, lines.end()}, trailer);
}

}  // namespace

std::string whole_trace(std::size_t number, const Transcript& transcript) {
  const std::string text =
      std::string(head_mark) + std::to_string(number) + "\n" + trace_text(transcript) + trailer(transcript);
  std::vector<std::string> lines = split(text, '\n');
  for (std::string& line : lines) line.erase(line.find_last_not_of(" \r\t") + 1);
  const std::vector<std::string_view> views(lines.begin(), lines.end() - 1);
  return text + std::string(digest_mark) + digest_of(views, lines.back()) + "\n";
}

std::string cell_trace(const CellTrace& trace) {
  std::string text = std::string(cell_mark) + std::to_string(trace.connections.size());
  text.append(trace.whole ? all_mark : some_mark).append(trace.said);
  std::replace(text.begin(), text.end(), '\n', ' ');
  text += "\n";
  for (std::size_t i = 0; i < trace.connections.size(); ++i) text += whole_trace(i + 1, trace.connections[i]) + "\n";
  return text;
}

std::optional<CellTrace> read_cell_trace(std::string_view text) {
  CellTrace cell;
  std::size_t announced = 0;
  std::vector<std::string_view> open;
  const std::vector<std::string> lines = lines_of(text);
  for (const std::string& line : lines) {
    std::string_view rest = line;
    if (open.empty() && take(rest, cell_mark) && take_number(rest, announced)) {
      cell.whole = take(rest, all_mark);
      if (cell.whole || take(rest, some_mark)) cell.said = rest;
    } else if (line.starts_with(end_mark) && !open.empty()) {
      auto transcript = read_whole_trace(open, line);
      if (!transcript) return std::nullopt;
      cell.connections.push_back(std::move(*transcript));
      open.clear();
    } else if (line.starts_with(head_mark) ? open.empty() : !open.empty()) {
      open.emplace_back(line);
    } else if (!line.empty()) {
      return std::nullopt;
    }
  }
  if (!open.empty() || cell.connections.empty()) return std::nullopt;
  cell.whole = cell.whole && announced == cell.connections.size();
  return cell;
}

}  // namespace ti

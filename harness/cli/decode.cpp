// decode: a capture or a bug report's text from anywhere, judged by the universal rules.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "capture/capture.hpp"
#include "cli/command.hpp"
#include "model/files.hpp"
#include "pasted/pasted.hpp"
#include "report/ladder.hpp"
#include "report/say.hpp"
#include "rules/registry.hpp"
#include "wire/decoder.hpp"

namespace ti {

namespace {

struct Options {
  std::string file;
  std::string keylog;
};

std::string read_or_refuse(const std::string& path) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) throw UsageError(path + ": is a folder; give a file in it");
  Result<std::string> bytes = read_file(path);
  if (!bytes) throw UsageError(bytes.error().text());
  return std::move(*bytes);
}

ObservedConnection observed(Transcript transcript) {
  ObservedConnection connection;
  connection.transcript = std::move(transcript);
  connection.handshakes = handshakes_of(connection.transcript);
  return connection;
}

bool is_capture(ByteView file) {
  if (file.size() < 4) return false;
  const std::string magic = to_hex(file.first(4));
  return magic == "0a0d0d0a" || magic == "a1b2c3d4" || magic == "d4c3b2a1" || magic == "a1b23c4d" ||
         magic == "4d3cb2a1" || magic.starts_with("1f8b");
}

void print_sealed(const Observation& observation, std::string_view advice) {
  std::size_t sealed = 0;
  for (const ObservedConnection& connection : observation.connections)
    for (const auto& [side, records] : connection.transcript.sealed_records) sealed += records;
  if (sealed) say(stdout, "{} records could not be opened{}\n", sealed, advice);
}

using Randoms = std::pair<std::array<std::uint8_t, 32>, std::array<std::uint8_t, 32>>;

/// What makes a TLS connection itself, however often its packets were captured: both hellos' randoms.
std::optional<Randoms> randoms_of(const ObservedConnection& connection) {
  const Handshake* first = first_handshake(connection);
  if (first == nullptr || !first->server_hello) return std::nullopt;
  const auto* client = connection.transcript.messages[first->client_hello].as<ClientHello>();
  const auto* server = connection.transcript.messages[*first->server_hello].as<ServerHello>();
  if (client == nullptr || server == nullptr) return std::nullopt;
  return Randoms{client->random, server->random};
}

Observation from_capture(const std::string& bytes, const Options& options) {
  Result<Capture> capture = read_capture(as_bytes(bytes));
  if (!capture) throw UsageError(options.file + ": " + capture.error().text());
  KeyLog keys(capture->keylog);
  if (!options.keylog.empty()) keys.add(read_or_refuse(options.keylog));
  Observation observation;
  std::set<Randoms> seen;
  std::size_t again = 0;
  for (const Recording& recording : capture->connections) {
    ObservedConnection connection = observed(decode(recording, keys));
    if (const auto randoms = randoms_of(connection); randoms && !seen.insert(*randoms).second) {
      ++again;
      continue;
    }
    connection.at = std::chrono::duration_cast<Milliseconds>(recording.opened);
    connection.begun = recording.opened;
    observation.connections.push_back(std::move(connection));
  }
  if (again > 0) fmt::print("{} of the connections captured are others seen again, and left out\n\n", again);
  return observation;
}

/// What s_client printed of its sessions, and the letters that their tickets are called by from then on.
void tell_sessions(const PrintedConnection& connection, TicketNames& names) {
  if (connection.sessions.empty() && connection.errors.empty()) return;
  say(stdout, "run of s_client\n");
  for (const PrintedSession& session : connection.sessions) {
    const std::string ticket = session.ticket.empty() ? "none" : names.add(sha256_hex(session.ticket), names.letter());
    say(stdout, "  ended {} {} {}, session {}..., ticket {}\n", session.reused ? "resumed" : "full", session.protocol,
        session.cipher, to_hex(session.session_id).substr(0, 16), ticket);
  }
  for (const std::string& error : connection.errors) say(stdout, "  said {}\n", error);
}

Observation from_text(const std::string& text, const Options& options, TicketNames& names) {
  Result<Pasted> pasted = read_pasted(text);
  if (!pasted)
    throw UsageError(options.file + ": neither a capture nor a text that can be read: " + pasted.error().text());
  for (const std::string& note : pasted->notes) say(stdout, "{}\n", note);
  Observation observation;
  if (!pasted->capture.empty()) observation = from_capture(std::string(as_text(pasted->capture)), options);
  for (PrintedConnection& connection : pasted->connections) {
    tell_sessions(connection, names);
    observation.connections.push_back(observed(std::move(connection.transcript)));
  }
  return observation;
}

bool holds_messages(const Observation& observation) {
  return std::any_of(observation.connections.begin(), observation.connections.end(),
                     [](const ObservedConnection& connection) { return !connection.transcript.messages.empty(); });
}

int decode_file(const Options& options) {
  const std::string bytes = read_or_refuse(options.file);
  const bool capture = is_capture(as_bytes(bytes));
  TicketNames names;
  Observation observation = capture ? from_capture(bytes, options) : from_text(bytes, options, names);
  observation.has_expectations = false;
  for (const ObservedConnection& connection : observation.connections)
    if (connection.transcript.version != Version::none) observation.tls = connection.transcript.version;
  if (!capture && !holds_messages(observation)) {
    say(stdout, "\nverdict: inconclusive\n  the text holds no messages to judge\n");
    return status::ok;
  }
  if (observation.connections.empty()) throw UsageError(options.file + ": no TLS connection in it");
  CellResult result;
  result.verdict = judge(observation);
  for (const ObservedConnection& connection : observation.connections)
    result.connections.push_back(summarise(connection, names));
  say(stdout, "{}", ladder(result, ::isatty(STDOUT_FILENO) == 1 && !std::getenv("NO_COLOR")));
  print_sealed(observation, capture && options.keylog.empty() ? " (--keylog FILE gives secrets)" : "");
  return result.verdict.outcome == Outcome::fail ? status::unexpected : status::ok;
}

}  // namespace

Action make_decode(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("file", options->file,
                 "pcap, pcapng, or text that holds what a TLS program printed (s_client -msg, tshark -V, ...)")
      ->required()
      ->type_name("FILE");
  app.add_option("--keylog", options->keylog, "secrets in NSS key log format, beside those in the capture")
      ->check(not_empty())
      ->type_name("FILE");
  app.footer("Exit status: 0 no rule broken; 1 a rule was broken; 2 the file cannot be read.");
  return [options](const Invocation&) { return decode_file(*options); };
}

}  // namespace ti

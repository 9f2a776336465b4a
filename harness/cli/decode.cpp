// decode: captures and bug reports' texts from anywhere, judged by the universal rules.
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "capture/capture.hpp"
#include "cli/command.hpp"
#include "cli/decode_report.hpp"
#include "model/files.hpp"
#include "pasted/pasted.hpp"
#include "report/try_print.hpp"
#include "wire/decoder.hpp"

namespace ti {

namespace {

struct Options {
  std::vector<std::string> files;
  std::string keylog;
  bool json = false;
};

constexpr const char* standard_input = "-";

bool is_capture(ByteView beginning) {
  if (beginning.size() < 4) return false;
  const std::string magic = to_hex(beginning.first(4));
  return magic == "0a0d0d0a" || magic == "a1b2c3d4" || magic == "d4c3b2a1" || magic == "a1b23c4d" ||
         magic == "4d3cb2a1" || magic.starts_with("1f8b");
}

std::string read_or_refuse(const std::string& path) {
  Result<std::string> bytes = read_file(path);
  if (!bytes) throw UsageError(bytes.error().text());
  return std::move(*bytes);
}

std::ifstream open_or_refuse(const std::string& path) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) throw UsageError(path + ": is a folder; give a file in it");
  std::ifstream in(path == standard_input ? "/dev/stdin" : path, std::ios::binary);
  if (!in) read_or_refuse(path);
  return in;
}

/// The first bytes of a stream, which stay in it.
Bytes beginning_of(std::istream& in) {
  Bytes bytes(4);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  in.clear();
  for (std::size_t i = 0; i < bytes.size(); ++i) in.unget();
  return bytes;
}

/// A stage on the way through a long file.
class Progress {
 public:
  Progress(std::string file, std::uint64_t bytes) : file_(std::move(file)), bytes_(bytes) {}

  void at(std::uint64_t bytes) {
    if (bytes < next_) return;
    next_ = bytes + step;
    try_print(stderr, "{}: {} MiB{} read\n", file_, bytes >> 20,
              bytes_ == 0 ? "" : fmt::format(" of {}", bytes_ >> 20));
  }

 private:
  static constexpr std::uint64_t step = 256 << 20;
  std::string file_;
  std::uint64_t bytes_;  ///< 0: not known
  std::uint64_t next_ = step;
};

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

std::string text_of(const Endpoint& endpoint) {
  const bool v6 = endpoint.address.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", endpoint.address, v6 ? "]" : "", endpoint.port);
}

/// Reading holds what goes on from one file to the next: numbers, tickets, times.
class Reading {
 public:
  Reading(const Options& options, DecodeReport& report) : options_(options), report_(report) {
    if (!options.keylog.empty()) keys_.add(read_or_refuse(options.keylog));
  }

  void file(const std::string& path) {
    file_ = path;
    is_text_ = false;
    stamp_ = {};
    const std::size_t before = docket_.judged();
    const std::size_t unread_before = unread_.size();
    std::ifstream in = open_or_refuse(path);
    if (is_capture(beginning_of(in))) {
      look_ahead(in);
      tell_stamp();
      capture(in, size_of(path));
    } else {
      text({std::istreambuf_iterator<char>(in), {}});
    }
    if (docket_.judged() == before && again_ == 0 && !is_text_) refuse_empty(path, unread_before);
  }

  int end() {
    if (again_ > 0)
      report_.note(std::to_string(again_) + " of the connections captured are others seen again, and left out");
    if (sealed_ > 0)
      report_.note(std::to_string(sealed_) + " records could not be opened" +
                   (captures_ && options_.keylog.empty() ? " (--keylog FILE gives secrets)" : ""));
    report_.end(tally_, unread_);
    return tally_.failed() ? status::unexpected : status::ok;
  }

 private:
  static std::uint64_t size_of(const std::string& path) {
    std::error_code unknown;
    const auto bytes = std::filesystem::file_size(path, unknown);
    return unknown ? 0 : bytes;
  }

  /// Secrets may stand behind the packets that they open, and a run's own capture says whether it is whole. What cannot
  /// be read twice is read as it comes.
  void look_ahead(std::istream& in) {
    const auto begin = in.tellg();
    if (begin < 0 || !in.seekg(0, std::ios::end) || !in.seekg(0)) {
      in.clear();
      return;
    }
    keys_.add(keylog_of(in));
    in.clear();
    in.seekg(0);
    stamp_ = stamp_of(in);
    in.clear();
    in.seekg(0);
  }

  /// What the run said, which knew the scenario, too. The verdict here is made of the bytes alone.
  void tell_stamp() {
    if (!stamp_.said.empty()) report_.note("evidence of " + stamp_.said);
  }

  /// Packets that a text prints are told, like all that it prints.
  void capture(std::istream& in, std::uint64_t bytes, Vantage vantage = Vantage::wire) {
    captures_ = true;
    CaptureReader reader(in, epoch_);
    Progress progress(file_, bytes);
    while (true) {
      Result<std::optional<CaptureRecording>> recording = reader.next();
      if (!recording) throw UsageError(file_ + ": " + recording.error().text());
      keys_.add(reader.take_keylog());
      progress.at(reader.bytes_read());
      if (!*recording) break;
      connection(**recording, vantage);
    }
    epoch_ = reader.epoch();
    for (std::string& phrase : reader.unread()) unread_.push_back(std::move(phrase));
  }

  void connection(const CaptureRecording& recording, Vantage vantage) {
    ObservedConnection connection;
    connection.transcript = decode(recording, keys_);
    connection.transcript.vantage = vantage;
    connection.handshakes = handshakes_of(connection.transcript);
    connection.at = std::chrono::duration_cast<Milliseconds>(recording.opened);
    connection.begun = recording.opened;
    if (const auto randoms = randoms_of(connection); randoms && !seen_.insert(*randoms).second) {
      ++again_;
      return;
    }
    judge(std::move(connection), text_of(recording.client), text_of(recording.server), !recording.plain_answer);
  }

  void text(const std::string& text) {
    Result<Pasted> pasted = read_pasted(text);
    if (!pasted) throw UsageError(file_ + ": neither a capture nor a text that can be read: " + pasted.error().text());
    is_text_ = true;
    stamp_ = {pasted->said, pasted->whole_cell};
    tell_stamp();
    for (const std::string& note : pasted->notes) report_.note(note);
    if (!pasted->capture.empty()) {
      std::istringstream in{std::string(as_text(pasted->capture))};
      capture(in, pasted->capture.size(), Vantage::untimed);
    }
    for (PrintedConnection& each : pasted->connections) {
      tell_sessions(each);
      if (each.transcript.messages.empty() && !stamp_.whole) {
        if (!each.sessions.empty()) docket_.pass_over();
        continue;
      }
      ObservedConnection connection;
      connection.transcript = std::move(each.transcript);
      connection.handshakes = handshakes_of(connection.transcript);
      if (!connection.transcript.messages.empty()) connection.begun = connection.transcript.messages.front().at;
      connection.at = std::chrono::duration_cast<Milliseconds>(connection.begun);
      judge(std::move(connection), "", "");
    }
  }

  /// What s_client printed of its sessions, and the letters that their tickets are called by from then on.
  void tell_sessions(const PrintedConnection& connection) {
    if (connection.sessions.empty() && connection.errors.empty()) return;
    const bool of_server = !connection.sessions.empty() && connection.sessions.front().of_server;
    report_.note(of_server ? "run of s_server" : "run of s_client or s_server");
    for (const PrintedSession& session : connection.sessions) {
      if (session.of_server) {
        report_.note(fmt::format("  {} {}", session.reused ? "resumed" : "full", session.cipher));
        continue;
      }
      const std::string ticket =
          session.ticket.empty() ? "none" : names_.add(sha256_hex(session.ticket), names_.letter());
      report_.note(fmt::format("  ended {} {} {}, session {}..., ticket {}", session.reused ? "resumed" : "full",
                               session.protocol, session.cipher, to_hex(session.session_id).substr(0, 16), ticket));
    }
    for (const std::string& error : connection.errors) report_.note("  said " + error);
  }

  void judge(ObservedConnection connection, const std::string& client, const std::string& server,
             bool speaks_tls = true) {
    for (const auto& [side, records] : connection.transcript.sealed_records) sealed_ += records;
    JudgedConnection judged{file_, client, server, summarise(connection, names_), {}};
    judged.judgement = stamp_.whole ? docket_.judge_tapped(std::move(connection), file_)
                                    : docket_.judge(std::move(connection), server, speaks_tls);
    tally_.add(judged.judgement);
    report_.connection(judged);
  }

  [[noreturn]] void refuse_empty(const std::string& path, std::size_t unread_before) const {
    std::string what;
    for (std::size_t i = unread_before; i < unread_.size(); ++i)
      what += (what.empty() ? "; in it, not judged: " : ", ") + unread_[i];
    throw UsageError(path + ": no TLS connection in it" + what);
  }

  const Options& options_;
  DecodeReport& report_;
  std::string file_;
  KeyLog keys_;
  CaptureJudge docket_;
  DecodeTally tally_;
  TicketNames names_;
  std::set<Randoms> seen_;
  std::optional<std::uint64_t> epoch_;
  std::vector<std::string> unread_;
  std::size_t sealed_ = 0;
  std::size_t again_ = 0;
  bool captures_ = false;
  bool is_text_ = false;  ///< the file read now
  EvidenceStamp stamp_;   ///< of the file read now
};

int decode_files(const Options& options) {
  const bool colour = ::isatty(STDOUT_FILENO) == 1 && !std::getenv("NO_COLOR");
  const auto report = options.json ? json_report(stdout) : text_report(stdout, colour, options.files.size() > 1);
  Reading reading(options, *report);
  for (const std::string& file : options.files) reading.file(file);
  return reading.end();
}

}  // namespace

Action make_decode(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("file", options->files,
                 "pcap, pcapng, or text that holds what a TLS program printed (s_client -msg, tshark -V, ...); - reads "
                 "standard input")
      ->required()
      ->type_name("FILE");
  app.add_option("--keylog", options->keylog, "secrets in NSS key log format, beside those in the capture")
      ->check(not_empty())
      ->type_name("FILE");
  app.add_flag("--json", options->json, "all of it as data (reports/decode.schema.json)");
  app.footer(
      "Several files are read as one, in the order given: tickets of one may be offered in the next.\n"
      "Exit status: 0 no rule broken; 1 a rule was broken; 2 a file cannot be read.");
  return [options](const Invocation&) { return decode_files(*options); };
}

}  // namespace ti

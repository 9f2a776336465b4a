#include "run/evidence.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "capture/capture.hpp"
#include "endpoints/run_context.hpp"
#include "wire/whole_trace.hpp"

namespace ti {

namespace {

void write_private(const std::filesystem::path& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) throw HarnessError("cannot write " + path.string() + ": " + std::strerror(errno));
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0) break;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  const int error = errno;
  ::close(fd);
  if (!text.empty()) throw HarnessError("cannot write " + path.string() + ": " + std::strerror(error));
}

std::filesystem::path evidence_folder(const CellId& id) { return std::filesystem::path("evidence") / folder_name(id); }

std::string seconds(Instant at) { return fmt::format("{:10.6f}", std::chrono::duration<double>(at).count()); }

/// Whoever reads a capture leaves out connections in which no TLS began.
bool begins_with_hello(const Transcript& transcript) {
  return !transcript.messages.empty() && transcript.messages.front().type == MessageType::client_hello;
}

/// "fail, fault: server, rule: rfc5077-3.3-one-ticket, at connection 2 message 8: why".
std::string line_of(const Verdict& verdict) {
  std::string line(name(verdict.outcome));
  if (verdict.fault) line += fmt::format(", fault: {}, rule: {}", name(*verdict.fault), verdict.rule);
  if (verdict.at) line += fmt::format(", at connection {}", verdict.at->connection);
  if (verdict.at && verdict.at->message) line += fmt::format(" message {}", *verdict.at->message);
  return verdict.reason.empty() ? line : line + ": " + verdict.reason;
}

}  // namespace

std::string folder_name(const CellId& id) {
  std::string name = id.text();
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

Evidence write_evidence(const std::filesystem::path& results, const CellId& id, const Gathered& gathered) {
  const std::filesystem::path relative = evidence_folder(id);
  const std::filesystem::path folder = results / relative;
  std::filesystem::create_directories(folder);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);

  const std::string said = id.text() + ", of which the run said: " + line_of(gathered.verdict);
  const auto write_capture = [&](const char* leaf, const std::vector<Recording>& recordings, EvidenceStamp stamp) {
    const Capture capture{recordings, gathered.keylog, std::move(stamp)};
    write_private(folder / leaf, as_text(write_pcapng(capture, gathered.began)));
  };
  const bool all_tls = std::all_of(gathered.transcripts.begin(), gathered.transcripts.end(), begins_with_hello);
  write_capture("capture.pcapng", gathered.recordings, {said, gathered.whole && all_tls});
  write_private(folder / "keys.log", gathered.keylog);
  write_private(folder / "trace.txt", cell_trace({said, gathered.whole, gathered.transcripts}));

  std::string server;
  for (const LogLine& line : gathered.server_log) server += seconds(line.at) + "  " + line.text + "\n";
  write_private(folder / "server.log", server);
  std::string client;
  for (const std::string& line : gathered.client_log) client += line + "\n";
  write_private(folder / "client.log", client);
  write_private(folder / "commands.txt", gathered.commands);

  const auto file = [&](const char* leaf) { return (relative / leaf).string(); };
  std::vector<std::string> logs{file("server.log"), file("client.log"), file("commands.txt")};
  if (gathered.disturbed) {
    write_capture("sent.pcapng", gathered.sent, {said + "; the tap changed what was sent here on its way", false});
    write_capture("delivered.pcapng", gathered.delivered, {said + "; this is what the tap had changed", false});
    logs.insert(logs.end(), {file("sent.pcapng"), file("delivered.pcapng")});
  }
  return {file("capture.pcapng"), file("keys.log"), file("trace.txt"), std::move(logs)};
}

void replace_evidence(const std::filesystem::path& results, const CellId& id, const std::filesystem::path& by) {
  const std::filesystem::path to = results / evidence_folder(id);
  const std::filesystem::path from = by / evidence_folder(id);
  std::filesystem::remove_all(to);
  if (!std::filesystem::exists(from)) return;
  std::filesystem::create_directories(to.parent_path());
  std::filesystem::rename(from, to);
}

}  // namespace ti

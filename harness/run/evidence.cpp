#include "run/evidence.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "capture/capture.hpp"
#include "endpoints/run_context.hpp"
#include "wire/trace.hpp"

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

  const auto write_capture = [&](const char* leaf, const std::vector<Recording>& recordings) {
    const Capture capture{recordings, gathered.keylog};
    write_private(folder / leaf, as_text(write_pcapng(capture, gathered.began)));
  };
  write_capture("capture.pcapng", gathered.recordings);
  write_private(folder / "keys.log", gathered.keylog);

  std::string trace;
  for (std::size_t i = 0; i < gathered.transcripts.size(); ++i)
    trace += fmt::format("=== connection {}\n", i + 1) + trace_text(gathered.transcripts[i]) + "\n";
  write_private(folder / "trace.txt", trace);

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
    write_capture("sent.pcapng", gathered.sent);
    write_capture("delivered.pcapng", gathered.delivered);
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

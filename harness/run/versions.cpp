#include "run/versions.hpp"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "exec/deadline.hpp"
#include "exec/line_channel.hpp"
#include "exec/output_log.hpp"
#include "exec/temp_dir.hpp"
#include "run/client.hpp"
#include "wire/transcript.hpp"

namespace ti {

namespace {

Launch launch_of(std::vector<std::string> argv, const Site& site, const std::filesystem::path& folder) {
  Launch launch;
  launch.argv = std::move(argv);
  launch.env = site.environment(folder);
  launch.cwd = folder;
  return launch;
}

/// The first line that a version command prints.
awaitable<std::string> printed_version(std::vector<std::string> argv, const Site& site) {
  const TempDir folder(*site.guardian);
  Launch launch = launch_of(std::move(argv), site, folder.path());
  launch.output = Launch::Output::merged;
  Process process(site.executor, *site.guardian, launch);
  OutputLog log(std::move(process.out), Stopwatch());
  const bool ended = co_await log.wait_for_end(deadline_in(site.limits.start));
  if (!ended) throw HarnessError("its version command does not end");
  co_await process.wait();
  const std::vector<LogLine> lines = log.lines();
  co_return lines.empty() ? "unknown: it printed nothing" : lines.front().text;
}

/// The version in an adapter's answer to hello.
awaitable<std::string> said_version(const ClientManifest& manifest, const Site& site) {
  const TempDir folder(*site.guardian);
  Launch launch = launch_of(client_argv(manifest, site), site, folder.path());
  for (const auto& [variable, value] : manifest.env) launch.env[variable] = value;
  launch.input = true;
  launch.output = Launch::Output::separate;
  Process process(site.executor, *site.guardian, launch);
  OutputLog errors(std::move(process.err), Stopwatch());
  LineChannel channel(process, Stopwatch());
  const std::string line = co_await channel.request(R"({"do":"hello","protocol":1})", deadline_in(site.limits.start));
  process.in.close();
  co_await process.stop(site.limits.answer);
  const auto answer = nlohmann::json::parse(line, nullptr, false);
  if (!answer.is_object() || !answer.value("ok", false))
    throw HarnessError("it answered hello with " + line.substr(0, 200));
  co_return answer.value("library", manifest.library) + " " + answer.value("version", "unknown");
}

awaitable<std::string> or_unknown(awaitable<std::string> version) {
  std::string why;
  try {
    std::string known = co_await std::move(version);
    co_return known;
  } catch (const std::exception& error) {
    why = error.what();
  }
  co_return "unknown: " + why;
}

std::string file_sha256(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return sha256_hex(as_bytes(bytes));
}

}  // namespace

awaitable<Facts> server_facts(const ServerManifest& manifest, const Site& site) {
  const std::filesystem::path binary = site.servers / manifest.id / manifest.binary;
  std::vector<std::string> argv;
  for (const std::string& arg : manifest.version) argv.push_back(arg == "{binary}" ? binary.string() : arg);
  Facts facts{{"title", manifest.title}, {"library", manifest.library}, {"binary_sha256", file_sha256(binary)}};
  awaitable<std::string> asked = printed_version(std::move(argv), site);
  std::string version = co_await or_unknown(std::move(asked));
  facts["version"] = std::move(version);
  co_return facts;
}

awaitable<Facts> client_facts(const ClientManifest& manifest, const Site& site) {
  Facts facts{{"library", manifest.library},
              {"front_door", manifest.front_door},
              {"carry", manifest.carry == Carry::cache ? "cache" : "export"}};
  awaitable<std::string> asked =
      manifest.program ? printed_version(manifest.program->version, site) : said_version(manifest, site);
  std::string version = co_await or_unknown(std::move(asked));
  facts["version"] = std::move(version);
  co_return facts;
}

}  // namespace ti

#include "check/versions.hpp"

#include <cctype>
#include <cmath>

#include "base/line_search.hpp"
#include "base/text.hpp"
#include "check/clock_check.hpp"
#include "endpoints/adapter_protocol.hpp"
#include "endpoints/client.hpp"
#include "endpoints/loaded_libraries.hpp"
#include "endpoints/server.hpp"
#include "exec/clock.hpp"
#include "exec/line_channel.hpp"
#include "exec/output_log.hpp"
#include "exec/temp_dir.hpp"
#include "model/files.hpp"
#include "wire/transcript.hpp"

namespace ti {

std::string lack_of(const std::string& capability) { return "cannot_" + capability; }

namespace {

/// What a version command prints.
awaitable<std::string> printed_version(Launch launch, const RunContext& context) {
  launch.input = false;
  launch.output = Launch::Output::merged;
  Process process(context.executor, *context.guardian, launch);
  OutputLog log(std::move(process.out), Stopwatch());
  const bool ended = co_await log.wait_for_end(deadline_in(context.limits.start));
  if (!ended) throw HarnessError("its version command does not end");
  co_await process.wait();
  co_return std::string(log.text());
}

std::string first_line(const std::string& printed) {
  return printed.empty() ? "unknown: it printed nothing" : printed.substr(0, printed.find_first_of("\r\n"));
}

/// What an adapter says of itself.
struct Said {
  std::string version;
  ClockState clock = ClockState::real;
  std::string tls;
  Facts cannot;
  std::string file;
};

/// What a server's version command says of its build besides: "tls: 1.2 1.3", "cannot dhe_rsa: why".
Facts lacks_printed(const std::string& printed) {
  constexpr std::string_view versions = "tls: ";
  constexpr std::string_view lack = "cannot ";
  Facts facts;
  for (const std::string& line : split(printed, '\n')) {
    if (line.starts_with(versions)) facts["tls"] = line.substr(versions.size());
    const std::size_t colon = line.find(": ");
    if (line.starts_with(lack) && colon != line.npos)
      facts[lack_of(line.substr(lack.size(), colon - lack.size()))] = line.substr(colon + 2);
  }
  return facts;
}

/// Whether the adapter's time went with a clock that was moved between two hellos.
ClockState clock_observed(const AdapterAnswer::Hello& before, const AdapterAnswer::Hello& after,
                          std::chrono::seconds moved) {
  if (!before.time_s || !after.time_s) return ClockState::not_told;
  constexpr double tolerance_s = 60;
  const double went = *after.time_s - *before.time_s;
  const bool went_along = std::abs(went - static_cast<double>(moved.count())) < tolerance_s;
  return went_along ? ClockState::moves : ClockState::stands_still;
}

std::string listed(const std::vector<Version>& versions) {
  std::string text;
  for (const Version version : versions) text += (text.empty() ? "" : " ") + std::string(name(version));
  return text;
}

/// The conversation by which an adapter says who it is, and shows how its clock goes.
awaitable<Said> converse(const ClientManifest& manifest, Process& process, const RunContext& context,
                         VirtualClock* clock) {
  LineChannel channel(process, Stopwatch());
  const Deadline deadline = deadline_in(context.limits.start);
  const std::string first = co_await channel.request(hello_line(), deadline);
  const AdapterAnswer::Hello before = AdapterAnswer(first).hello();
  Said said;
  said.version = (before.library.empty() ? manifest.library : before.library) + " " +
                 (before.version.empty() ? "unknown" : before.version);
  said.tls = listed(before.tls);
  for (const auto& [capability, why] : before.cannot) said.cannot[lack_of(capability)] = why;
  const std::string maps = maps_of(process.id());
  if (manifest.build)
    if (const std::string wrong = wrong_load(maps, *manifest.build); !wrong.empty()) throw HarnessError(wrong);
  said.file = library_file(maps, manifest.library);
  if (manifest.capabilities.contains("own_clock")) said.clock = ClockState::not_told;
  if (clock) {
    constexpr std::chrono::seconds moved{100000};
    co_await clock->advance_to(moved);
    const std::string second = co_await channel.request(hello_line(), deadline);
    said.clock = clock_observed(before, AdapterAnswer(second).hello(), moved);
  }
  co_return said;
}

/// A folder of libraries that a manifest's own environment names, and from which nothing is loaded, is misspelt or
/// holds none that fits: what would be tested is the system's.
void check_library_path(const Launch& launch, pid_t process) {
  const auto path = launch.env.find("LD_LIBRARY_PATH");
  if (path == launch.env.end()) return;
  const std::vector<std::filesystem::path> files = mapped_files(maps_of(process));
  for (const std::string& folder : split(path->second, ':'))
    for (const std::filesystem::path& file : files)
      if (file.string().starts_with(std::filesystem::weakly_canonical(folder).string() + "/")) return;
  throw HarnessError("nothing that it has loaded lies in its LD_LIBRARY_PATH, " + path->second +
                     "; ID=PLACE is how to name a build");
}

awaitable<Said> ask_adapter(const ClientManifest& manifest, const RunContext& context,
                            const std::filesystem::path& libfaketime) {
  const TempDir folder(*context.guardian);
  Launch launch = client_launch(manifest, context, client_argv(manifest, context), folder.path());
  std::optional<VirtualClock> clock;
  if (!libfaketime.empty() && !manifest.capabilities.contains("own_clock")) {
    clock.emplace(*context.guardian, folder.path() / "clock", libfaketime);
    launch.env.merge(clock->env());
  }
  if (manifest.build) launch.env["LD_BIND_NOW"] = "1";  // what the library lacks shows now, and not in a cell
  Process process(context.executor, *context.guardian, launch);
  OutputLog errors(std::move(process.err), Stopwatch());
  std::string broken;
  Said said;
  try {
    Said heard = co_await converse(manifest, process, context, clock ? &*clock : nullptr);
    said = std::move(heard);
    check_library_path(launch, process.id());
  } catch (const std::exception& error) {
    broken = error.what();
  }
  process.in.close();
  co_await process.stop(context.limits.answer);
  errors.drain();
  if (!broken.empty()) throw HarnessError(why_silent(broken, errors.text()));
  co_return said;
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
  const Result<std::string> bytes = read_file(file);
  return bytes ? sha256_hex(as_bytes(*bytes)) : "unknown: " + bytes.error().text();
}

}  // namespace

void tell_build(Facts& facts, const Build& build) {
  facts["build"] = build.place();
  if (!build.label.empty()) facts["label"] = build.label;
  const bool in_program = build.libraries.empty() || build.program_is_static;
  const std::filesystem::path& file = in_program ? build.program : build.libraries.front().file;
  facts["file"] = file.string();
  facts["file_sha256"] = file_sha256(file);
}

std::string library_file(std::string_view maps, const std::string& library) {
  std::string wanted;
  for (const unsigned char c : library)
    if (std::isalnum(c)) wanted += static_cast<char>(std::tolower(c));
  std::string found;
  std::string libssl;
  for (const std::string& line : split(maps, '\n')) {
    const std::size_t at = line.find('/');
    if (at == std::string::npos) continue;
    const std::string path = line.substr(at);
    const std::string name = std::filesystem::path(path).filename();
    if (name.find(".so") == std::string::npos) continue;
    const bool better = found.empty() || name.size() < std::filesystem::path(found).filename().native().size();
    if (name.find(wanted) != std::string::npos && better) found = path;
    if (name.starts_with("libssl.so")) libssl = path;
  }
  return found.empty() ? libssl : found;
}

std::string why_silent(const std::string& seen, std::string_view printed) {
  static constexpr std::string_view loaders[] = {"error while loading shared libraries", "symbol lookup error",
                                                 "undefined symbol", "' not found (required by"};
  const std::vector<std::string> lines = split(printed, '\n');
  for (const std::string& line : lines)
    for (const std::string_view words : loaders)
      if (line.find(words) != std::string::npos) return line + " (" + seen + ")";
  std::string text = seen;
  for (const std::string& line : lines)
    if (!line.empty() && text.size() < 1000) text += "; it printed: " + line;
  return text;
}

awaitable<Facts> server_facts(const ServerManifest& manifest, const RunContext& context) {
  Facts facts{{"title", manifest.title},
              {"library", manifest.library},
              {"binary_sha256", file_sha256(server_program(manifest, context))}};
  if (manifest.build) tell_build(facts, *manifest.build);
  const TempDir folder(*context.guardian);
  Result<Launch> launch = version_launch(manifest, context, folder.path());
  if (!launch) throw HarnessError(launch.error().text());
  awaitable<std::string> asked = printed_version(std::move(*launch), context);
  const std::string printed = co_await or_unknown(std::move(asked));
  facts["version"] = first_line(printed);
  if (manifest.build) facts.merge(lacks_printed(printed));
  if (!manifest.library_version.empty())
    facts["library_version"] =
        find_in_lines(printed, manifest.library_version).value_or("unknown: its version command does not say it");
  co_return facts;
}

awaitable<Facts> client_facts(const ClientManifest& manifest, const RunContext& context,
                              const std::filesystem::path& libfaketime) {
  Facts facts{{"library", manifest.library},
              {"front_door", manifest.front_door},
              {"carry", manifest.carry == Carry::cache ? "cache" : "export"}};
  if (manifest.build) tell_build(facts, *manifest.build);
  if (manifest.program) {
    const TempDir folder(*context.guardian);
    std::vector<std::string> argv = filled_in(manifest.program->version, manifest, variables_of(manifest, context));
    awaitable<std::string> asked =
        printed_version(client_launch(manifest, context, std::move(argv), folder.path()), context);
    const std::string printed = co_await or_unknown(std::move(asked));
    facts["version"] = first_line(printed);
    tell_clock(facts, ClockState::not_told);
    co_return facts;
  }
  std::string why;
  try {
    Said said = co_await ask_adapter(manifest, context, libfaketime);
    facts["version"] = std::move(said.version);
    tell_clock(facts, said.clock);
    if (!said.tls.empty()) facts["tls"] = std::move(said.tls);
    facts.merge(said.cannot);
    if (!manifest.build && !said.file.empty()) {
      facts["file_sha256"] = file_sha256(said.file);
      facts["file"] = std::move(said.file);
    }
    co_return facts;
  } catch (const std::exception& error) {
    why = error.what();
  }
  facts["version"] = "unknown";
  facts["broken"] = why;
  co_return facts;
}

}  // namespace ti

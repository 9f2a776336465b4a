#include "check/build_trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>

#include "base/text.hpp"
#include "check/versions.hpp"
#include "endpoints/client.hpp"
#include "endpoints/loaded_libraries.hpp"
#include "endpoints/program_client.hpp"
#include "endpoints/server.hpp"
#include "exec/output_log.hpp"
#include "exec/temp_dir.hpp"
#include "model/version_range.hpp"

namespace ti {

namespace {

using asio::ip::tcp;

/// What came of one start of a program.
struct Start {
  bool connected = false;
  std::string wrong;  ///< another build that it ran on
  std::vector<FoundLibrary> loaded;
  std::string output;
  std::string ended;
};

/// Runs the command until it has connected to a port where nobody speaks, or ended. While it waits there, it has loaded
/// all that it works with.
awaitable<Start> start_once(const ClientManifest& manifest, const RunContext& context, ClientSettings settings) {
  tcp::acceptor silent(context.executor, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  silent.non_blocking(true);
  const TempDir folder(*context.guardian);
  if (settings.keylog.empty() == false) settings.keylog = folder.path() / "keys.log";
  std::vector<std::string> argv =
      program_command(manifest, context, settings, silent.local_endpoint().port(), {}, folder.path() / "session");
  Launch launch = client_launch(manifest, context, std::move(argv), folder.path());
  launch.output = Launch::Output::merged;
  Process process(context.executor, *context.guardian, launch);
  OutputLog log(std::move(process.out), Stopwatch());
  Start start;
  tcp::socket caller(context.executor);
  const Deadline deadline = deadline_in(context.limits.start);
  bool ended = false;
  while (!start.connected && !ended && std::chrono::steady_clock::now() < deadline) {
    boost::system::error_code nobody_yet;
    silent.accept(caller, nobody_yet);
    start.connected = !nobody_yet;
    if (!start.connected) ended = co_await process.ends_by(deadline_in(std::chrono::milliseconds(5)));
  }
  if (start.connected) {
    const std::string maps = maps_of(process.id());
    start.wrong = wrong_load(maps, *manifest.build);
    start.loaded = loaded_libraries(maps, *manifest.builds);
  }
  co_await process.stop(std::chrono::milliseconds(0));
  co_await log.wait_for_end(deadline_in(std::chrono::seconds(1)));
  start.output = log.text();
  start.ended = ended ? "it " + text(*process.ended()) : "it does not connect";
  co_return start;
}

/// Where a program's place holds no library, the one that it was seen to load is the build's from now on.
void adopt(Build& build, const std::vector<FoundLibrary>& loaded) {
  if (build.libraries.empty() && !build.program_is_static) build.libraries = loaded;
}

/// Whether a line names an option: "-no-CApath" is not "-no".
bool names(const std::string& line, const std::string& option) {
  for (std::size_t at = line.find(option); at != std::string::npos; at = line.find(option, at + 1)) {
    const std::size_t end = at + option.size();
    const auto goes_on = [&](std::size_t i) {
      return i < line.size() &&
             (std::isalnum(static_cast<unsigned char>(line[i])) != 0 || line[i] == '_' || line[i] == '-');
    };
    if (!goes_on(end) && (at == 0 || !goes_on(at - 1))) return true;
  }
  return false;
}

/// Takes a part out of a command, if it is there.
bool take_out(std::vector<std::string>& argv, const MayLack& part) {
  const auto found = std::search(argv.begin(), argv.end(), part.begin(), part.end());
  if (found == argv.end()) return false;
  argv.erase(found, found + std::ssize(part));
  return true;
}

/// Takes what the complaint names out of the command, if it may be lacking.
bool do_without(ClientManifest& manifest, const std::string& complaint) {
  return std::ranges::any_of(manifest.builds->may_lack, [&](const MayLack& part) {
    if (!names(complaint, part.front()) || !take_out(manifest.argv, part)) return false;
    std::string& why = manifest.cannot["options"];
    why += (why.empty() ? "this build does not know " : ", ") + part.front();
    return true;
  });
}

bool names_any(const std::string& complaint, const std::vector<std::string>& words) {
  return std::ranges::any_of(words, [&](const std::string& word) { return names(complaint, word); });
}

/// Until it connects, or complains of what only these words bring: whether it does without them.
awaitable<bool> knows(ClientManifest* manifest, const RunContext& context, ClientSettings settings,
                      std::vector<std::string> words) {
  while (true) {
    const Start start = co_await start_once(*manifest, context, settings);
    if (!start.wrong.empty()) throw HarnessError("client " + manifest->id + ": " + start.wrong);
    if (start.connected) {
      adopt(*manifest->build, start.loaded);
      co_return true;
    }
    const std::string complaint = usage_complaint(start.output);
    if (!complaint.empty() && do_without(*manifest, complaint)) continue;
    if (!complaint.empty() && names_any(complaint, words)) co_return false;
    throw HarnessError("client " + manifest->id + " cannot be driven: " + why_silent(start.ended, start.output));
  }
}

}  // namespace

awaitable<void> try_server(ServerManifest* manifest, const RunContext& context) {
  const TempDir folder(*context.guardian);
  ServerOrder order;
  order.manifest = manifest;
  order.tls = manifest->tls.rbegin()->first;
  Server server(std::move(order), context, folder.path() / "s");
  const RealClock clock;
  std::exception_ptr failed;
  try {
    co_await server.start(clock, Stopwatch(), deadline_in(context.limits.start));
  } catch (...) {
    failed = std::current_exception();
  }
  if (!failed) adopt(*manifest->build, loaded_libraries(maps_of(server.id()), *manifest->builds));
  co_await server.stop();
  if (failed) std::rethrow_exception(failed);
}

awaitable<void> fit_program(ClientManifest* manifest, const RunContext& context) {
  const std::map<Version, std::vector<std::string>> all = manifest->program->tls;
  for (const auto& [version, words] : all) {
    if (!manifest->tls.contains(version)) continue;
    ClientSettings settings{version};
    const bool known = co_await knows(manifest, context, settings, words);
    if (known) continue;
    manifest->tls.erase(version);
    manifest->cannot[std::string(name(version))] = "this build does not know " + pasteable(words);
  }
  if (manifest->tls.empty()) throw HarnessError("client " + manifest->id + ": this build can be pinned to no version");
  if (!manifest->capabilities.contains("keylog")) co_return;
  ClientSettings settings{*manifest->tls.rbegin()};
  settings.keylog = "keys.log";
  const bool tells = co_await knows(manifest, context, settings, manifest->program->keylog);
  if (tells) co_return;
  manifest->capabilities.erase("keylog");
  manifest->cannot["keylog"] = "this build does not know " + pasteable({manifest->program->keylog.front()});
}

void fit_to_version(ServerManifest& manifest, const std::string& library_version) {
  const BuildRecipe& recipe = *manifest.builds;
  manifest.build->has_security_levels = in_version_range(recipe.security_levels, library_version);
  for (const auto& [version, range] : recipe.tls)
    if (!in_version_range(range, library_version)) manifest.tls.erase(version_of(version));
}

void fit_to_version(ClientManifest& manifest, const std::string& library_version) {
  manifest.build->has_security_levels = in_version_range(manifest.builds->security_levels, library_version);
}

}  // namespace ti

#include "cli/compile.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/shard_from_environment.hpp"
#include "exec/output_log.hpp"
#include "exec/process.hpp"
#include "model/manifest.hpp"
#include "report/try_print.hpp"

namespace ti {

namespace {

std::string joined(const std::vector<std::filesystem::path>& paths) {
  std::string text;
  for (const std::filesystem::path& path : paths) text += (text.empty() ? "" : ":") + path.string();
  return text;
}

std::map<std::string, std::string> environment_for(const Build& build) {
  std::map<std::string, std::string> environment = process_environment();
  std::vector<std::filesystem::path> files;
  for (const FoundLibrary& library : build.libraries) files.push_back(library.file);
  if (!build.program.empty()) environment["PATH"] = build.program.parent_path().string() + ":" + environment["PATH"];
  environment["TICKET_INTEROP_LIBRARIES"] = joined(files);
  environment["TICKET_INTEROP_INCLUDE"] = joined(build.include_path);
  return environment;
}

/// What a build says of its end: from its first "error:" on, if it says one.
std::string last_words(std::string_view output) {
  const std::size_t error = output.find("error: ");
  constexpr std::size_t most = 1500;
  if (error != std::string_view::npos) output.remove_prefix(error);
  return std::string(output.substr(0, most));
}

}  // namespace

awaitable<void> compile_for(CompileOrder order, const Build& build, const RunContext& context) {
  Launch launch;
  for (const std::string& word : order.command) {
    Result<std::string> filled = fill_in(word, {{"source", order.source.string()}, {"out", order.out.string()}});
    if (!filled) throw std::runtime_error(order.what + ": " + filled.error().text());
    launch.argv.push_back(std::move(*filled));
  }
  launch.env = environment_for(build);
  launch.output = Launch::Output::merged;
  std::filesystem::create_directories(order.out.parent_path());
  try_print(stderr, "{}: compiling it for {}, if it is not there yet\n", order.what, build.place());
  Process process(context.executor, *context.guardian, launch);
  OutputLog log(std::move(process.out), Stopwatch());
  const Exit exit = co_await process.wait();
  co_await log.wait_for_end(deadline_in(std::chrono::seconds(1)));
  if (exit != Exit(Exited{0}))
    throw std::runtime_error(fmt::format("{} cannot be compiled for {}: `{}` {}: {}", order.what, build.place(),
                                         pasteable(launch.argv), text(exit), last_words(log.text())));
}

}  // namespace ti

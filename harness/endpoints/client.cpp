#include "endpoints/client.hpp"

#include "endpoints/build_environment.hpp"
#include "endpoints/line_client.hpp"
#include "endpoints/program_client.hpp"

namespace ti {

std::unique_ptr<Client> make_client(const ClientManifest& manifest, const RunContext& context,
                                    const ClockControl& clock, Stopwatch watch, std::filesystem::path folder) {
  if (manifest.program) return std::make_unique<ProgramClient>(manifest, context, clock, watch, std::move(folder));
  return std::make_unique<LineClient>(manifest, context, clock, watch, std::move(folder));
}

namespace {

std::string filled(const std::string& word, const ClientManifest& manifest,
                   const std::map<std::string, std::string>& variables) {
  Result<std::string> text = fill_in(word, variables);
  if (!text) throw HarnessError("client " + manifest.id + ": " + text.error().text());
  return std::move(*text);
}

}  // namespace

std::map<std::string, std::string> variables_of(const ClientManifest& manifest, const RunContext& context) {
  std::map<std::string, std::string> variables{{"build", context.build_of(manifest).string()},
                                               {"source", manifest.folder.string()}};
  const bool has_program = manifest.build && !manifest.build->program.empty();
  variables["binary"] = has_program ? manifest.build->program.string() : filled(manifest.binary, manifest, variables);
  return variables;
}

std::vector<std::string> filled_in(const std::vector<std::string>& words, const ClientManifest& manifest,
                                   const std::map<std::string, std::string>& variables) {
  std::vector<std::string> argv;
  for (const std::string& word : words) argv.push_back(filled(word, manifest, variables));
  return argv;
}

std::vector<std::string> client_argv(const ClientManifest& manifest, const RunContext& context) {
  return filled_in(manifest.argv, manifest, variables_of(manifest, context));
}

Launch client_launch(const ClientManifest& manifest, const RunContext& context, std::vector<std::string> argv,
                     const std::filesystem::path& folder) {
  Launch launch;
  launch.argv = std::move(argv);
  launch.env = context.environment(folder);
  const auto variables = variables_of(manifest, context);
  for (const auto& [name, value] : manifest.env) launch.env[name] = filled(value, manifest, variables);
  if (manifest.build) enter_build(launch, *manifest.build);
  launch.cwd = folder;
  launch.input = true;
  launch.output = Launch::Output::separate;
  return launch;
}

}  // namespace ti

#include "run/client.hpp"

#include "run/line_client.hpp"
#include "run/program_client.hpp"

namespace ti {

std::unique_ptr<Client> make_client(const ClientManifest& manifest, const Site& site, const ClockControl& clock,
                                    Stopwatch watch, std::filesystem::path folder) {
  if (manifest.program) return std::make_unique<ProgramClient>(manifest, site, clock, watch, std::move(folder));
  return std::make_unique<LineClient>(manifest, site, clock, watch, std::move(folder));
}

std::vector<std::string> filled_in(const std::vector<std::string>& words, const ClientManifest& manifest,
                                   const Site& site) {
  const std::map<std::string, std::string> variables{{"build", site.build_of(manifest).string()},
                                                     {"source", manifest.folder.string()}};
  std::vector<std::string> argv;
  for (const std::string& word : words) {
    const Result<std::string> filled = fill_in(word, variables);
    if (!filled) throw HarnessError("client " + manifest.id + ": " + filled.error().text());
    argv.push_back(*filled);
  }
  return argv;
}

std::vector<std::string> client_argv(const ClientManifest& manifest, const Site& site) {
  return filled_in(manifest.argv, manifest, site);
}

}  // namespace ti

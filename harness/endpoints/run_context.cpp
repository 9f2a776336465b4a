#include "endpoints/run_context.hpp"

#include <cstdlib>

namespace ti {

std::map<std::string, std::string> RunContext::environment(const std::filesystem::path& folder) const {
  const char* path = std::getenv("PATH");
  return {{"PATH", path ? path : "/usr/local/bin:/usr/bin:/bin"},
          {"HOME", folder.string()},
          {"TMPDIR", folder.string()},
          {"OPENSSL_CONF", "/dev/null"}};
}

std::filesystem::path RunContext::build_of(const ClientManifest& manifest) const {
  if (manifest.build && !manifest.build->compiled.empty()) return manifest.build->compiled;
  return (manifest.optional ? optional_clients : clients) / manifest.adapter_folder.filename();
}

}  // namespace ti

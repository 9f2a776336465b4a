#include "endpoints/build_environment.hpp"

#include <unistd.h>

#include "base/text.hpp"

namespace ti {

namespace {

/// A loader wants the path of what it loads.
std::string path_of(const std::string& program, const std::map<std::string, std::string>& env) {
  const auto path = env.find("PATH");
  if (program.find('/') != std::string::npos || path == env.end()) return program;
  for (const std::string& folder : split(path->second, ':'))
    if (const std::string candidate = folder + "/" + program; ::access(candidate.c_str(), X_OK) == 0) return candidate;
  return program;
}

}  // namespace

void enter_build(Launch& launch, const Build& build) {
  std::string folders;
  for (const std::filesystem::path& folder : build.library_path)
    folders += (folders.empty() ? "" : ":") + folder.string();
  if (const auto path = launch.env.find("PATH"); path != launch.env.end() && !build.program.empty())
    path->second = build.program.parent_path().string() + ":" + path->second;
  if (build.loader.empty()) {
    if (!folders.empty()) launch.env["LD_LIBRARY_PATH"] = folders;
    return;
  }
  launch.argv[0] = path_of(launch.argv[0], launch.env);
  launch.argv.insert(launch.argv.begin(), {build.loader.string(), "--library-path", folders});
}

}  // namespace ti

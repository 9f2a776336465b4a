#include "endpoints/loaded_libraries.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>

#include "base/text.hpp"

namespace ti {

namespace fs = std::filesystem;

namespace {

bool same_file(const fs::path& a, const fs::path& b) {
  std::error_code gone;  // then they are not
  return a == b || fs::equivalent(a, b, gone);
}

std::string wrong_library(const std::vector<fs::path>& files, const FoundLibrary& library) {
  std::vector<fs::path> loaded;
  std::ranges::copy_if(files, std::back_inserter(loaded),
                       [&](const fs::path& file) { return bears_name(file, library.name); });
  const auto other = std::ranges::find_if(loaded, [&](const fs::path& file) { return !same_file(file, library.file); });
  if (library.archive && !loaded.empty())
    return loaded.front().string() + " is loaded, and " + library.file.string() + " was meant to be linked in";
  if (other != loaded.end()) return other->string() + " is loaded, and " + library.file.string() + " was meant";
  if (loaded.empty() && !library.archive)
    return "no " + library.name + " is loaded, and " + library.file.string() + " was meant";
  return {};
}

}  // namespace

std::string maps_of(pid_t process) {
  std::ifstream maps("/proc/" + std::to_string(process) + "/maps");
  return {std::istreambuf_iterator<char>(maps), {}};
}

std::vector<fs::path> mapped_files(std::string_view maps) {
  std::vector<fs::path> files;
  for (const std::string& line : split(maps, '\n')) {
    const std::size_t at = line.find('/');
    if (at == std::string::npos) continue;
    const fs::path file = line.substr(at);
    if (std::ranges::find(files, file) == files.end()) files.push_back(file);
  }
  return files;
}

bool bears_name(const fs::path& file, std::string_view library) {
  const std::string name = file.filename().string();
  if (!name.starts_with(library)) return false;
  const std::string rest = name.substr(library.size());
  return rest.starts_with(".so") || (rest.starts_with("-") && rest.find(".so") != std::string::npos);
}

std::vector<FoundLibrary> loaded_libraries(std::string_view maps, const BuildRecipe& recipe) {
  std::vector<FoundLibrary> loaded;
  for (const std::string& name : recipe.libraries)
    for (const fs::path& file : mapped_files(maps))
      if (bears_name(file, name)) loaded.push_back({name, file, false});
  return loaded;
}

std::string wrong_load(std::string_view maps, const Build& build) {
  const std::vector<fs::path> files = mapped_files(maps);
  if (!build.program.empty()) {
    const fs::path program = fs::weakly_canonical(build.program);
    if (std::ranges::none_of(files, [&](const fs::path& file) { return same_file(file, program); }))
      return (files.empty() ? "another program" : files.front().string()) + " runs, and " + program.string() +
             " was meant";
  }
  if (build.program_is_static) return {};
  for (const FoundLibrary& library : build.libraries)
    if (std::string wrong = wrong_library(files, library); !wrong.empty()) return wrong;
  return {};
}

}  // namespace ti

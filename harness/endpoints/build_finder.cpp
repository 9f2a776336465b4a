#include "endpoints/build_finder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gnu/libc-version.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "base/text.hpp"
#include "endpoints/loaded_libraries.hpp"
#include "endpoints/shared_object.hpp"
#include "model/files.hpp"
#include "model/version_range.hpp"

namespace ti {

namespace {

namespace fs = std::filesystem;
using Paths = std::vector<fs::path>;

bool is_file(const fs::path& path) {
  std::error_code unreadable;
  return fs::is_regular_file(path, unreadable);
}

bool is_folder(const fs::path& path) {
  std::error_code unreadable;
  return fs::is_directory(path, unreadable);
}

Paths entries_of(const fs::path& folder) {
  Paths entries;
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder, unreadable)) entries.push_back(entry.path());
  std::ranges::sort(entries);
  return entries;
}

/// Where libraries lie below a prefix or in a build tree, in order of preference.
Paths library_folders(const fs::path& place) {
  Paths folders;
  const auto add = [&](const fs::path& folder) {
    if (is_folder(folder) && std::ranges::find(folders, folder) == folders.end()) folders.push_back(folder);
  };
  for (const char* base : {"", "usr"}) {
    for (const char* leaf : {"lib64", "lib"}) {
      const fs::path folder = *base ? place / base / leaf : place / leaf;
      add(folder);
      for (const fs::path& below : entries_of(folder))
        if (below.filename().string().find("-linux-gnu") != std::string::npos) add(below);
    }
  }
  add(place);
  for (const char* leaf : {".libs", "lib/.libs", "src/.libs", "library", "build/lib"}) add(place / leaf);
  return folders;
}

/// Where headers lie.
Paths header_folders(const fs::path& place, const std::string& header) {
  Paths folders;
  const fs::path first = header.empty() ? fs::path() : *fs::path(header).begin();
  const auto add = [&](const fs::path& folder) {
    if (!header.empty() && is_folder(folder / first)) folders.push_back(folder);
  };
  for (const char* leaf : {"include", "usr/include"}) {
    add(place / leaf);
    for (const fs::path& below : entries_of(place / leaf))
      if (below.filename().string().find("-linux-gnu") != std::string::npos) add(below);
  }
  for (const char* leaf : {"lib/includes", "build/include"}) add(place / leaf);
  if (folders.empty()) add(place);
  return folders;
}

/// The files of a library in a folder, the one that a linker would take first.
Paths files_of(const fs::path& folder, const std::string& library) {
  Paths found;
  for (const fs::path& file : entries_of(folder))
    if (bears_name(file, library) && is_file(file) && read_shared_object(file)) found.push_back(file);
  const fs::path for_linker = folder / (library + ".so");
  std::stable_partition(found.begin(), found.end(), [&](const fs::path& file) { return file == for_linker; });
  return found;
}

/// Which of a library's files another one of the same build asks for, else the first.
const fs::path& asked_for(const Paths& files, const SharedObject& by) {
  const auto wanted = std::ranges::find_if(files, [&](const fs::path& file) {
    const auto object = read_shared_object(file);
    return object && std::ranges::find(by.needed, object->soname) != by.needed.end();
  });
  return wanted == files.end() ? files.front() : *wanted;
}

/// The recipe's libraries in a folder: shared objects, or else archives. Empty when the first of them is not there.
std::vector<FoundLibrary> libraries_in(const fs::path& folder, const BuildRecipe& recipe) {
  std::vector<FoundLibrary> libraries;
  SharedObject first;
  for (const std::string& name : recipe.libraries) {
    const Paths files = files_of(folder, name);
    const fs::path archive = folder / (name + ".a");
    if (!files.empty()) {
      const fs::path& file = libraries.empty() ? files.front() : asked_for(files, first);
      if (libraries.empty()) first = *read_shared_object(file);
      libraries.push_back({name, fs::canonical(file), false});
    } else if (is_file(archive) && (libraries.empty() || libraries.front().archive)) {
      libraries.push_back({name, fs::canonical(archive), true});
    }
    if (libraries.empty()) return {};
  }
  return libraries;
}

/// What comes with the C library and the compiler: of these the system's own are newer, or those of the place must be
/// loaded all together.
bool is_of_the_system(const std::string& soname) {
  static const std::vector<std::string> names{"libc",    "libm",      "libpthread", "libdl",    "librt",
                                              "libutil", "libresolv", "libanl",     "libmvec",  "libnsl",
                                              "ld-",     "libnss_",   "libstdc++",  "libgcc_s", "libthread_db"};
  return std::ranges::any_of(names, [&](const std::string& name) {
    return soname.starts_with(name) &&
           (name.back() == '-' || name.back() == '_' || soname.substr(name.size(), 1) == ".");
  });
}

bool holds_c_library(const fs::path& folder) { return is_file(folder / "libc.so.6"); }

/// The version of a C library by its file; empty when it does not say.
std::string c_library_version(const fs::path& folder) {
  const Result<std::string> text = read_file(folder / "libc.so.6");
  static constexpr std::string_view words = "stable release version ";
  const std::size_t at = text ? text->find(words) : std::string::npos;
  return at == std::string::npos ? "" : text->substr(at + words.size(), 8);
}

/// A folder of links, by the names that the loader asks for, to the libraries of others, the system's left out.
fs::path linked(const fs::path& links, const std::string& name, const Paths& files) {
  const fs::path folder = links / name;
  fs::create_directories(folder);
  for (const fs::path& file : files) {
    const auto object = read_shared_object(file);
    const std::string soname = !object ? "" : object->soname.empty() ? file.filename().string() : object->soname;
    if (soname.empty() || soname.find('/') != std::string::npos || is_of_the_system(soname)) continue;
    const fs::path made = links / fmt::format("{}.{}.{}", name, soname, ::getpid());
    fs::create_symlink(fs::canonical(file), made);
    fs::rename(made, folder / soname);
  }
  return folder;
}

std::string name_of_links(const fs::path& place) {
  return fmt::format("{:016x}", std::hash<std::string>()(place.string()));
}

/// The loader of an unpacked system; empty when there is none within the place.
fs::path loader_of(const fs::path& place) {
  for (const fs::path& folder : library_folders(place))
    for (const fs::path& file : entries_of(folder))
      if (file.filename().string().starts_with("ld-linux") && is_file(file)) {
        const fs::path real = fs::canonical(file);
        if (real.string().starts_with(fs::canonical(place).string() + "/")) return real;
      }
  return {};
}

/// The folders of headers that belong to the C library and to the kernel.
bool is_of_the_c_library(const std::string& folder) {
  static const std::vector<std::string> names{"asm",   "asm-generic", "arpa", "bits",      "c++",      "gnu",
                                              "linux", "net",         "nfs",  "netinet",   "rpc",      "rpcsvc",
                                              "scsi",  "sys",         "misc", "protocols", "netpacket"};
  return std::ranges::find(names, folder) != names.end();
}

/// A folder of headers as a compiler may be given it: itself, or, where the C library's are in it as well, links to the
/// folders of the others.
fs::path without_c_headers(const fs::path& folder, const fs::path& links) {
  if (!is_file(folder / "stdio.h") && !is_folder(folder / "bits")) return folder;
  const fs::path linked = links / ("include-" + name_of_links(folder));
  fs::create_directories(linked);
  for (const fs::path& below : entries_of(folder)) {
    const std::string name = below.filename().string();
    if (!is_folder(below) || is_of_the_c_library(name) || name.find("-linux-gnu") != std::string::npos) continue;
    const fs::path made = links / fmt::format("include-{}.{}.{}", name_of_links(folder), name, ::getpid());
    fs::create_directory_symlink(fs::canonical(below), made);
    fs::rename(made, linked / name);
  }
  return linked;
}

/// One place's part of a build.
class Finder {
 public:
  Finder(const BuildRecipe& recipe, const fs::path& links, Build& build)
      : recipe_(recipe), links_(links), build_(build) {}

  /// Why the place is none; empty when it gave what there is.
  std::string look_at(const fs::path& place) {
    if (place.string().find_first_of(":;") != std::string::npos)
      return place.string() + ": a path with \":\" or \";\" cannot be told to the loader";
    std::error_code unreadable;
    if (!fs::exists(place, unreadable)) return nothing_at(place);
    return is_folder(place) ? look_into(place) : look_at_file(place);
  }

 private:
  static std::string nothing_at(const fs::path& place) {
    std::vector<std::string> names;
    for (const fs::path& other : entries_of(place.parent_path())) names.push_back(other.filename().string());
    return fmt::format("there is no {};{} give the path of a build", place.string(),
                       did_you_mean(place.filename().string(), names));
  }

  std::string look_at_file(const fs::path& file) {
    const auto is_library = [&](const std::string& name) { return bears_name(file, name); };
    const auto library = std::ranges::find_if(recipe_.libraries, is_library);
    if (library != recipe_.libraries.end() && read_shared_object(file)) return take_lone(file, *library);
    if (file.extension() == ".a" || file.filename().string().find(".so") != std::string::npos)
      return fmt::format("{} is no shared object of {} for this machine", file.string(), wanted_libraries());
    if (recipe_.program.empty())
      return fmt::format("{} is a file, and wanted is {}: its prefix, its build tree or the shared object",
                         file.string(), wanted_libraries());
    if (::access(file.c_str(), X_OK) != 0) return file.string() + " is a file that cannot be run";
    build_.program = file;
    for (const std::string& below :
         recipe_.program)  // a program within a prefix or a build tree comes with its libraries
      if (file.string().ends_with("/" + below))
        take_libraries(file.string().substr(0, file.string().size() - below.size() - 1));
    return {};
  }

  /// A library by itself is offered to the loader with nothing else of its folder but what it asks for itself.
  std::string take_lone(const fs::path& file, const std::string& name) {
    Paths together{file};
    const auto object = read_shared_object(file);
    for (const std::string& needed : object->needed)
      for (const fs::path& other : entries_of(file.parent_path())) {
        const auto offered =
            other.filename().string().find(".so") == std::string::npos ? std::nullopt : read_shared_object(other);
        if (offered && offered->soname == needed) together.push_back(other);
      }
    for (const fs::path& each : together)
      for (const std::string& library : recipe_.libraries)
        if (bears_name(each, library)) build_.libraries.push_back({library, fs::canonical(each), false});
    if (build_.libraries.empty()) build_.libraries.push_back({name, fs::canonical(file), false});
    build_.library_path.push_back(linked(links_, name_of_links(file), together));
    return {};
  }

  std::string look_into(const fs::path& place) {
    take_program(place);
    const bool found = take_libraries(place);
    const Paths headers = header_folders(place, recipe_.header);
    for (const fs::path& folder : headers) build_.include_path.push_back(without_c_headers(folder, links_));
    const bool runs = !build_.program.empty() && build_.program.string().starts_with(place.string());
    if (runs && recipe_.libraries.empty()) take_system(place);
    if (found || runs || (!headers.empty() && !build_.libraries.empty())) return {};
    return fmt::format("{} holds no {}", place.string(), wanted());
  }

  void take_program(const fs::path& place) {
    for (const std::string& below : recipe_.program)
      for (const fs::path& base : {place, place / "usr"}) {
        if (!build_.program.empty() || !is_file(base / below) || ::access((base / below).c_str(), X_OK) != 0) continue;
        build_.program = base / below;
      }
  }

  bool take_libraries(const fs::path& place) {
    for (const fs::path& folder : library_folders(place)) {
      std::vector<FoundLibrary> libraries = libraries_in(folder, recipe_);
      if (libraries.empty() || !build_.libraries.empty()) continue;
      build_.libraries = std::move(libraries);
      take_folders(place, folder);
      return true;
    }
    return false;
  }

  /// Tells the loader where to look: in the folder, or, where that holds a C library as well, in all folders of that
  /// system by its own loader if it is newer than ours, else in links that leave the C library out.
  void take_folders(const fs::path& place, const fs::path& folder) {
    if (!take_system(place)) build_.library_path.push_back(folder);
  }

  /// The same of a place that is an unpacked system; false when it is none.
  bool take_system(const fs::path& place) {
    const Paths all = library_folders(place);
    const auto with_c = std::ranges::find_if(all, holds_c_library);
    if (with_c == all.end() || is_own_system(*with_c)) return false;
    const fs::path loader = loader_of(place);
    if (!loader.empty() &&
        in_version_range(fmt::format(">={}", ::gnu_get_libc_version()), c_library_version(*with_c))) {
      build_.loader = loader;
      build_.library_path = all;
      return true;
    }
    Paths files;
    for (const fs::path& each : all)
      for (const fs::path& file : entries_of(each))
        if (file.filename().string().find(".so") != std::string::npos && is_file(file)) files.push_back(file);
    build_.library_path.push_back(linked(links_, name_of_links(place), files));
    return true;
  }

  /// Whether that folder is where this system's own C library lies.
  static bool is_own_system(const fs::path& folder) {
    for (const fs::path& own : library_folders("/")) {
      std::error_code gone;
      if (holds_c_library(own) && fs::equivalent(own, folder, gone)) return true;
    }
    return false;
  }

  std::string wanted_libraries() const { return recipe_.libraries.empty() ? "a library" : recipe_.libraries.front(); }

  std::string wanted() const {
    std::vector<std::string> words;
    for (const std::string& program : recipe_.program) words.push_back(program);
    if (!recipe_.libraries.empty())
      words.push_back(recipe_.libraries.front() + ".so in lib, lib64, usr/lib or where a build tree has it");
    return fmt::format("{}", fmt::join(words, ", nor "));
  }

  const BuildRecipe& recipe_;
  const fs::path& links_;
  Build& build_;
};

}  // namespace

Result<Build> find_build(const BuildOrder& order, const BuildRecipe& recipe, const fs::path& links) {
  Build build;
  build.label = order.label;
  build.places = order.places;
  Finder finder(recipe, links, build);
  for (const fs::path& place : order.places)
    if (std::string why = finder.look_at(place); !why.empty()) return ParseError{std::move(why), "", 0};
  if (build.program.empty()) {
    if (build.libraries.empty() || recipe.libraries.empty())
      return ParseError{fmt::format("{} holds no {}", build.place(), fmt::join(recipe.program, ", nor ")), "", 0};
    return build;
  }
  const auto program = read_shared_object(build.program);
  const auto needs = [&](const std::string& name) {
    return std::ranges::any_of(program->needed, [&](const std::string& needed) { return bears_name(needed, name); });
  };
  build.program_is_static = program && !recipe.libraries.empty() && !std::ranges::any_of(recipe.libraries, needs);
  return build;
}

}  // namespace ti

#pragma once
// Which files a process has loaded, held against those that it was meant to load.
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "model/build.hpp"

namespace ti {

/// What the kernel has of a process (/proc/PID/maps); empty when there is no such process.
std::string maps_of(pid_t process);

/// The files that it has mapped, each once, in order of address.
std::vector<std::filesystem::path> mapped_files(std::string_view maps);

/// Whether a file's name is that of a library: "libssl.so.3", "libssl-1a2b.so.1.0.2k" of "libssl".
bool bears_name(const std::filesystem::path& file, std::string_view library);

/// The recipe's libraries as they are loaded.
std::vector<FoundLibrary> loaded_libraries(std::string_view maps, const BuildRecipe& recipe);

/// Why what is loaded is not this build, in words that name the file that was loaded and the one that was meant; empty
/// when it is. Where the build has a program, that must be what runs.
std::string wrong_load(std::string_view maps, const Build& build);

}  // namespace ti

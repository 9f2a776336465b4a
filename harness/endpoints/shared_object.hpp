#pragma once
// What an ELF file says to the dynamic loader.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ti {

struct SharedObject {
  std::string soname;               ///< by which others ask for it; empty for a program
  std::vector<std::string> needed;  ///< what it asks for itself
  bool dynamic = false;             ///< false: linked statically, nothing is loaded for it
};

/// Nothing when the file is no ELF file of this machine's kind, or cannot be read.
std::optional<SharedObject> read_shared_object(const std::filesystem::path& file);

}  // namespace ti

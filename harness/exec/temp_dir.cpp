#include "exec/temp_dir.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdlib>
#include <random>

#include "base/bytes.hpp"

namespace ti {

std::string random_name() {
  std::random_device random;
  std::array<std::uint8_t, 6> bytes;
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return "ti-" + to_hex(bytes);
}

std::filesystem::path temp_root() {
  constexpr std::uintmax_t room = 64 << 20;
  const std::filesystem::path memory = "/dev/shm";
  std::error_code none;
  const char* named = std::getenv("TMPDIR");
  if (named && !std::filesystem::is_directory(named, none))
    throw boost::system::system_error(ENOTDIR, boost::system::system_category(), "TMPDIR=" + std::string(named));
  const bool in_memory = named == nullptr && ::access(memory.c_str(), W_OK | X_OK) == 0 &&
                         std::filesystem::space(memory, none).available >= room && !none;
  return in_memory ? memory : std::filesystem::temp_directory_path();
}

TempDir::TempDir(const Guardian& guardian, const std::filesystem::path& parent)
    : guardian_(guardian), path_(std::filesystem::absolute(parent) / random_name()) {
  guardian_.watch_folder(path_);
  if (::mkdir(path_.c_str(), 0700) == 0) return;
  const int error = errno;
  guardian_.forget_folder(path_);
  throw boost::system::system_error(error, boost::system::system_category(), "cannot make folder " + path_.native());
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  guardian_.forget_folder(path_);
}

}  // namespace ti

#include "common/key_log.hpp"

#include "common/tcp.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>

namespace ti::adapter {

KeyLog::KeyLog(const std::string& path)
    : descriptor_(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {
  if (descriptor_ == -1) throw system_failure(Stage::protocol);
}

KeyLog::~KeyLog() { ::close(descriptor_); }

void KeyLog::append(std::string_view line) noexcept {
  const std::string whole = std::string(line) + '\n';
  if (::write(descriptor_, whole.data(), whole.size()) == static_cast<ssize_t>(whole.size())) return;
  std::perror("key log");
  std::abort();
}

}  // namespace ti::adapter

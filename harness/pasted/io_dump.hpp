#pragma once
// What s_client -debug prints of each read and write: `read from 0x... [0x...] (5 bytes => 5 (0x5))` and a dump.
#include <optional>

#include "pasted/pasted_text.hpp"

namespace ti {

/// IoDump is one read or write. The bytes of a dump may be fewer than passed.
struct IoDump {
  bool written = false;
  std::size_t passed = 0;
  Bytes bytes;
};

/// The read or write that begins at words[at], which is then behind it; nothing if none begins there.
std::optional<IoDump> read_io_dump(const PastedText& words, std::size_t& at);

}  // namespace ti

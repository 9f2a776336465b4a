#include "pasted/io_dump.hpp"

namespace ti {

std::optional<IoDump> read_io_dump(const PastedText& words, std::size_t& at) {
  IoDump dump;
  dump.written = words[at].text == "write" && words[at + 1].text == "to";
  const bool read = words[at].text == "read" && words[at + 1].text == "from";
  if (!dump.written && !read) return std::nullopt;
  std::size_t i = at + 2;
  if (!words[i].text.starts_with("0x") &&
      words[i].text.find_first_not_of("0123456789ABCDEFabcdef") != words[i].text.npos)
    return std::nullopt;
  if (words[++i].text.starts_with('[')) ++i;
  if (!words[i].text.starts_with('(') || words[i + 1].text != "bytes" || words[i + 2].text != "=>") return std::nullopt;
  dump.passed = number_at(words[i + 3].text).value_or(0);
  i += 4;
  if (words[i].text.starts_with("(0x")) ++i;
  at = i;
  if (dump.passed > 0) dump.bytes = read_offset_dump(words, at, dump.passed);
  return dump;
}

}  // namespace ti

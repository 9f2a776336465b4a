#include "endpoints/shared_object.hpp"

#include <elf.h>
#include <link.h>

#include <cstring>
#include <string_view>

#include "model/files.hpp"

namespace ti {

namespace {

using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);
using Entry = ElfW(Dyn);

/// A structure of the file at an offset; nothing beyond its end.
template <class T>
std::optional<T> at(std::string_view file, std::uint64_t offset) {
  if (offset > file.size() || file.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, file.data() + offset, sizeof value);
  return value;
}

std::string text_at(std::string_view file, std::uint64_t offset) {
  if (offset >= file.size()) return {};
  return std::string(file.substr(offset, file.find('\0', offset) - offset));
}

std::vector<Segment> segments_of(std::string_view file, const Header& header) {
  std::vector<Segment> segments;
  for (std::uint64_t i = 0; i < header.e_phnum; ++i)
    if (const auto segment = at<Segment>(file, header.e_phoff + i * sizeof(Segment))) segments.push_back(*segment);
  return segments;
}

/// Where in the file an address of the loaded program lies.
std::uint64_t offset_of(const std::vector<Segment>& segments, std::uint64_t address) {
  for (const Segment& segment : segments)
    if (segment.p_type == PT_LOAD && address >= segment.p_vaddr && address - segment.p_vaddr < segment.p_filesz)
      return segment.p_offset + (address - segment.p_vaddr);
  return UINT64_MAX;
}

std::vector<Entry> entries_of(std::string_view file, const Segment& dynamic) {
  std::vector<Entry> entries;
  for (std::uint64_t i = 0; i < dynamic.p_filesz / sizeof(Entry); ++i) {
    const auto entry = at<Entry>(file, dynamic.p_offset + i * sizeof(Entry));
    if (!entry || entry->d_tag == DT_NULL) break;
    entries.push_back(*entry);
  }
  return entries;
}

}  // namespace

std::optional<SharedObject> read_shared_object(const std::filesystem::path& path) {
  const Result<std::string> text = read_file(path);
  if (!text) return std::nullopt;
  const std::string_view file = *text;
  const auto header = at<Header>(file, 0);
  const unsigned char own_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != own_class ||
      header->e_phentsize != sizeof(Segment))
    return std::nullopt;
  SharedObject object;
  const std::vector<Segment> segments = segments_of(file, *header);
  for (const Segment& segment : segments) {
    if (segment.p_type != PT_DYNAMIC) continue;
    const std::vector<Entry> entries = entries_of(file, segment);
    std::uint64_t strings = UINT64_MAX;
    for (const Entry& entry : entries)
      if (entry.d_tag == DT_STRTAB) strings = offset_of(segments, entry.d_un.d_ptr);
    if (strings >= file.size()) continue;
    for (const Entry& entry : entries) {
      if (entry.d_tag == DT_SONAME) object.soname = text_at(file, strings + entry.d_un.d_val);
      if (entry.d_tag == DT_NEEDED) object.needed.push_back(text_at(file, strings + entry.d_un.d_val));
    }
    object.dynamic = !object.needed.empty() || !object.soname.empty();
  }
  return object;
}

}  // namespace ti

#pragma once
// Versions of programs and ranges of them, as known issues give them.
#include <string_view>

namespace ti {

/// Whether the text is a range: comparisons with <, <=, >, >=, = (or none, meaning =), separated by blanks, all of
/// which must hold. An empty text is the range of everything.
bool is_version_range(std::string_view range);

/// Whether a version is in a range. `version` may be a program's whole line ("OpenSSL 3.0.20 7 Apr 2026"): its first
/// dotted number counts. Letters after the number are compared too (1.0.1 < 1.0.1e < 1.0.1k), and 3.0 equals 3.0.0. A
/// text without a version is in no range but the empty one.
bool in_version_range(std::string_view range, std::string_view version);

/// Whether the first is an earlier version than the second, both read as in_version_range reads them. A text without a
/// version is the earliest.
bool is_earlier_version(std::string_view first, std::string_view second);

}  // namespace ti

#pragma once
// Text that people type or paste: globs, the nearest name to one that is wrong, command lines.
#include <string>
#include <string_view>
#include <vector>

namespace ti {

/// Whether text matches a pattern in which `*` stands for any run of characters and `?` for any one.
bool glob_match(std::string_view pattern, std::string_view text);

/// The name nearest to `typed` by edit distance, or empty when none is near enough to be meant.
std::string nearest(std::string_view typed, const std::vector<std::string>& names);

/// `did you mean "x"?` with a leading blank, or nothing.
std::string did_you_mean(std::string_view typed, const std::vector<std::string>& names);

/// Why a name cannot be the id of a server, client or scenario, of which cells' ids and files' names are made; empty
/// when it can.
std::string wrong_in_id(std::string_view id);

/// ASCII letters in lower case, all else as it is.
std::string lower_case(std::string_view text);

std::vector<std::string> split(std::string_view text, char separator);

/// The same text in lines of at most `width` characters, as far as its words are no longer; all lines but the first
/// begin with `indent` blanks, which count.
std::string wrapped(const std::string& text, std::size_t width, std::size_t indent = 0);

/// argv as a person can paste it into a shell.
std::string pasteable(const std::vector<std::string>& argv);

}  // namespace ti

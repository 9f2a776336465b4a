#pragma once
// What the manifests of servers and clients have in common.
#include <map>
#include <string>
#include <vector>

#include "model/json_reader.hpp"

namespace ti {

/// {"NAME": "text", ...}
std::map<std::string, std::string> read_text_map(const JsonValue& value);

/// A list of arguments with at least one.
std::vector<std::string> read_argv(const JsonValue& value);

/// A regular expression with at least `groups` groups.
std::string read_expression(const JsonValue& value, unsigned groups);

/// Every {variable} in the strings of `value` (a string, a list, or an object of strings) must be among `names`.
void check_variables(const JsonValue& value, const std::vector<std::string>& names);

}  // namespace ti

#pragma once
// Fields that more than one kind of file has: versions, durations, ticket policies.
#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "model/json_reader.hpp"
#include "model/policy.hpp"
#include "wire/messages.hpp"

namespace ti {

/// "1.0" to "1.3". `text` is the value's string, or the part of its name that is a version.
Version read_version(const JsonValue& value, const std::string& text);

/// A list of versions, none twice, at least one.
std::vector<Version> read_versions(const JsonValue& value);

std::chrono::milliseconds read_duration(const JsonValue& value);
std::chrono::seconds read_seconds(const JsonValue& value);

/// A list of words, none twice, each one of `words`, which are names of a `what`.
std::set<std::string> read_set(const JsonValue& value, const std::vector<std::string>& words, std::string_view what);

/// What a manifest may declare and a scenario may require, by clients/PROTOCOL.md and servers/CONTRACT.md.
const std::vector<std::string>& client_capabilities();
const std::vector<std::string>& server_capabilities();

/// The policy keys of servers/CONTRACT.md.
const std::vector<std::string>& policy_keys();

/// A ticket policy: keys and kinds of values are those of servers/CONTRACT.md, and ages must make sense together.
Policy read_policy(const JsonValue& value);

/// Whether `word` is among the words that a policy key takes.
bool policy_takes_word(const std::string& key, const std::string& word);

}  // namespace ti

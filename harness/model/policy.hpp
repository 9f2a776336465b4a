#pragma once
// What a server is told about tickets: plain data. Keys and meanings are those of servers/CONTRACT.md.
#include <chrono>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace ti {

/// One policy value, as the scenario gave it.
using PolicyValue = std::variant<std::chrono::seconds, std::int64_t, std::string, std::vector<std::int64_t>>;

/// As it is put for {value}: whole seconds, a number, the word, or the list joined with commas.
std::string to_text(const PolicyValue& value);

struct Policy {
  std::map<std::string, PolicyValue> values;

  /// The duration under a key, or nullptr when it is not there or not a duration.
  const std::chrono::seconds* duration(const std::string& key) const;
  /// The word under a key, or empty when it is not there or not a word.
  std::string word(const std::string& key) const;
  bool operator==(const Policy&) const = default;
};

}  // namespace ti

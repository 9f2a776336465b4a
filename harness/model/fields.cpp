#include "model/fields.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "model/duration.hpp"

namespace ti {

namespace {

enum class ValueKind : std::uint8_t { seconds, count, word, results, file };

struct PolicyKey {
  std::string name;
  ValueKind kind;
  std::vector<std::string> words = {};
};

const std::vector<PolicyKey>& policy_table() {
  static const std::vector<PolicyKey> table = {{"renew_after", ValueKind::seconds},
                                               {"expire_after", ValueKind::seconds},
                                               {"callback_results", ValueKind::results},
                                               {"renewed_hint", ValueKind::word, {"zero", "full"}},
                                               {"client_certificate", ValueKind::word, {"none", "request"}},
                                               {"tickets", ValueKind::word, {"on", "off"}},
                                               {"tickets_per_handshake", ValueKind::count},
                                               {"script", ValueKind::file}};
  return table;
}

const PolicyKey* policy_key(const std::string& name) {
  const auto& table = policy_table();
  const auto found = std::find_if(table.begin(), table.end(), [&](const PolicyKey& key) { return key.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::vector<std::int64_t> read_callback_results(const JsonValue& value) {
  std::vector<std::int64_t> results;
  for (const JsonValue& item : value.items()) {
    const std::int64_t result = item.integer();
    if (result < -1 || result > 2) item.fail("a callback result is -1, 0, 1 or 2, found " + std::to_string(result));
    results.push_back(result);
  }
  if (results.empty()) value.fail("\"callback_results\" must hold at least one result");
  return results;
}

PolicyValue read_policy_value(const PolicyKey& key, const JsonValue& value) {
  switch (key.kind) {
    case ValueKind::seconds:
      return read_seconds(value);
    case ValueKind::count:
      return static_cast<std::int64_t>(value.count());
    case ValueKind::results:
      return read_callback_results(value);
    case ValueKind::file:
      return value.string();
    case ValueKind::word:
      break;
  }
  if (!policy_takes_word(key.name, value.string()))
    value.fail("\"" + key.name + "\" may be " + one_of(key.words) + ", found \"" + value.string() + '"');
  return value.string();
}

void check_ages(const JsonValue& value, const Policy& policy) {
  const auto* renew = policy.duration("renew_after");
  const auto* expire = policy.duration("expire_after");
  if (renew && expire && *renew >= *expire)
    value.at("expire_after")
        .fail("\"expire_after\" (" + std::to_string(expire->count()) + " s) must be later than \"renew_after\" (" +
              std::to_string(renew->count()) + " s)");
  const JsonValue* scripted = value.find("callback_results");
  if (scripted && (renew || expire))
    scripted->fail(
        "\"callback_results\" scripts every decision: it cannot stand beside \"renew_after\" or \"expire_after\"");
}

}  // namespace

Version read_version(const JsonValue& value, const std::string& text) {
  const Version version = version_of(text);
  if (version < Version::tls10)
    value.fail("a TLS version is \"1.0\", \"1.1\", \"1.2\" or \"1.3\", found \"" + text + '"');
  return version;
}

std::vector<Version> read_versions(const JsonValue& value) {
  std::vector<Version> versions;
  for (const JsonValue& item : value.items()) {
    const Version version = read_version(item, item.string());
    if (std::find(versions.begin(), versions.end(), version) != versions.end())
      item.fail("version " + item.string() + " stands in \"" + value.name() + "\" twice");
    versions.push_back(version);
  }
  if (versions.empty()) value.fail("\"" + value.name() + "\" must hold at least one TLS version");
  return versions;
}

std::chrono::milliseconds read_duration(const JsonValue& value) {
  const auto duration = duration_of(value.string());
  if (!duration)
    value.fail("\"" + value.name() + "\" must be a number and a unit (ms, s, m, h or d) such as \"10s\", found \"" +
               value.string() + '"');
  return *duration;
}

std::chrono::seconds read_seconds(const JsonValue& value) {
  const auto duration = read_duration(value);
  if (duration.count() % 1000 != 0)
    value.fail("\"" + value.name() + "\" must be whole seconds, found \"" + value.string() + '"');
  return std::chrono::duration_cast<std::chrono::seconds>(duration);
}

std::set<std::string> read_set(const JsonValue& value, const std::vector<std::string>& words, std::string_view what) {
  std::set<std::string> names;
  for (const JsonValue& item : value.items()) {
    item.check_word(item.string(), words, what);
    if (!names.insert(item.string()).second)
      item.fail("\"" + item.string() + "\" stands in \"" + value.name() + "\" twice");
  }
  return names;
}

const std::vector<std::string>& client_capabilities() {
  static const std::vector<std::string> names = {"offer_saved", "client_certificate", "dhe_rsa", "rsa_kx", "ciphers",
                                                 "keylog",      "own_clock",          "warm"};
  return names;
}

const std::vector<std::string>& server_capabilities() {
  static const std::vector<std::string> names = {"keylog", "decision_log", "dhe_rsa"};
  return names;
}

const std::vector<std::string>& policy_keys() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> names;
    for (const PolicyKey& key : policy_table()) names.push_back(key.name);
    return names;
  }();
  return keys;
}

Policy read_policy(const JsonValue& value) {
  value.allow(policy_keys());
  Policy policy;
  for (const JsonValue& member : value.members())
    policy.values.emplace(member.name(), read_policy_value(*policy_key(member.name()), member));
  check_ages(value, policy);
  return policy;
}

bool policy_takes_word(const std::string& key, const std::string& word) {
  const PolicyKey* found = policy_key(key);
  return found && found->kind == ValueKind::word &&
         std::find(found->words.begin(), found->words.end(), word) != found->words.end();
}

}  // namespace ti

#include "model/policy.hpp"

namespace ti {

namespace {

struct ToText {
  std::string operator()(std::chrono::seconds value) const { return std::to_string(value.count()); }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(const std::string& value) const { return value; }
  std::string operator()(const std::vector<std::int64_t>& values) const {
    std::string text;
    for (const std::int64_t value : values) text += (text.empty() ? "" : ",") + std::to_string(value);
    return text;
  }
};

}  // namespace

std::string to_text(const PolicyValue& value) { return std::visit(ToText{}, value); }

const std::chrono::seconds* Policy::duration(const std::string& key) const {
  const auto found = values.find(key);
  return found == values.end() ? nullptr : std::get_if<std::chrono::seconds>(&found->second);
}

std::string Policy::word(const std::string& key) const {
  const auto found = values.find(key);
  const auto* word = found == values.end() ? nullptr : std::get_if<std::string>(&found->second);
  return word == nullptr ? "" : *word;
}

}  // namespace ti

#pragma once
// Whether JSON is as its schema says.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ti {

/// As much of JSON Schema as the schemas in reports/ use.
class Schema {
 public:
  explicit Schema(nlohmann::json schema) : root_(std::move(schema)) {}

  std::vector<std::string> complaints(const nlohmann::json& value) {
    complaints_.clear();
    check(value, root_, "$");
    return complaints_;
  }

 private:
  void check(const nlohmann::json& value, const nlohmann::json& schema, const std::string& path) {
    if (schema.contains("$ref")) {
      const std::string reference = schema["$ref"];
      return check(value, root_.at(nlohmann::json::json_pointer(reference.substr(1))), path);
    }
    if (schema.contains("anyOf")) return check_any(value, schema["anyOf"], path);
    if (schema.contains("const") && schema["const"] != value) complain(path, "is not " + schema["const"].dump());
    if (schema.contains("enum") && std::count(schema["enum"].begin(), schema["enum"].end(), value) == 0)
      complain(path, value.dump() + " is not one of " + schema["enum"].dump());
    if (schema.contains("type") && !has_type(value, schema["type"]))
      return complain(path, "is not " + schema["type"].dump());
    if (value.is_array() && schema.contains("items")) {
      for (std::size_t i = 0; i < value.size(); ++i) check(value[i], schema["items"], path + '/' + std::to_string(i));
    }
    if (value.is_object()) check_object(value, schema, path);
  }

  void check_any(const nlohmann::json& value, const nlohmann::json& schemas, const std::string& path) {
    const std::size_t before = complaints_.size();
    for (const nlohmann::json& schema : schemas) {
      complaints_.resize(before);
      check(value, schema, path);
      if (complaints_.size() == before) return;
    }
  }

  void check_object(const nlohmann::json& value, const nlohmann::json& schema, const std::string& path) {
    for (const std::string name : schema.value("required", nlohmann::json::array())) {
      if (!value.contains(name)) complain(path, "lacks " + name);
    }
    const nlohmann::json properties = schema.value("properties", nlohmann::json::object());
    for (const auto& [name, member] : value.items()) {
      if (properties.contains(name))
        check(member, properties[name], path + '/' + name);
      else if (schema.contains("additionalProperties"))
        check(member, schema["additionalProperties"], path + '/' + name);
    }
  }

  static bool has_type(const nlohmann::json& value, const nlohmann::json& type) {
    if (type.is_array())
      return std::any_of(type.begin(), type.end(), [&](const nlohmann::json& one) { return has_type(value, one); });
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    return type == value.type_name();
  }

  void complain(const std::string& path, const std::string& what) { complaints_.push_back(path + ' ' + what); }

  nlohmann::json root_;
  std::vector<std::string> complaints_;
};

}  // namespace ti

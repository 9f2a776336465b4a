#include "report/definitions.hpp"

#include "model/files.hpp"
#include "model/json_reader.hpp"
#include "model/json_writer.hpp"

namespace ti {

namespace {

void write(JsonWriter& json, const JsonValue& value) {
  switch (value.kind()) {
    case JsonValue::Kind::null:
      json.null();
      return;
    case JsonValue::Kind::boolean:
      json.value(value.boolean());
      return;
    case JsonValue::Kind::number:
      json.value(value.number());
      return;
    case JsonValue::Kind::string:
      json.value(value.string());
      return;
    case JsonValue::Kind::array:
      json.begin_array();
      for (const JsonValue& item : value.items()) write(json, item);
      json.end_array();
      return;
    case JsonValue::Kind::object:
      json.begin_object();
      for (const JsonValue& member : value.members()) write(json.key(member.name()), member);
      json.end_object();
  }
}

/// Policy and timeline of a scenario, whatever else it holds.
std::string definition(const JsonValue& scenario) {
  JsonWriter json;
  json.begin_object();
  for (const char* name : {"policy", "timeline"}) write(json.key(name), scenario.at(name));
  return json.end_object().take();
}

}  // namespace

Definitions definitions_of(const std::filesystem::path& scenarios, const std::set<std::string>& ids) {
  Definitions definitions;
  std::error_code unreadable;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(scenarios, unreadable)) {
    const std::string id = entry.path().stem().string();
    if (entry.path().extension() != ".json" || !ids.contains(id)) continue;
    const Result<std::string> text = read_file(entry.path());
    if (!text) continue;
    const auto read = [&](const JsonValue& scenario) { return Definitions{{id, definition(scenario)}}; };
    if (Result<Definitions> found = read_json(*text, id, read)) definitions.merge(*found);
  }
  return definitions;
}

std::string definitions_json(const Definitions& definitions) {
  std::string text = "{";
  for (const auto& [id, definition] : definitions) {
    JsonWriter json;
    json.begin_object().key(id);
    text += (text.size() > 1 ? ",\n" : "\n") + json.take().substr(1) + definition;
  }
  return text + "}";
}

Definitions load_definitions(const std::filesystem::path& folder) {
  const Result<std::string> text = read_file(folder / "scenarios.json");
  if (!text) return {};
  const Result<Definitions> read = read_json(*text, "scenarios.json", [](const JsonValue& file) {
    Definitions definitions;
    for (const JsonValue& scenario : file.members()) definitions[scenario.name()] = definition(scenario);
    return definitions;
  });
  return read ? *read : Definitions{};
}

}  // namespace ti

#include "report/exercised.hpp"

#include "model/files.hpp"
#include "model/json_reader.hpp"
#include "model/json_writer.hpp"

namespace ti {

std::string exercised_json(const Exercised& exercised) {
  JsonWriter json;
  json.begin_object();
  for (const auto& [rule, scenarios] : exercised) {
    json.new_line().key(rule).begin_array();
    for (const std::string& scenario : scenarios) json.value(scenario);
    json.end_array();
  }
  return json.end_object().take() + '\n';
}

Result<Exercised> load_exercised(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "exercised.json";
  if (!std::filesystem::exists(file)) return Exercised{};
  const Result<std::string> text = read_file(file);
  if (!text) return text.error();
  return read_json(*text, file.string(), [](const JsonValue& rules) {
    Exercised exercised;
    for (const JsonValue& rule : rules.members()) {
      const std::vector<std::string> scenarios = rule.strings();
      exercised[rule.name()].insert(scenarios.begin(), scenarios.end());
    }
    return exercised;
  });
}

}  // namespace ti

#include "model/manifest_reader.hpp"

#include "base/line_search.hpp"
#include "base/text.hpp"
#include "model/manifest.hpp"

namespace ti {

std::map<std::string, std::string> read_text_map(const JsonValue& value) {
  std::map<std::string, std::string> texts;
  for (const JsonValue& member : value.members()) texts.emplace(member.name(), member.string());
  return texts;
}

std::vector<std::string> read_argv(const JsonValue& value) {
  std::vector<std::string> argv = value.strings();
  if (argv.empty()) value.fail("\"" + value.name() + "\" must name a program");
  return argv;
}

std::optional<Control> read_control(const JsonValue& file) {
  const JsonValue* value = file.find("control");
  if (!value) return std::nullopt;
  value->allow({"rule", "occasion", "with"});
  return Control{value->at("rule").string(), value->at("occasion").string(), value->at("with").strings()};
}

std::string read_expression(const JsonValue& value, unsigned groups) {
  const std::string wrong = wrong_in_expression(value.string(), static_cast<int>(groups));
  if (!wrong.empty()) value.fail('"' + value.name() + "\" " + wrong);
  return value.string();
}

const JsonValue* field(const JsonValue& file, std::string_view name) {
  return file.find("like") ? file.find(name) : &file.at(name);
}

std::filesystem::path model_folder(const JsonValue& like, const std::filesystem::path& folder,
                                   const std::string& file_name, std::string_view what) {
  std::vector<ParseError> unreadable;
  std::vector<std::string> names;
  for (const auto& other : folders_with(folder.parent_path(), file_name, unreadable))
    if (other.filename() != folder.filename()) names.push_back(other.filename().string());
  like.check_word(like.string(), names, "other " + std::string(what));
  return folder.parent_path() / like.string();
}

void check_variables(const JsonValue& value, const std::vector<std::string>& names) {
  if (value.kind() == JsonValue::Kind::array) {
    for (const JsonValue& item : value.items()) check_variables(item, names);
  } else if (value.kind() == JsonValue::Kind::object) {
    for (const JsonValue& member : value.members()) check_variables(member, names);
  } else {
    std::map<std::string, std::string> variables;
    for (const std::string& name : names) variables.emplace(name, "");
    const Result<std::string> filled = fill_in(value.string(), variables);
    if (!filled) value.fail(filled.error().what);
  }
}

}  // namespace ti

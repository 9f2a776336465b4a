#include "model/manifest_reader.hpp"

#include "base/line_search.hpp"
#include "base/text.hpp"
#include "model/fields.hpp"
#include "model/manifest.hpp"
#include "model/version_range.hpp"

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

namespace {

std::string read_range(const JsonValue& value) {
  if (!is_version_range(value.string())) value.fail('"' + value.name() + "\" must be a range such as \">=1.1.0\"");
  return value.string();
}

std::vector<std::string> strings_or_none(const JsonValue& value, std::string_view name) {
  const JsonValue* list = value.find(name);
  return list ? list->strings() : std::vector<std::string>();
}

}  // namespace

std::optional<BuildRecipe> read_builds(const JsonValue& file, bool of_client) {
  const JsonValue* value = file.find("builds");
  if (!value) return std::nullopt;
  if (of_client)
    value->allow({"libraries", "header", "program", "compile", "always_compile", "may_lack", "security_levels"});
  else
    value->allow({"libraries", "header", "program", "as", "program_as", "compile", "tls", "security_levels"});
  BuildRecipe recipe;
  recipe.libraries = strings_or_none(*value, "libraries");
  recipe.program = strings_or_none(*value, "program");
  recipe.compile = strings_or_none(*value, "compile");
  if (const auto* compile = value->find("compile")) check_variables(*compile, {"source", "out"});
  if (const auto* id = value->find("as")) recipe.as = id->string();
  if (recipe.libraries.empty() && recipe.program.empty() && recipe.as.empty())
    value->fail("\"builds\" names neither a library nor a program");
  if (const auto* header = value->find("header")) recipe.header = header->string();
  if (const auto* id = value->find("program_as")) recipe.program_as = id->string();
  if (const auto* always = value->find("always_compile")) recipe.always_compile = always->boolean();
  if (const auto* parts = value->find("may_lack"))
    for (const JsonValue& part : parts->items()) recipe.may_lack.push_back(read_argv(part));
  if (const auto* tls = value->find("tls"))
    for (const JsonValue& range : tls->members()) {
      read_version(range, range.name());
      recipe.tls.emplace(range.name(), read_range(range));
    }
  if (const auto* levels = value->find("security_levels")) recipe.security_levels = read_range(*levels);
  return recipe;
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

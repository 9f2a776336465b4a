#pragma once
// What the manifests of servers and clients have in common.
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "model/files.hpp"
#include "model/json_reader.hpp"
#include "model/manifest.hpp"

namespace ti {

/// {"NAME": "text", ...}
std::map<std::string, std::string> read_text_map(const JsonValue& value);

/// A list of arguments with at least one.
std::vector<std::string> read_argv(const JsonValue& value);

/// {"rule": "...", "occasion": "...", "with": ["id", ...]}; nothing if it is not given.
std::optional<Control> read_control(const JsonValue& file);

/// "builds", of a client or a server; nothing if it is not given.
std::optional<BuildRecipe> read_builds(const JsonValue& file, bool of_client);

/// A regular expression with at least `groups` groups.
std::string read_expression(const JsonValue& value, unsigned groups);

/// A field that a manifest of its own must have, and one that is `like` another may leave to its model.
const JsonValue* field(const JsonValue& file, std::string_view name);

/// The folder beside `folder` that `like` names; it must hold a manifest of this `file_name`. `what`: "server".
std::filesystem::path model_folder(const JsonValue& like, const std::filesystem::path& folder,
                                   const std::string& file_name, std::string_view what);

/// The manifest of a model, as `read` reads it. A model is not like a third.
template <class Read>
auto read_model(const JsonValue& like, const std::filesystem::path& file, Read read) {
  const Result<std::string> text = read_file(file);
  if (!text) like.fail(text.error().text());
  auto model = read_json(*text, file.string(), [&](const JsonValue& root) {
    if (const JsonValue* third = root.find("like")) third->fail("what is like another cannot be the model of a third");
    return read(root);
  });
  if (!model) like.fail(model.error().text());
  return std::move(*model);
}

/// Every {variable} in the strings of `value` (a string, a list, or an object of strings) must be among `names`.
void check_variables(const JsonValue& value, const std::vector<std::string>& names);

}  // namespace ti

#include <algorithm>

#include "base/text.hpp"
#include "model/fields.hpp"
#include "model/files.hpp"
#include "model/manifest.hpp"
#include "model/manifest_reader.hpp"

namespace ti {

namespace {

using Names = std::vector<std::string>;

constexpr const char* manifest_name = "server.json";

Names with(Names names, std::initializer_list<std::string> more) {
  names.insert(names.end(), more);
  return names;
}

const Names variables = {"binary", "dir",        "socket",    "keylog", "cert",
                         "key",    "ecdsa_cert", "ecdsa_key", "ca",     "ciphers"};

Fragment read_fragment(const JsonValue& value, const Names& known) {
  Fragment fragment;
  if (const auto* args = value.find("args")) {
    check_variables(*args, known);
    fragment.args = args->strings();
  }
  if (const auto* config = value.find("config")) {
    check_variables(*config, known);
    fragment.config = config->string();
  }
  if (const auto* versions = value.find("config_at")) {
    check_variables(*versions, known);
    for (const JsonValue& text : versions->members())
      fragment.config_at.emplace(read_version(text, text.name()), text.string());
  }
  if (const auto* env = value.find("env")) {
    check_variables(*env, known);
    fragment.env = read_text_map(*env);
  }
  return fragment;
}

PolicyFragment read_policy_fragment(const JsonValue& value) {
  PolicyFragment fragment;
  const JsonValue* words = value.find("values");
  if (!words) {
    value.allow({"args", "config", "config_at", "env", "values"});
    fragment.any = read_fragment(value, with(variables, {"value"}));
    return fragment;
  }
  value.allow({"values"});
  for (const JsonValue& word : words->members()) {
    if (!policy_takes_word(value.name(), word.name()))
      word.fail("\"" + word.name() + "\" is not a value of \"" + value.name() + '"');
    word.allow({"args", "config", "config_at", "env"});
    fragment.values.emplace(word.name(), read_fragment(word, with(variables, {"value"})));
  }
  if (fragment.values.empty()) words->fail("\"values\" must hold at least one word");
  return fragment;
}

void read_listening(const JsonValue& file, ServerManifest& server) {
  if (const auto* listen = field(file, "listen")) server.unix_socket = listen->word({"unix", "tcp"}) == 0;
  const JsonValue* port = file.find("listen_port");
  if (server.unix_socket && port) port->fail("\"listen_port\" is for \"listen\": \"tcp\"");
  if (!server.unix_socket && server.listen_port.empty()) port = &file.at("listen_port");
  if (port) server.listen_port = read_expression(*port, 1);
}

std::string read_template(const JsonValue& value, const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / value.string();
  const Result<std::string> text = read_file(file);
  if (!text) value.fail(text.error().text());
  std::map<std::string, std::string> names = {{"tls", ""}, {"policy", ""}};
  for (const std::string& name : variables) names.emplace(name, "");
  const Result<std::string> filled = fill_in(*text, names);
  if (!filled) {
    const auto line =
        1 + std::count(text->begin(), text->begin() + static_cast<std::ptrdiff_t>(filled.error().offset), '\n');
    value.fail(file.string() + ":" + std::to_string(line) + ": " + filled.error().what);
  }
  return *text;
}

void read_policy(const JsonValue& policy, ServerManifest& server) {
  policy.allow(policy_keys());
  server.policy.clear();
  for (const JsonValue& member : policy.members()) server.policy.emplace(member.name(), read_policy_fragment(member));
}

void read_versions_and_policy(const JsonValue& file, ServerManifest& server) {
  if (const auto* tls = field(file, "tls")) {
    server.tls.clear();
    for (const JsonValue& member : tls->members()) {
      member.allow({"args", "config", "env"});
      server.tls.emplace(read_version(member, member.name()), read_fragment(member, variables));
    }
  }
  if (const auto* policy = file.find("policy")) read_policy(*policy, server);
}

void read_start(const JsonValue& file, ServerManifest& server) {
  if (const auto* binary = field(file, "binary")) server.binary = binary->string();
  if (const auto* argv = field(file, "argv")) {
    server.argv = read_argv(*argv);
    check_variables(*argv, with(variables, {"tls", "policy"}));
  }
  if (const auto* env = file.find("env")) {
    server.env = read_text_map(*env);
    check_variables(*env, variables);
  }
  if (const auto* files = file.find("files")) {
    server.files.clear();
    for (const JsonValue& member : files->members())
      server.files.emplace(member.name(), read_template(member, server.folder));
  }
  read_listening(file, server);
  if (const auto* ready = field(file, "ready")) server.ready = ready->string();
}

/// `server` is empty, or the server that this one is like.
ServerManifest read_server(const JsonValue& file, const std::filesystem::path& folder, ServerManifest server) {
  file.allow({"like",  "title",  "library",     "library_version", "binary", "version", "argv",         "env",
              "files", "listen", "listen_port", "ready",           "tls",    "policy",  "capabilities", "warm",
              "hook",  "when",   "control",     "builds"});
  server.id = folder.filename().string();
  server.folder = folder;
  server.title = file.at("title").string();
  if (const auto* library = field(file, "library")) server.library = library->string();
  if (const auto* version = field(file, "version")) {
    server.version = read_argv(*version);
    check_variables(*version, variables);
  }
  if (const auto* expression = file.find("library_version")) server.library_version = read_expression(*expression, 1);
  read_start(file, server);
  read_versions_and_policy(file, server);
  if (const auto* capabilities = file.find("capabilities"))
    server.capabilities = read_set(*capabilities, server_capabilities(), "capability of servers");
  if (const auto* warm = file.find("warm")) server.warm = warm->boolean();
  if (const auto* hook = file.find("hook")) server.hook = hook->boolean();
  if (const auto* when = file.find("when")) server.only_when_named = when->word({"named"}) == 0;
  server.control = read_control(file);
  if (server.control) server.builds.reset();  // what is broken on purpose is so in its own build
  if (auto builds = read_builds(file, false)) server.builds = std::move(builds);
  return server;
}

/// The server that this one is like, or an empty one.
ServerManifest model_of(const JsonValue& file, const std::filesystem::path& folder) {
  const JsonValue* like = file.find("like");
  if (!like) return {};
  const std::filesystem::path model = model_folder(*like, folder, manifest_name, "server");
  return read_model(*like, model / manifest_name,
                    [&](const JsonValue& root) { return read_server(root, model, ServerManifest{}); });
}

}  // namespace

Result<ServerManifest> parse_server_manifest(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / manifest_name;
  const Result<std::string> text = read_file(file);
  if (!text) return text.error();
  return read_json(*text, file.string(),
                   [&](const JsonValue& root) { return read_server(root, folder, model_of(root, folder)); });
}

std::vector<ServerManifest> load_servers(const std::filesystem::path& folder, std::vector<ParseError>& errors) {
  std::vector<ServerManifest> servers;
  for (const auto& subfolder : folders_with(folder, manifest_name, errors)) {
    if (const std::string wrong = wrong_in_id(subfolder.filename().string()); !wrong.empty()) {
      errors.push_back({wrong, subfolder.string()});
      continue;
    }
    auto server = parse_server_manifest(subfolder);
    if (server)
      servers.push_back(std::move(*server));
    else
      errors.push_back(server.error());
  }
  return servers;
}

}  // namespace ti

#include <algorithm>

#include "base/text.hpp"
#include "model/fields.hpp"
#include "model/files.hpp"
#include "model/manifest.hpp"
#include "model/manifest_reader.hpp"

namespace ti {

namespace {

using Names = std::vector<std::string>;

constexpr const char* manifest_name = "client.json";
const Names places = {"build", "source"};
const Names start_variables = {"build", "source", "binary"};
const Names program_variables = {"build", "source", "binary", "host", "port", "server_name", "ca", "ciphers"};
const Names program_slots = {"tls", "session_in", "session_out", "certificate", "keylog"};

Names joined(Names names, const Names& more) {
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

std::vector<Need> read_needs(const JsonValue& value) {
  std::vector<Need> needs;
  for (const JsonValue& item : value.items()) {
    item.allow({"file", "program", "install"});
    const JsonValue* file = item.find("file");
    const JsonValue* program = item.find("program");
    if ((file == nullptr) == (program == nullptr)) item.fail("a need is either a \"file\" or a \"program\"");
    needs.push_back({file ? file->string() : "", program ? program->string() : "", item.at("install").string()});
  }
  return needs;
}

std::vector<std::string> read_fragment(const JsonValue& fragments, std::string_view name, const Names& variables) {
  const JsonValue* fragment = fragments.find(name);
  if (!fragment) return {};
  check_variables(*fragment, joined(program_variables, variables));
  return fragment->strings();
}

void read_fragments(const JsonValue& value, ProgramDriver& program) {
  value.allow(program_slots);
  program.tls.clear();
  for (const JsonValue& member : value.at("tls").members()) {
    check_variables(member, program_variables);
    program.tls.emplace(read_version(member, member.name()), member.strings());
  }
  program.session_in = read_fragment(value, "session_in", {"file"});
  program.session_out = read_fragment(value, "session_out", {"file"});
  program.certificate = read_fragment(value, "certificate", {"cert", "key"});
  program.keylog = read_fragment(value, "keylog", {"file"});
}

std::map<std::string, std::string> read_said(const JsonValue& value) {
  value.allow({"resumed", "full", "version", "cipher", "session_id", "error"});
  std::map<std::string, std::string> said;
  for (const JsonValue& member : value.members()) {
    const bool asks_only_whether = member.name() == "resumed" || member.name() == "full";
    said.emplace(member.name(), read_expression(member, asks_only_whether ? 0 : 1));
  }
  return said;
}

std::set<int> read_exit_codes(const JsonValue& value) {
  std::set<int> codes;
  for (const JsonValue& item : value.items()) {
    if (item.integer() < 0 || item.integer() > 255) item.fail("an exit code is 0 to 255");
    codes.insert(static_cast<int>(item.integer()));
  }
  return codes;
}

void read_program(const JsonValue& file, ProgramDriver& program) {
  if (const auto* fragments = field(file, "fragments")) read_fragments(*fragments, program);
  if (const auto* input = file.find("stdin")) program.input = input->string();
  if (const auto* version = field(file, "version")) {
    program.version = read_argv(*version);
    check_variables(*version, start_variables);
  }
  if (const auto* said = file.find("said")) program.said = read_said(*said);
  if (const auto* codes = file.find("exit_ok")) program.exit_ok = read_exit_codes(*codes);
}

std::map<std::string, std::string> read_cannot(const JsonValue& value) {
  static const Names words = joined(
      client_capabilities(), {"1.0", "1.1", "1.2", "1.3", "close_notify", "resume", "certificate_dates", "export"});
  for (const JsonValue& member : value.members())
    member.check_word(member.name(), words, "thing that a client may lack");
  return read_text_map(value);
}

std::set<std::string> read_capabilities(const JsonValue& value) {
  return read_set(value, client_capabilities(), "capability of clients");
}

/// How it is driven, which one that is like another leaves to its model.
void read_driver(const JsonValue& file, ClientManifest& client) {
  const JsonValue* driver = file.find("driver");
  if (driver && file.find("like")) driver->fail("\"driver\" is that of the client that this one is like");
  if (!file.find("like") && file.at("driver").word({"lines", "program"}) == 1) client.program.emplace();
  if (client.program) return read_program(file, *client.program);
  for (const char* field : {"fragments", "stdin", "version", "said", "exit_ok"}) {
    if (const auto* misplaced = file.find(field))
      misplaced->fail('"' + misplaced->name() + "\" is for \"driver\": \"program\"");
  }
}

bool has_build(const std::filesystem::path& folder) {
  return std::filesystem::exists(folder / "CMakeLists.txt") || std::filesystem::exists(folder / "build.sh");
}

/// All that stands for the whole folder; ids and what an entry replaces come with the entry. `client` is empty, or what
/// stands for the folder that this one is like.
ClientManifest read_folder(const JsonValue& file, const std::filesystem::path& folder, ClientManifest client) {
  file.allow({"like",        "library",  "seen",    "driver",       "binary",   "argv",    "env",       "needs",
              "build_needs", "optional", "tls",     "capabilities", "clients",  "cannot",  "fragments", "stdin",
              "version",     "said",     "exit_ok", "when",         "scripted", "control", "builds"});
  client.folder = folder;
  if (!file.find("like") || has_build(folder))
    client.adapter_folder = folder;
  else if (const auto* optional = file.find("optional"))
    optional->fail("\"optional\" is for a folder that builds something: this one has no build.sh");
  if (const auto* library = field(file, "library")) client.library = library->string();
  client.seen = file.find("seen") ? file.at("seen").string() : "";
  read_driver(file, client);
  if (const auto* binary = file.find("binary")) {
    check_variables(*binary, places);
    client.binary = binary->string();
  }
  if (const auto* argv = field(file, "argv")) {
    check_variables(*argv, client.program ? joined(program_variables, program_slots) : start_variables);
    client.argv = read_argv(*argv);
  }
  if (const auto* env = file.find("env")) {
    check_variables(*env, places);
    client.env = read_text_map(*env);
  }
  if (const auto* needs = file.find("needs")) client.needs = read_needs(*needs);
  if (const auto* needs = file.find("build_needs")) client.build_needs = read_needs(*needs);
  if (const auto* optional = file.find("optional")) client.optional = optional->boolean();
  if (const auto* when = file.find("when")) client.only_when_named = when->word({"named"}) == 0;
  if (const auto* scripted = file.find("scripted")) client.takes_script = scripted->boolean();
  if (const auto* tls = field(file, "tls")) {
    const auto versions = read_versions(*tls);
    client.tls = {versions.begin(), versions.end()};
  }
  if (const auto* capabilities = file.find("capabilities")) client.capabilities = read_capabilities(*capabilities);
  if (const auto* cannot = file.find("cannot")) client.cannot = read_cannot(*cannot);
  client.control = read_control(file);
  if (client.control) client.builds.reset();  // what is broken on purpose is so in its own build
  if (auto builds = read_builds(file, true)) client.builds = std::move(builds);
  return client;
}

/// What stands for the folder that this one is like, or an empty one.
ClientManifest model_of(const JsonValue& file, const std::filesystem::path& folder) {
  const JsonValue* like = file.find("like");
  if (!like) return {};
  const std::filesystem::path model = model_folder(*like, folder, manifest_name, "folder of clients");
  return read_model(*like, model / manifest_name,
                    [&](const JsonValue& root) { return read_folder(root, model, ClientManifest{}); });
}

ClientManifest read_entry(const JsonValue& entry, ClientManifest client) {
  entry.allow({"front_door", "carry", "seen", "args", "env", "tls", "capabilities", "cannot"});
  if (const std::string wrong = wrong_in_id(entry.name()); !wrong.empty()) entry.fail(wrong);
  client.id = entry.name();
  if (const auto* seen = entry.find("seen")) client.seen = seen->string();
  client.front_door = entry.at("front_door").string();
  client.carry = entry.at("carry").word({"cache", "export"}) == 0 ? Carry::cache : Carry::session_export;
  if (client.program && client.carry == Carry::cache)
    entry.at("carry").fail("a program keeps its session in a file: its \"carry\" is \"export\"");
  if (const auto* args = entry.find("args")) {
    check_variables(*args, client.program ? joined(program_variables, program_slots) : start_variables);
    for (const std::string& argument : args->strings()) client.argv.push_back(argument);
  }
  if (const auto* env = entry.find("env")) {
    check_variables(*env, places);
    for (const auto& [name, value] : read_text_map(*env)) client.env[name] = value;
  }
  if (const auto* tls = entry.find("tls")) {
    const auto versions = read_versions(*tls);
    client.tls = {versions.begin(), versions.end()};
  }
  if (const auto* capabilities = entry.find("capabilities")) client.capabilities = read_capabilities(*capabilities);
  if (const auto* cannot = entry.find("cannot")) {
    for (const auto& [what, why] : read_cannot(*cannot)) client.cannot[what] = why;
  }
  return client;
}

/// The id of the entry that this one is like: that of its model's with the same carry and arguments, or empty.
std::string like_entry(const JsonValue& entry, const JsonValue& file, const std::filesystem::path& folder) {
  const JsonValue* like = file.find("like");
  if (!like) return {};
  const auto words = [](const JsonValue& of) {
    const JsonValue* args = of.find("args");
    return std::pair(of.at("carry").string(), args ? args->strings() : std::vector<std::string>());
  };
  const std::filesystem::path model = folder.parent_path() / like->string() / manifest_name;
  const auto find = [&](const JsonValue& root) {
    const auto& others = root.at("clients").members();
    const auto same = std::ranges::find_if(others, [&](const auto& other) { return words(other) == words(entry); });
    return std::optional<std::string>(same == others.end() ? "" : same->name());
  };
  return *read_model(*like, model, find);
}

std::vector<ClientManifest> read_clients(const JsonValue& file, const std::filesystem::path& folder) {
  const ClientManifest common = read_folder(file, folder, model_of(file, folder));
  std::vector<ClientManifest> clients;
  for (const JsonValue& entry : file.at("clients").members()) {
    clients.push_back(read_entry(entry, common));
    clients.back().like = like_entry(entry, file, folder);
  }
  if (clients.empty()) file.at("clients").fail("\"clients\" must hold at least one client");
  return clients;
}

}  // namespace

Result<std::vector<ClientManifest>> parse_client_manifest(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / manifest_name;
  const Result<std::string> text = read_file(file);
  if (!text) return text.error();
  return read_json(*text, file.string(), [&](const JsonValue& root) { return read_clients(root, folder); });
}

std::vector<ClientManifest> load_clients(const std::filesystem::path& folder, std::vector<ParseError>& errors) {
  std::map<std::string, ClientManifest> clients;
  for (const auto& subfolder : folders_with(folder, manifest_name, errors)) {
    auto entries = parse_client_manifest(subfolder);
    if (!entries) {
      errors.push_back(entries.error());
      continue;
    }
    for (ClientManifest& client : *entries) {
      const auto [first, added] = clients.emplace(client.id, client);
      if (!added)
        errors.push_back({"client \"" + client.id + "\" is described in " + first->second.folder.string() + " already",
                          (subfolder / manifest_name).string()});
    }
  }
  std::vector<ClientManifest> sorted;
  for (auto& [id, client] : clients) sorted.push_back(std::move(client));
  return sorted;
}

}  // namespace ti

#include <algorithm>

#include "model/fields.hpp"
#include "model/files.hpp"
#include "model/manifest.hpp"
#include "model/manifest_reader.hpp"

namespace ti {

namespace {

using Names = std::vector<std::string>;

const Names places = {"build", "source"};
const Names program_variables = {"build", "source", "host", "port", "server_name", "ca"};
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

ProgramDriver read_program(const JsonValue& file) {
  ProgramDriver program;
  read_fragments(file.at("fragments"), program);
  if (const auto* input = file.find("stdin")) program.input = input->string();
  program.version = read_argv(file.at("version"));
  check_variables(file.at("version"), places);
  if (const auto* said = file.find("said")) program.said = read_said(*said);
  if (const auto* codes = file.find("exit_ok")) program.exit_ok = read_exit_codes(*codes);
  return program;
}

/// All that stands for the whole folder; ids and what an entry replaces come with the entry.
ClientManifest read_folder(const JsonValue& file, const std::filesystem::path& folder) {
  ClientManifest client;
  client.folder = folder;
  client.library = file.at("library").string();
  if (const auto* seen = file.find("seen")) client.seen = seen->string();
  if (file.at("driver").word({"lines", "program"}) == 1) {
    client.program = read_program(file);
    check_variables(file.at("argv"), joined(program_variables, program_slots));
  } else {
    for (const char* field : {"fragments", "stdin", "version", "said", "exit_ok"}) {
      if (const auto* misplaced = file.find(field))
        misplaced->fail('"' + misplaced->name() + "\" is for \"driver\": \"program\"");
    }
    check_variables(file.at("argv"), places);
  }
  client.argv = read_argv(file.at("argv"));
  if (const auto* env = file.find("env")) {
    check_variables(*env, places);
    client.env = read_text_map(*env);
  }
  if (const auto* needs = file.find("needs")) client.needs = read_needs(*needs);
  if (const auto* needs = file.find("build_needs")) client.build_needs = read_needs(*needs);
  if (const auto* optional = file.find("optional")) client.optional = optional->boolean();
  const auto versions = read_versions(file.at("tls"));
  client.tls = {versions.begin(), versions.end()};
  if (const auto* capabilities = file.find("capabilities")) client.capabilities = read_set(*capabilities);
  if (const auto* cannot = file.find("cannot")) client.cannot = read_text_map(*cannot);
  return client;
}

ClientManifest read_entry(const JsonValue& entry, ClientManifest client) {
  entry.allow({"front_door", "carry", "seen", "args", "env", "tls", "capabilities", "cannot"});
  client.id = entry.name();
  if (const auto* seen = entry.find("seen")) client.seen = seen->string();
  client.front_door = entry.at("front_door").string();
  client.carry = entry.at("carry").word({"cache", "export"}) == 0 ? Carry::cache : Carry::session_export;
  if (client.program && client.carry == Carry::cache)
    entry.at("carry").fail("a program keeps its session in a file: its \"carry\" is \"export\"");
  if (const auto* args = entry.find("args")) {
    check_variables(*args, client.program ? joined(program_variables, program_slots) : places);
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
  if (const auto* capabilities = entry.find("capabilities")) client.capabilities = read_set(*capabilities);
  if (const auto* cannot = entry.find("cannot")) {
    for (const auto& [what, why] : read_text_map(*cannot)) client.cannot[what] = why;
  }
  return client;
}

std::vector<ClientManifest> read_clients(const JsonValue& file, const std::filesystem::path& folder) {
  file.allow({"library", "seen", "driver", "argv", "env", "needs", "build_needs", "optional", "tls", "capabilities",
              "clients", "cannot", "fragments", "stdin", "version", "said", "exit_ok"});
  const ClientManifest common = read_folder(file, folder);
  std::vector<ClientManifest> clients;
  for (const JsonValue& entry : file.at("clients").members()) clients.push_back(read_entry(entry, common));
  if (clients.empty()) file.at("clients").fail("\"clients\" must hold at least one client");
  return clients;
}

}  // namespace

Result<std::vector<ClientManifest>> parse_client_manifest(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "client.json";
  const Result<std::string> text = read_file(file);
  if (!text) return text.error();
  return read_json(*text, file.string(), [&](const JsonValue& root) { return read_clients(root, folder); });
}

std::vector<ClientManifest> load_clients(const std::filesystem::path& folder, std::vector<ParseError>& errors) {
  std::map<std::string, ClientManifest> clients;
  for (const auto& subfolder : folders_with(folder, "client.json", errors)) {
    auto entries = parse_client_manifest(subfolder);
    if (!entries) {
      errors.push_back(entries.error());
      continue;
    }
    for (ClientManifest& client : *entries) {
      const auto [first, added] = clients.emplace(client.id, client);
      if (!added)
        errors.push_back({"client \"" + client.id + "\" is described in " + first->second.folder.string() + " already",
                          (subfolder / "client.json").string()});
    }
  }
  std::vector<ClientManifest> sorted;
  for (auto& [id, client] : clients) sorted.push_back(std::move(client));
  return sorted;
}

}  // namespace ti

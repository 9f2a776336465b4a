// check-client: is a client what the protocol says and its manifest declares?
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "check/client_check.hpp"
#include "cli/builds.hpp"
#include "cli/catalogue.hpp"
#include "cli/command.hpp"
#include "exec/clock.hpp"
#include "exec/task_group.hpp"
#include "exec/temp_dir.hpp"
#include "report/try_print.hpp"

namespace ti {

namespace {

struct Options {
  std::vector<std::string> words;
  std::vector<std::string> capabilities;
  std::string only = "*";
  bool json = false;
};

bool is_program(const std::string& word) {
  if (word.find('/') != std::string::npos) return std::filesystem::exists(word);
  const char* path = std::getenv("PATH");
  for (const std::string& folder : split(path ? path : "", ':'))
    if (std::filesystem::exists(std::filesystem::path(folder) / word)) return true;
  return false;
}

/// The clients that the words name, all of them by id; none when the first word is no client's id.
std::vector<ClientManifest> named(const Catalogue& catalogue, const std::vector<std::string>& words) {
  std::vector<ClientManifest> chosen;
  std::vector<std::string> ids;
  for (const ClientManifest& client : catalogue.clients) ids.push_back(client.id);
  for (const std::string& word : words) {
    const std::size_t before = chosen.size();
    for (const ClientManifest& client : catalogue.clients)
      if (glob_match(word, client.id)) chosen.push_back(client);
    if (chosen.size() != before) continue;
    if (before == 0 && is_program(word)) return {};
    throw UsageError(fmt::format("no client and no program \"{}\";{} `ticket-interop list clients` names them", word,
                                 did_you_mean(word, ids)));
  }
  return chosen;
}

/// The adapter runs in a folder of its own: what names a file from here must name it from there too.
std::vector<std::string> from_anywhere(std::vector<std::string> words) {
  for (std::size_t i = 0; i < words.size(); ++i)
    if ((i > 0 || words[i].find('/') != std::string::npos) && std::filesystem::exists(words[i]))
      words[i] = std::filesystem::absolute(words[i]).string();
  return words;
}

const char* text(CheckState state) {
  switch (state) {
    case CheckState::ok:
      return "ok";
    case CheckState::failed:
      return "FAILED";
    case CheckState::excused:
      return "cannot";
    case CheckState::skipped:
      return "skipped";
    case CheckState::impossible:
      return "UNCHECKED";
  }
  return "";
}

/// A note is one line of a table.
std::string one_line(std::string note) {
  while (!note.empty() && note.back() == '\n') note.pop_back();
  std::replace(note.begin(), note.end(), '\n', ' ');
  return note;
}

void print(const std::string& title, const ClientReport& report) {
  try_print(stdout, "{}\n", title);
  for (const CheckResult& check : report.checks)
    try_print(stdout, "  {:<24} {:<9} {}\n", check.name, text(check.state), one_line(check.note));
  if (!report.capabilities.empty()) try_print(stdout, "  {:<24} {:<9} {:<9}\n", "capability", "declared", "observed");
  for (const CapabilityResult& capability : report.capabilities) {
    const char* observed = !capability.observed ? "-" : *capability.observed ? "yes" : "no";
    try_print(stdout, "  {:<24} {:<9} {:<9} {}{}\n", capability.name, capability.declared ? "yes" : "no", observed,
              capability.holds() ? "" : "FAILED: ", one_line(capability.note));
  }
  std::fflush(stdout);
}

nlohmann::ordered_json json_of(const std::string& title, const ClientReport& report) {
  using Json = nlohmann::ordered_json;
  Json object{{"client", title}, {"holds", report.holds()}, {"checks", Json::array()}, {"capabilities", Json::array()}};
  for (const CheckResult& check : report.checks)
    object["checks"].push_back(Json{{"name", check.name}, {"state", text(check.state)}, {"note", check.note}});
  for (const CapabilityResult& capability : report.capabilities) {
    Json row{{"name", capability.name}, {"declared", capability.declared}, {"observed", nullptr}};
    if (capability.observed) row["observed"] = *capability.observed;
    row["holds"] = capability.holds();
    row["note"] = capability.note;
    object["capabilities"].push_back(std::move(row));
  }
  return object;
}

template <class T>
T wait_for(asio::io_context& loop, awaitable<T> work) {
  std::optional<T> result;
  std::exception_ptr error;
  const auto supervise = [&]() -> awaitable<void> {
    try {
      T value = co_await std::move(work);
      result.emplace(std::move(value));
    } catch (...) {
      error = std::current_exception();
    }
  };
  TaskGroup tasks(loop.get_executor());
  tasks.spawn(supervise());
  loop.restart();
  loop.run();
  if (error) std::rethrow_exception(error);
  return std::move(result.value());
}

int check(const Options& options, const Invocation& invocation) {
  const std::vector<std::string> known = capability_names();
  for (const std::string& capability : options.capabilities)
    if (std::find(known.begin(), known.end(), capability) == known.end())
      throw UsageError(fmt::format("--capability {}: no such capability;{} there are: {}", capability,
                                   did_you_mean(capability, known), fmt::join(known, ", ")));
  std::vector<std::string> names = check_names();
  names.insert(names.end(), known.begin(), known.end());
  if (std::none_of(names.begin(), names.end(), [&](const auto& name) { return glob_match(options.only, name); }))
    throw UsageError(fmt::format("--only {}: no such check;{} there are: {}", options.only,
                                 did_you_mean(options.only, names), fmt::join(names, ", ")));
  Catalogue catalogue = load_catalogue(invocation.paths());
  print_errors(catalogue);
  Filter filter;
  if (!is_program(options.words.front())) filter.clients = options.words;
  add_builds(catalogue, filter, invocation.paths());
  std::vector<ClientManifest> clients = named(catalogue, filter.clients.empty() ? options.words : filter.clients);
  if (!clients.empty() && !options.capabilities.empty())
    throw UsageError("--capability is for a command; what a client can do is in its manifest");

  Guardian guardian;
  asio::io_context loop(1);
  TempDir private_files(guardian);
  const Paths& paths = invocation.paths();
  RunContext context{loop.get_executor(),
                     &guardian,
                     make_credentials(private_files.path()),
                     paths.servers_build(),
                     paths.clients_build(),
                     paths.optional_clients_build(),
                     {}};
  CheckTools tools;
  tools.only = options.only;
  tools.libfaketime = find_libfaketime().value_or("");
  for (const ServerManifest& server : catalogue.servers)
    if (!catalogue.server_missing.contains(server.id)) tools.servers.push_back(&server);
  if (tools.servers.empty()) throw std::runtime_error("no server is built: ./run_matrix.sh --setup");

  const bool command = clients.empty();
  if (command) {
    const std::set<std::string> declared(options.capabilities.begin(), options.capabilities.end());
    clients.push_back(wait_for(loop, manifest_of_command(from_anywhere(options.words), declared, context)));
  }
  bool all_hold = true;
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const ClientManifest& client : clients) {
    if (const auto why = catalogue.client_missing.find(client.id); !command && why != catalogue.client_missing.end())
      throw std::runtime_error(why->second);
    const ClientReport report = wait_for(loop, check_client(client, tools, context));
    const std::string title = command ? fmt::format("{}", fmt::join(options.words, " ")) : client.id;
    options.json ? array.push_back(json_of(title, report)) : print(title, report);
    all_hold = all_hold && report.holds();
  }
  if (options.json) try_print(stdout, "{}\n", array.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  return all_hold ? status::ok : status::unexpected;
}

}  // namespace

Action make_check_client(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option(
         "client", options->words,
         "ids of clients (globs), builds (ID=PLACE), or the command that starts an adapter: -- python3 -B adapter.py")
      ->required()
      ->type_name("ID|ID=PLACE|COMMAND");
  app.add_option("--only", options->only, "only the checks and capabilities whose name matches")->type_name("GLOB");
  app.add_option("--capability", options->capabilities, "one that the command claims to have; may be given again")
      ->type_name("NAME")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false);  // else it would take the words after "--" for its own
  app.add_flag("--json", options->json, "as a JSON array");
  app.footer(
      "The checks are those of clients/PROTOCOL.md. Exit status: 0 the adapter follows it; 1 it does not; 2 wrong\n"
      "arguments; 3 the harness or the machine failed.");
  return [options](const Invocation& invocation) { return check(*options, invocation); };
}

}  // namespace ti

#include "cli/builds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>

#include "base/text.hpp"
#include "check/build_trial.hpp"
#include "check/versions.hpp"
#include "cli/command.hpp"
#include "cli/compile.hpp"
#include "cli/interruptible.hpp"
#include "endpoints/build_finder.hpp"
#include "endpoints/client.hpp"
#include "exec/temp_dir.hpp"

namespace ti {

namespace {

namespace fs = std::filesystem;

/// One that was tried, before it has its id.
template <class Manifest>
struct Tried {
  std::size_t word = 0;  ///< which of the filter's words asked for it
  Manifest manifest;
  std::string version;
  std::string sha256;
};

std::string fact(const Facts& facts, const std::string& name) {
  const auto found = facts.find(name);
  return found == facts.end() ? "" : found->second;
}

/// Finds builds and tries them, in the order of the words.
class Trials {
 public:
  Trials(const Catalogue& catalogue, const Paths& paths, const RunContext& context)
      : catalogue_(catalogue), paths_(paths), context_(context) {}

  awaitable<std::vector<Tried<ClientManifest>>> clients(const std::vector<std::optional<BuildOrder>>& orders) {
    std::vector<Tried<ClientManifest>> tried;
    for (std::size_t i = 0; i < orders.size(); ++i) {
      if (!orders[i]) continue;
      for (const ClientManifest& client : asked(catalogue_.clients, *orders[i], "client")) {
        Tried<ClientManifest> one{i, client, {}, {}};
        one.manifest.build = found(*orders[i], *client.builds, "client " + client.id, client.id);
        co_await try_client(&one);
        tried.push_back(std::move(one));
      }
    }
    co_return tried;
  }

  awaitable<std::vector<Tried<ServerManifest>>> servers(const std::vector<std::optional<BuildOrder>>& orders) {
    std::vector<Tried<ServerManifest>> tried;
    for (std::size_t i = 0; i < orders.size(); ++i) {
      if (!orders[i]) continue;
      for (const ServerManifest& server : asked(catalogue_.servers, *orders[i], "server")) {
        Tried<ServerManifest> one{i, run_as(server, *orders[i]), {}, {}};
        co_await try_one_server(&one);
        tried.push_back(std::move(one));
      }
    }
    co_return tried;
  }

 private:
  template <class Manifest>
  std::vector<Manifest> asked(const std::vector<Manifest>& all, const BuildOrder& order, const char* kind) const {
    std::vector<Manifest> chosen;
    std::vector<std::string> ids;
    for (const Manifest& manifest : all) {
      if (manifest.build) continue;
      ids.push_back(manifest.id);
      if (manifest.id == order.of || (glob_match(order.of, manifest.id) && manifest.builds)) chosen.push_back(manifest);
    }
    if (chosen.empty())
      throw UsageError(
          fmt::format("no {0} \"{1}\" that runs on other builds;{2} `ticket-interop list builds` names "
                      "those that do",
                      kind, order.of, did_you_mean(order.of, ids)));
    for (const Manifest& manifest : chosen)
      if (!manifest.builds)
        throw UsageError(
            fmt::format("{} {} runs on its own build alone: its manifest has no \"builds\"", kind, manifest.id));
    return chosen;
  }

  Build found(const BuildOrder& order, const BuildRecipe& recipe, const std::string& who, const std::string& id) const {
    Result<Build> build = find_build(order, recipe, paths_.cache() / "links");
    if (!build) throw UsageError(who + ": " + build.error().text());
    build->of = id;
    return std::move(*build);
  }

  /// The server as which a build of this one is run, under its own id.
  ServerManifest run_as(const ServerManifest& server, const BuildOrder& order) const {
    ServerManifest manifest = server.builds->as.empty() ? server : other(server, server.builds->as);
    if (!manifest.builds) throw UsageError("server " + manifest.id + ": its manifest has no \"builds\"");
    const std::string who = "server " + server.id;
    Build build = found(order, *manifest.builds, who, server.id);
    if (!build.program.empty() && !manifest.builds->program_as.empty()) {
      manifest = other(server, manifest.builds->program_as);
      if (build.program_is_static)
        throw UsageError(
            fmt::format("{}: {} holds its TLS library in itself: nothing can be put before it, so it takes "
                        "no ticket policy",
                        who, build.program.string()));
    }
    manifest.id = server.id;
    manifest.only_when_named = false;
    manifest.build = std::move(build);
    return manifest;
  }

  ServerManifest other(const ServerManifest& server, const std::string& id) const {
    for (const ServerManifest& manifest : catalogue_.servers)
      if (manifest.id == id) return manifest;
    throw UsageError(fmt::format("server {}: its builds are run as {}, which there is not", server.id, id));
  }

  template <class Manifest>
  CompileOrder compile_order(const Manifest& manifest, const std::string& who) const {
    std::string key = manifest.folder.filename().string();
    for (const fs::path& place : manifest.build->places) key += "\n" + place.string();
    for (const FoundLibrary& library : manifest.build->libraries) key += "\n" + library.file.string();
    const std::string name =
        fmt::format("{}-{:016x}", manifest.folder.filename().string(), std::hash<std::string>()(key));
    return {who, manifest.builds->compile, manifest.folder, paths_.cache() / "for-builds" / name};
  }

  awaitable<void> compile(ClientManifest* manifest, const std::string& why) const {
    const std::string who = "client " + manifest->id;
    if (manifest->builds->compile.empty())
      throw std::runtime_error(fmt::format("{} does not run on {}: {}", who, manifest->build->place(), why));
    if (!manifest->builds->header.empty() && manifest->build->include_path.empty())
      throw std::runtime_error(fmt::format(
          "{} as it was set up does not run on {} ({}), and to compile it for that there is no {} in it; its "
          "headers may lie elsewhere: ID=PLACE,PLACE",
          who, manifest->build->place(), why, manifest->builds->header));
    CompileOrder order = compile_order(*manifest, who);
    order.source = manifest->adapter_folder;
    const fs::path out = order.out;
    co_await compile_for(std::move(order), *manifest->build, context_);
    manifest->build->compiled = out;
    // A compiler is not what runs.
    if (manifest->builds->always_compile) manifest->build->program = client_argv(*manifest, context_).front();
  }

  awaitable<void> try_client(Tried<ClientManifest>* one) const {
    ClientManifest& manifest = one->manifest;
    const bool linked_in = !manifest.build->libraries.empty() && manifest.build->libraries.front().archive;
    Facts facts;
    std::string why = "it is linked into what runs";
    if (!manifest.builds->always_compile && (!linked_in || manifest.program)) {
      facts = co_await client_facts(manifest, context_, {});
      why = fact(facts, "broken");
    }
    if (!why.empty()) {
      co_await compile(&manifest, why);
      facts = co_await client_facts(manifest, context_, {});
      if (const std::string broken = fact(facts, "broken"); !broken.empty())
        throw std::runtime_error(
            fmt::format("client {} does not run on {}: {}", manifest.id, manifest.build->place(), broken));
    }
    fit_to_version(manifest, fact(facts, "version"));
    if (manifest.program) co_await fit_program(&manifest, context_);
    settle(one, fact(facts, "version"));
  }

  awaitable<void> try_one_server(Tried<ServerManifest>* one) const {
    ServerManifest& manifest = one->manifest;
    const std::string who = "server " + manifest.id;
    const bool compiles = manifest.build->program.empty();
    if (compiles) {
      if (manifest.builds->compile.empty())
        throw UsageError(fmt::format("{}: {} holds no program", who, manifest.build->place()));
      CompileOrder order = compile_order(manifest, who);
      const fs::path out = order.out;
      co_await compile_for(std::move(order), *manifest.build, context_);
      manifest.build->compiled = out;
    }
    const Facts facts = co_await server_facts(manifest, context_);
    const std::string library = fact(facts, facts.contains("library_version") ? "library_version" : "version");
    fit_to_version(manifest, library);
    co_await try_server(&manifest, context_);
    settle(one, compiles ? library : fact(facts, "version"));
  }

  template <class Manifest>
  static void settle(Tried<Manifest>* one, const std::string& said) {
    const std::string who = fmt::format("{} on {}", one->manifest.id, one->manifest.build->place());
    one->version = version_word(said);
    Facts facts;
    tell_build(facts, *one->manifest.build);
    one->sha256 = fact(facts, "file_sha256");
    if (one->version.empty())
      throw std::runtime_error(fmt::format("{} does not say its version: {}", who, said.empty() ? "nothing" : said));
  }

  const Catalogue& catalogue_;
  const Paths& paths_;
  const RunContext& context_;
};

/// Gives each its id, the same whichever came first: by label, or version, or, where two of that version are there, by
/// version and the beginning of what it is tested by.
template <class Manifest>
void name_builds(std::vector<Tried<Manifest>>& tried) {
  std::map<std::string, std::size_t> of_version;
  for (const auto& one : tried)
    if (one.manifest.build->label.empty()) ++of_version[one.manifest.id + "=" + one.version];
  std::map<std::string, std::string> places;
  for (auto& one : tried) {
    Build& build = *one.manifest.build;
    std::string id = one.manifest.id + "=" + (build.label.empty() ? one.version : build.label);
    if (build.label.empty() && of_version[id] > 1) id += "-" + one.sha256.substr(0, 8);
    const auto [other, added] = places.emplace(id, build.place());
    if (!added)
      throw UsageError(fmt::format("{} and {} would both be {}: give them labels (ID=LABEL:PLACE)", other->second,
                                   build.place(), id));
    one.manifest.id = id;
  }
}

/// Adds what was tried to the catalogue, and to the words of the filter in the place of its order.
template <class Manifest>
void put_in_place(std::vector<Tried<Manifest>>& tried, std::vector<Manifest>& all, std::vector<std::string>& words,
                  const std::vector<std::optional<BuildOrder>>& orders) {
  std::vector<std::string> asked;
  for (std::size_t i = 0; i < words.size(); ++i)
    if (!orders[i]) asked.push_back(words[i]);
  for (Tried<Manifest>& one : tried) {
    asked.push_back(one.manifest.id);
    all.push_back(std::move(one.manifest));
  }
  std::ranges::sort(all, {}, &Manifest::id);
  words = std::move(asked);
}

std::vector<std::optional<BuildOrder>> orders_of(const std::vector<std::string>& words) {
  std::vector<std::optional<BuildOrder>> orders;
  for (const std::string& word : words) {
    Result<std::optional<BuildOrder>> order = parse_build_order(word, fs::current_path());
    if (!order) throw UsageError(order.error().text());
    orders.push_back(std::move(*order));
  }
  return orders;
}

}  // namespace

void add_build_options(CLI::App& app, Filter& builds) {
  const auto add = [&](const char* name, std::vector<std::string>& words, const char* kind) {
    app.add_option(name, words, fmt::format("and a {} on the build there (`run --help` says more)", kind))
        ->check(CLI::Validator(
            [](const std::string& word) { return word.find('=') == std::string::npos ? "want ID=PLACE" : ""; }, ""))
        ->type_name("ID=PLACE")
        ->expected(1)
        ->take_all();
  };
  add("--server", builds.servers, "server");
  add("--client", builds.clients, "client");
}

std::vector<std::string> with_absolute_places(std::vector<std::string> words) {
  bool names_builds = false;  // what follows --server or --client
  for (std::string& word : words) {
    const bool option = word.starts_with("--server") || word.starts_with("--client");
    const std::size_t sign = option ? word.find('=') : std::string::npos;
    const std::size_t start = names_builds ? 0 : sign == std::string::npos ? word.size() : sign + 1;
    names_builds = option && sign == std::string::npos;
    const auto order = parse_build_order(word.substr(start), fs::current_path());
    if (!order || !*order) continue;
    Build build;
    build.places = (*order)->places;
    word = word.substr(0, start) + (*order)->of + "=" + ((*order)->label.empty() ? "" : (*order)->label + ":") +
           build.place();
  }
  return words;
}

void add_builds(Catalogue& catalogue, Filter& filter, const Paths& paths) {
  const auto server_orders = orders_of(filter.servers);
  const auto client_orders = orders_of(filter.clients);
  const auto is_order = [](const auto& order) { return order.has_value(); };
  if (std::ranges::none_of(server_orders, is_order) && std::ranges::none_of(client_orders, is_order)) return;
  Guardian guardian;
  asio::io_context loop(1);
  Interruptible interruptible(loop, std::chrono::seconds(0));
  TempDir private_files(guardian);
  const RunContext context{loop.get_executor(),
                           &guardian,
                           make_credentials(private_files.path()),
                           paths.servers_build(),
                           paths.clients_build(),
                           paths.optional_clients_build(),
                           {}};
  Trials trials(catalogue, paths, context);
  std::vector<Tried<ServerManifest>> servers;
  std::vector<Tried<ClientManifest>> clients;
  const auto try_all = [&]() -> awaitable<void> {
    auto tried_servers = co_await trials.servers(server_orders);
    servers = std::move(tried_servers);
    auto tried_clients = co_await trials.clients(client_orders);
    clients = std::move(tried_clients);
  };
  if (!interruptible.run(try_all())) throw std::runtime_error("stopped while builds were tried");
  name_builds(servers);
  name_builds(clients);
  put_in_place(servers, catalogue.servers, filter.servers, server_orders);
  put_in_place(clients, catalogue.clients, filter.clients, client_orders);
}

}  // namespace ti

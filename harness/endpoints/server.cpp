#include "endpoints/server.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>

#include "base/line_search.hpp"
#include "endpoints/build_environment.hpp"
#include "endpoints/decision_log.hpp"
#include "endpoints/loaded_libraries.hpp"

namespace ti {

namespace {

using Variables = std::map<std::string, std::string>;

/// What several fragments tell, in order.
using Told = Fragment;

Result<bool> fill_env(std::map<std::string, std::string>& env, const std::map<std::string, std::string>& texts,
                      const Variables& variables) {
  for (const auto& [name, text] : texts) {
    const Result<std::string> value = fill_in(text, variables);
    if (!value) return value.error();
    env[name] = *value;
  }
  return true;
}

Result<bool> tell(Told& told, const Fragment& fragment, const Variables& variables, Version tls) {
  for (const std::string& arg : fragment.args) {
    const Result<std::string> filled = fill_in(arg, variables);
    if (!filled) return filled.error();
    told.args.push_back(*filled);
  }
  const auto at_version = fragment.config_at.find(tls);
  for (const std::string& text : {fragment.config, at_version == fragment.config_at.end() ? "" : at_version->second}) {
    const Result<std::string> config = fill_in(text, variables);
    if (!config) return config.error();
    if (!config->empty()) told.config += *config + "\n";
  }
  return fill_env(told.env, fragment.env, variables);
}

const Fragment* fragment_for(const PolicyFragment& known, const std::string& value) {
  if (known.values.empty()) return &known.any;
  const auto word = known.values.find(value);
  return word == known.values.end() ? nullptr : &word->second;
}

Result<std::vector<std::string>> fill_argv(const std::vector<std::string>& argv, const Variables& variables,
                                           const std::map<std::string, std::vector<std::string>>& lists) {
  std::vector<std::string> filled;
  for (const std::string& arg : argv) {
    if (const auto list = lists.find(arg); list != lists.end()) {
      filled.insert(filled.end(), list->second.begin(), list->second.end());
      continue;
    }
    const Result<std::string> one = fill_in(arg, variables);
    if (!one) return one.error();
    filled.push_back(*one);
  }
  return filled;
}

/// What has a cipher list admit weak suites, where libssl has security levels.
std::string security_level(const ServerManifest& manifest) {
  return !manifest.build || manifest.build->has_security_levels ? ":@SECLEVEL=0" : "";
}

/// What variables stand for, those of a fragment apart, for a server in that folder.
Variables variables_in(const std::filesystem::path& folder, const ServerManifest& manifest, const RunContext& context) {
  Variables variables = context.credentials.variables();
  variables["binary"] = server_program(manifest, context).string();
  variables["dir"] = folder.string();
  variables["socket"] = (folder / "s.sock").string();
  variables["keylog"] = (folder / "keys.log").string();
  variables["ciphers"] = "ALL" + security_level(manifest);
  return variables;
}

/// A command of the server's in that folder, in the environment of its manifest.
Result<Launch> launch_in(const std::filesystem::path& folder, const ServerManifest& manifest, const RunContext& context,
                         std::vector<std::string> argv, const Variables& variables) {
  Launch launch;
  launch.argv = std::move(argv);
  launch.env = context.environment(folder);
  if (auto filled = fill_env(launch.env, manifest.env, variables); !filled) return filled.error();
  if (manifest.build) enter_build(launch, *manifest.build);
  launch.cwd = folder;
  launch.output = Launch::Output::merged;
  return launch;
}

/// The ticket hook's witness that it is in place, and what it says where it cannot be.
constexpr std::string_view hook_set = "ticket-hook set ";
constexpr std::string_view hook_failed = "ticket-hook failed ";

/// What makes an unpatched server follow its policy and tell of it.
std::map<std::string, std::string> hook_env(const RunContext& context, const std::filesystem::path& keylog) {
  return {{"LD_PRELOAD", (context.servers / "hook/ticket_hook.so").string()}, {"TICKET_HOOK_KEYLOG", keylog.string()}};
}

/// The clock's variables beside the server's own; what each has preloaded is preloaded, the server's first.
void add_clock(std::map<std::string, std::string>& env, std::map<std::string, std::string> clock) {
  const auto own = env.find("LD_PRELOAD");
  const auto more = clock.find("LD_PRELOAD");
  if (own != env.end() && more != clock.end()) own->second += ":" + more->second;
  env.merge(clock);
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw HarnessError("cannot write " + path.string());
}

}  // namespace

std::filesystem::path server_program(const ServerManifest& manifest, const RunContext& context) {
  if (manifest.build && !manifest.build->program.empty()) return manifest.build->program;
  const bool compiled = manifest.build && !manifest.build->compiled.empty();
  return (compiled ? manifest.build->compiled : context.servers / manifest.id) / manifest.binary;
}

Result<ServerLaunch> prepare(const ServerOrder& order, const RunContext& context, const std::filesystem::path& folder) {
  const ServerManifest& manifest = *order.manifest;
  ServerLaunch prepared;
  Variables variables = variables_in(folder, manifest, context);
  if (!order.ciphers.empty()) variables["ciphers"] = order.ciphers + security_level(manifest);
  prepared.socket = variables.at("socket");
  prepared.keylog = variables.at("keylog");

  Told policy;
  for (const auto& [key, value] : order.policy.values) {
    const auto known = manifest.policy.find(key);
    const Fragment* fragment = known == manifest.policy.end() ? nullptr : fragment_for(known->second, to_text(value));
    if (!fragment) return ParseError{"server " + manifest.id + " has no policy " + key + "=" + to_text(value), "", 0};
    variables["value"] = to_text(value);
    if (auto told = tell(policy, *fragment, variables, order.tls); !told) return told.error();
  }
  variables.erase("value");
  Told tls;
  if (auto told = tell(tls, manifest.tls.at(order.tls), variables, order.tls); !told) return told.error();

  auto argv = fill_argv(manifest.argv, variables, {{"{policy}", policy.args}, {"{tls}", tls.args}});
  if (!argv) return argv.error();
  auto launch = launch_in(folder, manifest, context, std::move(*argv), variables);
  if (!launch) return launch.error();
  prepared.launch = std::move(*launch);
  tls.env.merge(policy.env);
  if (manifest.hook) tls.env.merge(hook_env(context, prepared.keylog));
  tls.env.merge(prepared.launch.env);
  prepared.launch.env = std::move(tls.env);

  variables["policy"] = policy.config;
  variables["tls"] = tls.config;
  for (const auto& [name, text] : manifest.files) {
    const Result<std::string> filled = fill_in(text, variables);
    if (!filled) return filled.error();
    prepared.files[name] = *filled;
  }
  return prepared;
}

Result<Launch> version_launch(const ServerManifest& manifest, const RunContext& context,
                              const std::filesystem::path& folder) {
  const Variables variables = variables_in(folder, manifest, context);
  auto argv = fill_argv(manifest.version, variables, {});
  if (!argv) return argv.error();
  return launch_in(folder, manifest, context, std::move(*argv), variables);
}

Server::Server(ServerOrder order, const RunContext& context, std::filesystem::path folder)
    : order_(std::move(order)), context_(context), folder_(std::move(folder)) {
  const Result<ServerLaunch> prepared = prepare(order_, context_, folder_.path());
  if (!prepared) throw HarnessError(prepared.error().text());
  launched_ = *prepared;
  for (const auto& [name, text] : launched_.files) write_file(folder_ / name, text);
}

awaitable<void> Server::start(const ClockControl& clock, Stopwatch watch, Deadline deadline) {
  std::filesystem::remove(launched_.socket);
  Launch launch = launched_.launch;
  add_clock(launch.env, clock.env());
  process_ = std::make_unique<Process>(context_.executor, *context_.guardian, launch);
  reached_ = false;
  hooked_ = false;
  hook_failed_.clear();
  log_ = std::make_unique<OutputLog>(std::move(process_->out), watch, OutputLog::default_limit,
                                     std::string(decision_mark));
  const bool ready = co_await log_->wait_for(order_.manifest->ready, deadline);
  if (!ready)
    throw HarnessError("server " + order_.manifest->id + " did not say \"" + order_.manifest->ready +
                       "\": " + std::string(log_->text().substr(0, 2000)));
  check_loaded();
  upstream_ = Upstream{launched_.socket, 0};
  if (!order_.manifest->unix_socket) {
    const auto digits = find_in_lines(log_->text(), order_.manifest->listen_port);
    if (!digits)
      throw HarnessError("server " + order_.manifest->id +
                         " did not print its port: " + std::string(log_->text().substr(0, 2000)));
    std::uint16_t port = 0;
    std::from_chars(digits->data(), digits->data() + digits->size(), port);
    upstream_ = Upstream{{}, port};
  }
}

void Server::check_loaded() const {
  const auto& build = order_.manifest->build;
  if (!build) return;
  if (const std::string wrong = wrong_load(maps_of(process_->id()), *build); !wrong.empty())
    throw HarnessError("server " + order_.manifest->id + " runs on another build: " + wrong);
}

awaitable<void> Server::stop(std::chrono::nanoseconds grace) {
  if (process_) co_await process_->stop(grace);
}

awaitable<bool> Server::ends_within(std::chrono::nanoseconds time) {
  if (!running()) co_return true;
  const bool ended = co_await process_->ends_by(deadline_in(time));
  co_return ended;
}

std::string Server::ended() const { return process_ && process_->poll() ? text(*process_->ended()) : ""; }

std::vector<LogLine> Server::take_log() {
  if (!log_) return {};
  log_->drain();
  std::vector<LogLine> lines = log_->take();
  for (const LogLine& line : lines) look_for_hook(line.text);
  return lines;
}

void Server::look_for_hook(std::string_view line) {
  if (line.find(hook_set) != line.npos) hooked_ = true;
  if (const std::size_t at = line.find(hook_failed); at != line.npos && hook_failed_.empty())
    hook_failed_ = line.substr(at);
}

std::string Server::why_unhooked() const {
  if (!order_.manifest->hook || hooked_) return {};
  const std::string what = "the ticket hook is not in place in server " + order_.manifest->id;
  if (!hook_failed_.empty()) return what + ": " + hook_failed_;
  return what + ": its output has no line \"" + std::string(hook_set) +
         "...\", so that it is linked statically, or to no libssl that the hook knows";
}

std::string Server::take_keylog() {
  std::ifstream in(launched_.keylog, std::ios::binary | std::ios::ate);
  const auto written = static_cast<std::size_t>(std::max<std::streamoff>(in.tellg(), 0));
  if (!in || written <= keylog_read_) return {};
  std::string text(written - keylog_read_, '\0');
  in.seekg(static_cast<std::streamoff>(keylog_read_));
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  keylog_read_ += text.size();
  return text;
}

}  // namespace ti

// What is said in lines.
#include <fmt/format.h>

#include <cmath>

#include "check/adapter_process.hpp"
#include "check/check_facts.hpp"
#include "check/check_tables.hpp"
#include "check/versions.hpp"

namespace ti {

namespace {

void want_error(const AdapterAnswer& answer, std::string_view stage, std::string_view asked) {
  if (!answer.is_error_at(stage)) throw CheckFailed(fmt::format("{} is answered {}", asked, answer.text()));
}

/// What differs from the version that the manifest has seen is told: users have others.
std::string beside_seen(ClientTrial& trial, const std::string& version) {
  return version.find(trial.manifest().seen) == std::string::npos
             ? "; its manifest was written by " + trial.manifest().seen
             : "";
}

void want_word(const std::string& word, const char* field, const AdapterAnswer& answer) {
  if (word.empty()) throw CheckFailed(fmt::format("hello does not say its {}: {}", field, answer.text()));
}

awaitable<std::string> hello(ClientTrial& trial) {
  if (trial.manifest().program) {
    const Facts facts = co_await client_facts(trial.manifest(), trial.context(), std::filesystem::path());
    const std::string version = facts.at("version");
    co_return version + beside_seen(trial, version);
  }
  AdapterProcess adapter = trial.start();
  const AdapterAnswer answer = co_await adapter.ask(hello_line());
  const AdapterAnswer::Hello said = hello_in(answer);
  if (!said.speaks_protocol) throw CheckFailed("hello is answered " + answer.text());
  want_word(said.library, "library", answer);
  want_word(said.version, "version", answer);
  want_word(said.carry, "carry", answer);
  if (!trial.manifest().library.empty() && said.library != trial.manifest().library)
    throw CheckFailed(
        fmt::format("it says its library is {}, its manifest {}", said.library, trial.manifest().library));
  if (said.carry != (trial.exports() ? "export" : "cache"))
    throw CheckFailed(
        fmt::format("it says its carry is {}, its manifest {}", said.carry, trial.exports() ? "export" : "cache"));
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const bool timely = said.time_s && std::abs(*said.time_s - now) < 10;
  if (!timely && !trial.has_own_clock()) throw CheckFailed("hello does not say the time: " + answer.text());
  co_return fmt::format("{} {}, {}{}", said.library, said.version, said.carry, beside_seen(trial, said.version));
}

awaitable<std::string> unknown_arguments(ClientTrial& trial) {
  const std::vector<std::string> arguments{std::string(nonsense)};
  AdapterProcess adapter = trial.start(arguments);
  const Exit exit = co_await adapter.finish();
  if (exit != Exit(Exited{89})) throw CheckFailed(fmt::format("started with {} it {}", nonsense, text(exit)));
  co_return "exit 89";
}

awaitable<void> unknown_orders(ClientTrial& trial, AdapterProcess* adapter) {
  Peer* at = co_await trial.peer(trial.newest());
  const AdapterAnswer answer = co_await trial.ask(adapter, trial.configuration(trial.newest()));
  want_ok(answer, "configure");
  for (const char* field : {"offer", "read"}) {
    std::string line = with_field(line_of(trial.fresh_order(*at)), field, nonsense);
    const ClientTrial::Told told = co_await trial.connect(adapter, at, std::move(line));
    want_unimplemented(told.answer, fmt::format("connect with {} {}", field, nonsense));
    if (!told.attempt.recordings.empty())
      throw CheckFailed(fmt::format("told to {} {} it makes a connection", field, nonsense));
  }
}

awaitable<std::string> unknown_commands(ClientTrial& trial) {
  AdapterProcess adapter = trial.start();
  const std::string configure = line_of(trial.configuration(trial.newest()));
  const std::pair<const char*, std::string> lines[] = {
      {"an unknown command", line_of_command(nonsense)},
      {"an unknown field of hello", with_field(hello_line(), nonsense, "1")},
      {"an unknown field of configure", with_field(configure, nonsense, "x")},
      {"configure with TLS 9.9", with_field(configure, "tls", "9.9")},
  };
  for (const auto& [what, line] : lines) {
    const AdapterAnswer answer = co_await adapter.ask(line);
    want_unimplemented(answer, what);
  }
  co_await unknown_orders(trial, &adapter);
  co_return "an unknown command, field, value";
}

awaitable<std::string> broken_lines(ClientTrial& trial) {
  AdapterProcess adapter = trial.start();
  for (const char* line : {"this is not JSON", "[1, 2]", "{\"do\": \"hello\"", "17"}) {
    const std::string sent(line);
    const AdapterAnswer answer = co_await adapter.ask(sent);
    want_error(answer, "protocol", sent);
  }
  const AdapterAnswer answer = co_await adapter.ask(hello_line());
  if (!answer.ok()) throw CheckFailed("after broken lines, hello is answered " + answer.text());
  co_return "error at stage protocol, and it goes on";
}

awaitable<std::string> refusals_change_nothing(ClientTrial& trial) {
  Peer* at = co_await trial.peer(trial.newest());
  AdapterProcess adapter = trial.start();
  ConfigureOrder configuration = trial.configuration(trial.newest());
  AdapterAnswer answer = co_await trial.ask(&adapter, configuration);
  want_ok(answer, "configure");
  configuration.ca = trial.context().credentials.client_cert;
  configuration.server_name = "elsewhere.invalid";
  std::string refused = with_field(line_of(configuration), nonsense, "x");
  answer = co_await adapter.ask(std::move(refused));
  want_unimplemented(answer, "an unknown field of configure");
  const ConnectOrder order = trial.fresh_order(*at);
  std::string strange = with_field(line_of(order), nonsense, "x");
  answer = co_await adapter.ask(std::move(strange));
  want_unimplemented(answer, "an unknown field of connect");
  const ClientTrial::Told told = co_await trial.connect(&adapter, at, order);
  want_ok(told.answer, "after a refused configure, connect");
  co_return "a connection goes well after them";
}

awaitable<std::string> end_of_input(ClientTrial& trial) {
  AdapterProcess adapter = trial.start();
  co_await adapter.ask(hello_line());
  const Exit exit = co_await adapter.finish();
  if (exit != Exit(Exited{0})) throw CheckFailed("at the end of its input it " + text(exit));
  if (!adapter.stray().empty()) throw CheckFailed("it writes to stderr: " + adapter.stray().substr(0, 200));
  co_return "exit 0";
}

}  // namespace

std::span<const ClientCheck> line_checks() {
  static constexpr ClientCheck table[] = {
      {"hello", hello},
      {"unknown arguments", unknown_arguments, true},
      {"unknown commands", unknown_commands, true},
      {"broken lines", broken_lines, true},
      {"refusals change nothing", refusals_change_nothing, true},
      {"end of input", end_of_input, true},
  };
  return table;
}

}  // namespace ti

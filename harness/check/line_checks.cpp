// What is said in lines.
#include <fmt/format.h>

#include <cmath>

#include "check/adapter_process.hpp"
#include "check/check_facts.hpp"
#include "check/check_tables.hpp"
#include "check/versions.hpp"

namespace ti {

namespace {

using Json = nlohmann::json;

Json hello_order() { return {{"do", "hello"}, {"protocol", 1}}; }

Json nonsense_order() { return {{"do", nonsense}}; }

void want_error(const Json& answer, std::string_view stage, std::string_view asked) {
  const auto error = answer.find("error");
  const bool good = !answer.value("ok", true) && error != answer.end() && error->is_object() &&
                    error->value("stage", "") == stage && !error->value("text", "").empty();
  if (!good) throw CheckFailed(fmt::format("{} is answered {}", asked, answer.dump().substr(0, 200)));
}

/// What differs from the version that the manifest has seen is told: users have others.
std::string beside_seen(ClientTrial& trial, const std::string& version) {
  return version.find(trial.manifest().seen) == std::string::npos
             ? "; its manifest was written by " + trial.manifest().seen
             : "";
}

std::string word(const Json& answer, const char* field) {
  const auto found = answer.find(field);
  if (found == answer.end() || !found->is_string() || found->get_ref<const std::string&>().empty())
    throw CheckFailed(fmt::format("hello does not say its {}: {}", field, answer.dump().substr(0, 200)));
  return found->get<std::string>();
}

awaitable<std::string> hello(ClientTrial& trial) {
  if (trial.manifest().program) {
    const Facts facts = co_await client_facts(trial.manifest(), trial.context(), std::filesystem::path());
    const std::string version = facts.at("version");
    co_return version + beside_seen(trial, version);
  }
  AdapterProcess adapter = trial.start();
  const Json answer = co_await trial.ask(&adapter, hello_order());
  if (!answer.value("ok", false) || answer.value("protocol", 0) != 1)
    throw CheckFailed("hello is answered " + answer.dump().substr(0, 200));
  const std::string library = word(answer, "library");
  const std::string version = word(answer, "version");
  const std::string carry = word(answer, "carry");
  if (!trial.manifest().library.empty() && library != trial.manifest().library)
    throw CheckFailed(fmt::format("it says its library is {}, its manifest {}", library, trial.manifest().library));
  if (carry != (trial.exports() ? "export" : "cache"))
    throw CheckFailed(
        fmt::format("it says its carry is {}, its manifest {}", carry, trial.exports() ? "export" : "cache"));
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const auto time = answer.find("time");
  const bool timely = time != answer.end() && time->is_number() && std::abs(time->get<double>() - now) < 10;
  if (!timely && !trial.has_own_clock())
    throw CheckFailed("hello does not say the time: " + answer.dump().substr(0, 200));
  co_return fmt::format("{} {}, {}{}", library, version, carry, beside_seen(trial, version));
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
  const Json answer = co_await trial.ask(adapter, configure_order(trial.newest(), trial.context()));
  want_ok(answer, "configure");
  for (const char* field : {"offer", "read"}) {
    Json order = trial.connect_order(*at);
    order[field] = nonsense;
    const ClientTrial::Told told = co_await trial.connect(adapter, at, std::move(order));
    want_unimplemented(told.answer, fmt::format("connect with {} {}", field, nonsense));
    if (!told.attempt.recordings.empty())
      throw CheckFailed(fmt::format("told to {} {} it makes a connection", field, nonsense));
  }
}

awaitable<std::string> unknown_commands(ClientTrial& trial) {
  AdapterProcess adapter = trial.start();
  Json answer = co_await trial.ask(&adapter, nonsense_order());
  want_unimplemented(answer, "an unknown command");
  Json order = hello_order();
  order[std::string(nonsense)] = 1;
  answer = co_await trial.ask(&adapter, order);
  want_unimplemented(answer, "an unknown field of hello");
  order = configure_order(trial.newest(), trial.context());
  order[std::string(nonsense)] = "x";
  answer = co_await trial.ask(&adapter, order);
  want_unimplemented(answer, "an unknown field of configure");
  order = configure_order(trial.newest(), trial.context());
  order["tls"] = "9.9";
  answer = co_await trial.ask(&adapter, order);
  want_unimplemented(answer, "configure with TLS 9.9");
  co_await unknown_orders(trial, &adapter);
  co_return "an unknown command, field, value";
}

awaitable<std::string> broken_lines(ClientTrial& trial) {
  AdapterProcess adapter = trial.start();
  for (const char* line : {"this is not JSON", "[1, 2]", "{\"do\": \"hello\"", "17"}) {
    const std::string sent(line);
    const Json answer = co_await adapter.ask(sent);
    want_error(answer, "protocol", sent);
  }
  const Json answer = co_await trial.ask(&adapter, hello_order());
  if (!answer.value("ok", false)) throw CheckFailed("after broken lines, hello is answered " + answer.dump());
  co_return "error at stage protocol, and it goes on";
}

awaitable<std::string> refusals_change_nothing(ClientTrial& trial) {
  const Version version = trial.newest();
  Peer* at = co_await trial.peer(version);
  AdapterProcess adapter = trial.start();
  Json answer = co_await trial.ask(&adapter, configure_order(version, trial.context()));
  want_ok(answer, "configure");
  Json refused = configure_order(version, trial.context());
  refused["ca"] = trial.context().credentials.client_cert.string();
  refused["server_name"] = "elsewhere.invalid";
  refused[std::string(nonsense)] = true;
  answer = co_await trial.ask(&adapter, refused);
  want_unimplemented(answer, "an unknown field of configure");
  const Json order = trial.connect_order(*at);
  Json strange = order;
  strange[std::string(nonsense)] = 1;
  answer = co_await trial.ask(&adapter, strange);
  want_unimplemented(answer, "an unknown field of connect");
  const ClientTrial::Told told = co_await trial.connect(&adapter, at, order);
  want_ok(told.answer, "after a refused configure, connect");
  co_return "a connection goes well after them";
}

awaitable<std::string> end_of_input(ClientTrial& trial) {
  AdapterProcess adapter = trial.start();
  co_await trial.ask(&adapter, hello_order());
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

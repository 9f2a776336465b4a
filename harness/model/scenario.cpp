#include "model/scenario.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "model/expect_reader.hpp"
#include "model/fields.hpp"
#include "model/files.hpp"
#include "model/manifest.hpp"
#include "model/scenario_sense.hpp"

namespace ti {

namespace {

constexpr std::string_view override_prefix = "expect@";

constexpr std::size_t most_steps = 10000;

/// Half the life of the harness's certificates, which must outlast what went before in the same virtual time as well.
constexpr std::chrono::days longest_timeline(3650);

bool is_name(const std::string& word) { return word != "none" && word != "any" && word != "latest"; }

/// Names that tickets have been given so far, at one version: name -> number of the connection.
using TicketNames = std::map<std::string, std::size_t>;

std::vector<std::string> ids(const std::vector<NamedRule>& rules) {
  std::vector<std::string> names;
  for (const NamedRule& rule : rules) names.push_back(rule.id);
  return names;
}

class ScenarioReader {
 public:
  ScenarioReader(const std::vector<NamedRule>& should_rules, std::filesystem::path folder)
      : rules_(should_rules), folder_(std::move(folder)) {}

  Scenario read(const JsonValue& file, const std::string& id) {
    file.allow({"title", "spec", "why", "tls", "policy", "ciphers", "requires", "clock", "when", "timeline", "rules",
                "client_script"});
    scenario_.id = id;
    scenario_.title = file.at("title").string();
    scenario_.spec = file.at("spec").strings();
    if (const auto* why = file.find("why")) scenario_.why = why->string();
    scenario_.tls = read_versions(file.at("tls"));
    scenario_.policy = read_policy(file.at("policy"));
    if (const auto* script = file.at("policy").find("script"))
      scenario_.policy.values["script"] = file_beside(*script).native();
    if (const auto* script = file.find("client_script")) scenario_.client_script = file_beside(*script);
    if (const auto* ciphers = file.find("ciphers")) scenario_.ciphers = ciphers->string();
    if (const auto* requirements = file.find("requires")) read_requirements(*requirements);
    if (const auto* clock = file.find("clock")) scenario_.virtual_clock_only = clock->word({"virtual"}) == 0;
    if (const auto* when = file.find("when")) scenario_.only_when_named = when->word({"named"}) == 0;
    if (const auto* rules = file.find("rules"))
      scenario_.rules = read_set(*rules, ids(rules_), "rule of severity should");
    check_scenario_sense(file, scenario_, rules_);
    read_timeline(file.at("timeline"));
    return std::move(scenario_);
  }

 private:
  /// A file that is named by its place beside the scenario's.
  std::filesystem::path file_beside(const JsonValue& name) const {
    std::filesystem::path file = std::filesystem::absolute(folder_ / name.string()).lexically_normal();
    if (!std::filesystem::exists(file)) name.fail("\"" + name.name() + "\": there is no " + file.native());
    return file;
  }

  void read_requirements(const JsonValue& value) {
    value.allow({"server", "client"});
    if (const auto* server = value.find("server"))
      scenario_.server_capabilities = read_set(*server, server_capabilities(), "capability of servers");
    if (const auto* client = value.find("client"))
      scenario_.client_capabilities = read_set(*client, client_capabilities(), "capability of clients");
  }

  void read_timeline(const JsonValue& value) {
    for (const JsonValue& item : value.items()) {
      const JsonValue* repeat = item.find("repeat");
      repeat ? add_repeated(item, *repeat) : add_step(item, Milliseconds{0});
    }
    if (connections_ == 0) value.fail("\"timeline\" must hold at least one step with \"connect\"");
  }

  void add_repeated(const JsonValue& value, const JsonValue& repeat) {
    repeat.allow({"every", "times"});
    const Milliseconds every = read_duration(repeat.at("every"));
    const std::size_t times = repeat.at("times").count();
    if (times < 1 || times > most_steps)
      repeat.at("times").fail("\"times\" is from 1 to " + std::to_string(most_steps));
    for (std::size_t i = 0; i < times; ++i) {
      const std::map<std::string, std::string> numbers{{"n", std::to_string(i + 1)}, {"previous", std::to_string(i)}};
      const auto numbered = [&](const std::string& text) {
        const Result<std::string> filled = fill_in(text, numbers);
        if (!filled) value.fail(filled.error().what);
        return *filled;
      };
      add_step(value.with_strings(numbered), every * i);
    }
  }

  void add_step(const JsonValue& value, Milliseconds later) {
    Step step = read_step(value);
    step.at += later;
    check_time(value, step);
    scenario_.timeline.push_back(std::move(step));
    if (scenario_.timeline.size() > most_steps)
      value.fail("a timeline has at most " + std::to_string(most_steps) + " steps");
  }

  Step read_step(const JsonValue& value) {
    value.allow({"at", "connect", "server", "repeat", "expect", std::string(override_prefix) + "*"});
    Step step;
    step.at = read_duration(value.at("at"));
    const JsonValue* connect = value.find("connect");
    const JsonValue* server = value.find("server");
    if ((connect == nullptr) == (server == nullptr)) value.fail("a step has either \"connect\" or \"server\"");
    if (server) {
      server->word({"restart"});
      if (value.members().size() > (value.find("repeat") ? 3U : 2U))
        server->fail("a step with \"server\" has nothing else but \"at\" and \"repeat\"");
      before_.nothing_opens = true;
      return step;
    }
    ++connections_;
    step.connect = read_connect(*connect);
    read_expectations(value, step);
    resolve_offer(*connect, *step.connect);
    check_step_sense(value, step, before_, scenario_);
    name_tickets(value, step);
    before_ = {.nothing_offered = false, .nothing_opens = false};
    if (step.connect->certificate) scenario_.client_capabilities.insert("client_certificate");
    return step;
  }

  void read_expectations(const JsonValue& value, Step& step) {
    if (const auto* expect = value.find("expect")) step.expect = read_expect(*expect, {});
    std::map<Version, Expect> overridden;
    for (const JsonValue& member : value.members()) {
      if (!member.name().starts_with(override_prefix)) continue;
      for (const std::string& text : split(std::string_view(member.name()).substr(override_prefix.size()), ',')) {
        const Version version = read_version(member, text);
        if (std::find(scenario_.tls.begin(), scenario_.tls.end(), version) == scenario_.tls.end())
          member.fail('"' + member.name() + "\": the scenario is not run at TLS " + text);
        if (!overridden.emplace(version, read_expect(member, step.expect)).second)
          member.fail('"' + member.name() + "\": what is expected at TLS " + text + " is said twice");
      }
    }
    for (const Version version : scenario_.tls) {
      const auto found = overridden.find(version);
      Expect expect = found == overridden.end() ? step.expect : found->second;
      const bool completes = expect.handshake && *expect.handshake != HandshakeKind::failed;
      if (completes && !expect.alert) expect.alert = "none";
      step.expect_at.emplace(version, std::move(expect));
    }
  }

  void resolve_offer(const JsonValue& value, Connect& connect) {
    if (!is_name(connect.offer)) return;
    for (const Version version : scenario_.tls) {
      const std::size_t given = known(value.at("offer"), connect.offer, version);
      if (connect.offer_connection && *connect.offer_connection != given)
        value.at("offer").fail("ticket \"" + connect.offer + "\" comes in another connection at TLS " +
                               std::string(name(version)));
      connect.offer_connection = given;
    }
    scenario_.client_capabilities.insert("offer_saved");
  }

  void name_tickets(const JsonValue& value, const Step& step) {
    for (const auto& [version, expect] : step.expect_at) {
      if (expect.offered && is_name(*expect.offered)) known(value, *expect.offered, version);
      if (!expect.new_ticket || !is_name(*expect.new_ticket)) continue;
      const auto [place, added] = names_[version].emplace(*expect.new_ticket, connections_);
      if (!added)
        value.fail("ticket \"" + *expect.new_ticket + "\" has its name already, from connection " +
                   std::to_string(place->second));
    }
  }

  /// Number of the connection in which the ticket of that name came.
  std::size_t known(const JsonValue& value, const std::string& ticket, Version version) {
    const TicketNames& names = names_[version];
    const auto found = names.find(ticket);
    if (found != names.end()) return found->second;
    std::vector<std::string> given;
    for (const auto& [other, connection] : names) given.push_back(other);
    value.fail("no ticket is called \"" + ticket + "\" before this step at TLS " + std::string(name(version)) +
               (given.empty() ? "; none has a name yet" : "; there is " + one_of(given)));
  }

  void check_time(const JsonValue& value, const Step& step) {
    const bool first = scenario_.timeline.empty();
    if (first && step.at.count() != 0) value.at("at").fail("the first step must be at \"0s\"");
    if (!first && step.at < scenario_.timeline.back().at)
      value.at("at").fail("a step at \"" + value.at("at").string() + "\" cannot stand after a later one");
    if (step.at > longest_timeline) value.at("at").fail("a step is at most \"3650d\" after the first, repeated or not");
  }

  const std::vector<NamedRule>& rules_;
  std::filesystem::path folder_;  ///< the scenario's
  Scenario scenario_;
  std::size_t connections_ = 0;
  StepBefore before_;
  std::map<Version, TicketNames> names_;
};

Result<Scenario> load_scenario(const std::filesystem::path& file, const std::string& id,
                               const std::vector<NamedRule>& should_rules) {
  const Result<std::string> text = read_file(file);
  if (!text) return text.error();
  return parse_scenario(*text, id, file.string(), should_rules);
}

}  // namespace

bool Scenario::shows_certificate() const {
  return std::any_of(timeline.begin(), timeline.end(),
                     [](const Step& step) { return step.connect && step.connect->certificate; });
}

Result<Scenario> parse_scenario(std::string_view text, const std::string& id, const std::string& where,
                                const std::vector<NamedRule>& should_rules) {
  return read_json(text, where, [&](const JsonValue& file) {
    return ScenarioReader(should_rules, std::filesystem::path(where).parent_path()).read(file, id);
  });
}

std::vector<Scenario> load_scenarios(const std::filesystem::path& folder, const std::vector<NamedRule>& should_rules,
                                     std::vector<ParseError>& errors) {
  std::map<std::string, std::filesystem::path> files;
  std::error_code problem;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, problem)) {
    if (entry.path().extension() != ".json") continue;
    const auto [first, added] = files.emplace(entry.path().stem().string(), entry.path());
    if (!added)
      errors.push_back({"there is another scenario of this name: " + first->second.string(), entry.path().string()});
  }
  if (problem) errors.push_back({"cannot be read: " + problem.message(), folder.string()});

  std::vector<Scenario> scenarios;
  for (const auto& [id, file] : files) {
    if (const std::string wrong = wrong_in_id(id); !wrong.empty()) {
      errors.push_back({wrong, file.string()});
      continue;
    }
    auto scenario = load_scenario(file, id, should_rules);
    if (scenario)
      scenarios.push_back(std::move(*scenario));
    else
      errors.push_back(scenario.error());
  }
  return scenarios;
}

}  // namespace ti
